// Typed answers: what counts as right, and what is said of the rest.
#include "grimoire/learn/answer.h"

#include <gtest/gtest.h>

namespace grim::learn {
namespace {

TEST(Answer, Judged) {
  const auto says = [](const char* typed, const char* answer) { return judge(typed, answer).said; };
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
  EXPECT_EQ(says("0.6931", "0.69315"), "right");
  EXPECT_EQ(says("0.70", "0.69315"), "right");  // 1 %: 0.6862 to 0.7001
  EXPECT_EQ(says("0.71", "0.69315"), "near");
  EXPECT_EQ(says("0.8", "0.69315"), "no");
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
  EXPECT_EQ(judge("cafe", "caf\u00E9").suggested, Grade::hard);
  EXPECT_EQ(judge("softmax", "softmax").suggested, Grade::good);
  EXPECT_EQ(judge("sofmax", "softmax").suggested, Grade::hard);
  EXPECT_EQ(judge("x", "softmax").suggested, Grade::again);
  EXPECT_EQ(judge(std::string(60000, 'a'), std::string(60000, 'b')).said, "no");  // at once
}

}  // namespace
}  // namespace grim::learn
