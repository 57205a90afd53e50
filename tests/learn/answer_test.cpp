// Typed answers: what counts as right, and what is said of the rest.
#include "grimoire/learn/answer.h"

#include <gtest/gtest.h>

namespace grim::learn {
namespace {

Judged judged(const std::string& typed, const std::string& answer, const std::string& question = "") {
  return judge(typed, {.id = "", .question = question, .answer = answer, .explanation = ""});
}
std::string says(const std::string& typed, const std::string& answer, const std::string& question = "") { return judged(typed, answer, question).said; }

TEST(Answer, Judged) {
  EXPECT_EQ(says("paris", "Paris"), "right");
  EXPECT_EQ(says("  The   softmax. ", "softmax"), "right");
  EXPECT_EQ(says("softmax", "the **softmax**"), "right");
  EXPECT_EQ(says("[CLS] and [SEP]", "`[CLS]` and `[SEP]`"), "right");
  EXPECT_EQ(says("they're close", "they\u2019re close"), "right");
  EXPECT_EQ(says("v, q and k", "Q, K, V"), "right");  // in any order
  EXPECT_EQ(says("seq2seq; autoencoder; autoregressive", "Autoregressive, Autoencoder, Seq2Seq"), "right");
  EXPECT_EQ(says("q, k", "Q, K, V"), "no");
  EXPECT_EQ(says("sofmax", "softmax"), "almost: one letter off");
  EXPECT_EQ(says("sfotmax", "softmax"), "almost: one letter off");  // two exchanged
  EXPECT_EQ(says("hardmax", "softmax"), "no");
  EXPECT_EQ(says("v", "k"), "no");  // of a short word every letter counts
  EXPECT_EQ(says("no", "so"), "no");
  EXPECT_EQ(says("+1e3", "1000"), "right");
  EXPECT_EQ(says("-2", "2"), "no");
  EXPECT_EQ(says("0", "0"), "right");
  EXPECT_EQ(says("", "softmax"), "");
  EXPECT_EQ(says(" . ", "softmax"), "");
  EXPECT_EQ(says("cafe", "caf\u00E9"), "almost: accents");
  EXPECT_EQ(says("Gross", "Gr\u00F6ss"), "almost: accents");
  EXPECT_EQ(says("cafe\u0301", "caf\u00E9"), "almost: accents");  // composed otherwise
  EXPECT_EQ(says("u", "\u00FC"), "almost: accents");              // of a short word too
  EXPECT_EQ(says("\u00C9TUDE", "\u00E9tude"), "right");
  EXPECT_EQ(says("\u0141\u00D3D\u0179", "\u0142\u00F3d\u017A"), "right");
  EXPECT_EQ(says("cafx", "caf\u00E9"), "almost: one letter off");  // two bytes
  EXPECT_EQ(says("\u00E9\u00E8", "\u00E9x"), "no");
  EXPECT_EQ(says("\u0436\u0443\u043A\u0438", "\u0436\u0443\u043A\u0430"), "almost: one letter off");
  EXPECT_EQ(says("\u0436\u0443\u043A", "\u0436\u0443\u043B"), "no");  // three letters, six bytes
  EXPECT_EQ(says("\u0436\u0443\u043A", "\u0436\u0443\u0301\u043A"), "almost: accents");
  EXPECT_EQ(judged("cafe", "caf\u00E9").suggested, Grade::hard);
  EXPECT_EQ(judged("softmax", "softmax").suggested, Grade::good);
  EXPECT_EQ(judged("sofmax", "softmax").suggested, Grade::hard);
  EXPECT_EQ(judged("x", "softmax").suggested, Grade::again);
  EXPECT_EQ(judged(std::string(60000, 'a'), std::string(60000, 'b')).said, "no");  // at once
}

TEST(Answer, AComputedNumberIsRightNearIt) {
  const auto says = [](const char* typed) { return judge(typed, {.id = "", .question = "", .answer = "0.69315", .explanation = "", .computed = true}).said; };
  EXPECT_EQ(says("0.6931"), "right");
  EXPECT_EQ(says("0.70"), "right");  // 1 %: 0.6862 to 0.7001
  EXPECT_EQ(says("0.71"), "near");
  EXPECT_EQ(says("0.8"), "no");
  EXPECT_EQ(says("-0.69315"), "no");
}

TEST(Answer, AFixedNumberIsRightAtItsValueAlone) {
  EXPECT_EQ(says("1914", "1918"), "no");
  EXPECT_EQ(says("1900", "1918"), "no");
  EXPECT_EQ(says("19180", "1918"), "no");
  EXPECT_EQ(says("in 1914", "In 1918"), "no");
  EXPECT_EQ(says("BERT-2", "BERT-3"), "no");
  EXPECT_EQ(says("101", "100"), "no");
  for (const char* half : {".5", "0.5", "0.50", "1/2", "2/4", "5e-1", "50 %", "50%", "50 percent"}) EXPECT_EQ(says(half, "0.5"), "right") << half;
  for (const char* number : {"1538", "1,538", "1538.0", "1.538e3"}) EXPECT_EQ(says(number, "1,538"), "right") << number;
  for (const char* number : {"120 million", "120,000,000", "1.2e8", "0.12 billion"}) EXPECT_EQ(says(number, "120 million"), "right") << number;
  EXPECT_EQ(says("120", "120 million"), "no");
  EXPECT_EQ(says("1000000", "10^6"), "right");
  EXPECT_EQ(says("two", "2"), "right");
  EXPECT_EQ(says("3", "Three"), "right");
  EXPECT_EQ(says("\u22125", "-5"), "right");  // a minus sign
  EXPECT_EQ(says("95", "95 %"), "right");
  EXPECT_EQ(says("95 %", "95"), "no");
  EXPECT_EQ(says("0.693", "0.69315"), "almost: rounded");
  EXPECT_EQ(says("0.7", "0.69315"), "no");    // one digit
  EXPECT_EQ(says("0.692", "0.69315"), "no");  // rounded wrongly
  EXPECT_EQ(says("200000", "199999"), "no");
  EXPECT_EQ(says("2 bits", "2 nats"), "no");
}

// Words and signs that turn a number into something else; digits that a double does not hold.
TEST(Answer, ANumberIsNotWhatIsSaidAboutIt) {
  EXPECT_NE(says("5", "not 5"), "right");
  EXPECT_NE(says("5", "less than 5"), "right");
  EXPECT_NE(says("5", "> 5"), "right");
  EXPECT_NE(says("10", "at most 10"), "right");
  EXPECT_EQ(says("at most 10", "at most 10"), "right");
  EXPECT_NE(says("at least 10", "at most 10"), "right");
  EXPECT_NE(says("3", "x = 2 or x = 3"), "right");
  EXPECT_NE(says("2*3", "23"), "right");
  EXPECT_NE(says("310", "3*10"), "right");
  EXPECT_EQ(says("**23**", "23"), "right");
  EXPECT_NE(says("1, at x = 1.", "1, at x = 0."), "right");
  EXPECT_EQ(says("9007199254740993", "9007199254740993"), "right");
  EXPECT_NE(says("9007199254740992", "9007199254740993"), "right");
  EXPECT_NE(says("12345678901234567800", "12345678901234567890"), "right");
}

TEST(Answer, ListsOfWordsInAnyOrderNumbersInTheirs) {
  EXPECT_EQ(says("1,-1", "-1, 1"), "almost: another order");
  EXPECT_EQ(says("-1 and 1", "-1, 1"), "right");
  EXPECT_EQ(says("(1, 2)", "(2, 1)"), "almost: another order");
  EXPECT_EQ(says("2, 1", "(2, 1)"), "right");
  EXPECT_EQ(says("2 and 7", "7 and 2"), "almost: another order");
  EXPECT_EQ(says("7, 2", "7 and 2"), "right");
  EXPECT_EQ(says("100,200", "(100, 200)"), "right");
  EXPECT_EQ(says("7", "7 and 2"), "no");
  EXPECT_EQ(says("7, 2, 2", "7 and 2"), "no");
  EXPECT_EQ(says("7, 3", "7 and 2"), "no");
  EXPECT_EQ(says("0 bits and 1 bit", "1 bit and 0 bits"), "almost: another order");
  EXPECT_EQ(says("c, b, a", "a, b, c", "Which are they?"), "right");
  EXPECT_EQ(says("c, b, a", "a, b, c", "Which are they, in order?"), "almost: another order");
  EXPECT_EQ(says("c, b, a", "a, b, c", "Which are they, in any order?"), "right");
  EXPECT_EQ(says("b, a", "a, b", "What do x and y mean, respectively?"), "almost: another order");
}

TEST(Answer, WhatItSaysBeforeItExplainsIsEnough) {
  const std::string torn = "2: at each step it is torn between two.";
  for (const char* right : {"2", "2.0", "two", "2: at each step it is torn between two"}) EXPECT_EQ(says(right, torn), "right") << right;
  for (const char* wrong : {"3", "22", "-2", "2 3", "torn", "1"}) EXPECT_EQ(says(wrong, torn), "no") << wrong;
  const std::string half = "-ln .5 = .693 nats.";
  for (const char* right : {"0.693", ".693", ".693 nats", "-ln .5 = .693"}) EXPECT_EQ(says(right, half), "right") << right;
  for (const char* wrong : {".5", "0.5", ".639", "-.693", "693"}) EXPECT_EQ(says(wrong, half), "no") << wrong;
  EXPECT_EQ(says("800", "4 x (100 + 100) = 800."), "right");
  EXPECT_EQ(says("100", "4 x (100 + 100) = 800."), "no");
  EXPECT_EQ(says("0", "0, always."), "right");
  EXPECT_EQ(says("2.5, 1", "2.5, and 2 x .1 x 5 = 1."), "right");
  EXPECT_EQ(says("1", "2.5, and 2 x .1 x 5 = 1."), "no");
  EXPECT_EQ(says("1000000", "2^20, about a million."), "no");
  EXPECT_EQ(says("1048576", "2^20, about a million."), "right");
  EXPECT_EQ(says("0", "When Q gives probability 0 to something that P can produce."), "no");
  EXPECT_EQ(says(".693", "All of it: ln 2 = .693 nats."), "right");
  EXPECT_EQ(says("1", "All of it: 1."), "right");
  EXPECT_EQ(says(".5", "The first two: .5 is not enough."), "no");
  EXPECT_EQ(says("yes", "Yes: 1.25 > 1."), "right");
  EXPECT_EQ(says("no", "Yes: 1.25 > 1."), "no");
  EXPECT_EQ(says("overfits", "It overfits."), "right");
  EXPECT_EQ(says("underfits", "It overfits."), "no");
  EXPECT_EQ(says("linear", "It is not linear."), "no");
  EXPECT_EQ(says("the sure thing", "The sure thing: 2 against 3."), "right");
  EXPECT_EQ(says("sqrt n", "k = sqrt n."), "right");
  EXPECT_EQ(says("bert", "BERT (a masked model)"), "right");
  EXPECT_EQ(says("q", "Q, K, V"), "no");
  EXPECT_EQ(says("encoder", "encoder, decoder"), "no");
  EXPECT_EQ(says("12:30", "12:30"), "right");
  EXPECT_EQ(says("12", "12:30"), "no");
}

}  // namespace
}  // namespace grim::learn
