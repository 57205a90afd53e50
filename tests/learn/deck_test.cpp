// Decks of flash cards: what stands where, what is said about it, and that no line is lost.
#include "grimoire/learn/deck.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/report/layout.h"
#include "support/data.h"

namespace grim::learn {
namespace {

using Weight = DeckMessage::Weight;

std::string said(const Deck& deck) {
  std::string all;
  for (const DeckMessage& m : deck.messages) all += to_text(m, "d.md") + "\n";
  return all;
}

std::string refusal(std::string_view text) {
  try {
    parse_deck(text, "d.md");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return e.what();
  }
  return "no error";
}

// The odd places of a deck that people keep by hand, one of each kind; the numbers are lines.
constexpr const char* kKitchen =
    "# deck: kitchen chemistry\n"                                          // 1
    "\n"                                                                   // 2
    "cooking\n"                                                            // 3: a bare word: a tag
    "\n"                                                                   // 4
    "Why does bread rise?\n"                                               // 5
    "Yeast makes gas. \n"                                                  // 6: a blank at the end
    "---\n"                                                                // 7
    "Yeast eats sugar.\n"                                                  // 8: paragraphs without a blank line between them
    "It breathes out carbon dioxide \xE2\x80\x93 the bubbles.\n"           // 9: an en dash
    "Gluten holds them.  \n"                                               // 10: two blanks: a hard break
    "\n"                                                                   // 11
    "What is M in the law?\n"                                              // 12
    "M = mass of what is dissolved \n"                                     // 13: begins like a prefix, which it is not
    "---\n"                                                                // 14
    "*   **The salt (M):**  what goes in.\n"                               // 15: nested list
    "*   **The water (W):** where it goes.\n"                              // 16
    "    *   **Hot:**  dissolves more.\n"                                  // 17
    "    *   **Cold:** dissolves less.\n"                                  // 18
    "    In soup both count.\n"                                            // 19: four blanks: goes on with the item
    "\n"                                                                   // 20
    "Which two salts are in the cupboard?\n"                               // 21
    "`NaCl` and `NaHCO3`\n"                                                // 22: code in the answer
    "---\n"                                                                // 23
    "Memory: nackle, nacho\n"                                              // 24: a mnemonic
    "\"The label says \\[SALT].\"\n"                                       // 25: an escape
    "**Case 1 (sweet):**\n"                                                // 26: labels line by line
    "A: \"No salt.\"\n"                                                    // 27
    "* a list straight below text\n"                                       // 28
    "> **Note:** \"A quote straight below it.\"\n"                         // 29
    "text straight below that\n"                                           // 30
    "\n"                                                                   // 31
    "Why is ##h no heading?\n"                                             // 32
    "No blank follows\n"                                                   // 33
    "---\n"                                                                // 34
    "Yeast eats sugar.\n"                                                  // 35: the same explanation twice
    "**\"She said 'rise!\xE2\x80\x9C ['##u', '!\xE2\x80\x99]\"**: odd marks\n"  // 36
    "\n"                                                                   // 37
    "Which flour is strongest?\n"                                          // 38
    "Bread flour\n"                                                        // 39
    "---\n"                                                                // 40
    "| flour | protein |\n"                                                // 41: a table straight after the rule
    "|---|---|\n"                                                          // 42
    "| bread | 13 % |\n"                                                   // 43
    "\n"                                                                   // 44
    "Baking soda means that an acid is needed, and baking powder brings its own.\n"  // 45: of the next card
    "\n"                                                                   // 46
    "What does baking soda need?\n"                                        // 47
    "An acid. \n"                                                          // 48
    "---\n"                                                                // 49
    "Buttermilk is one.\n"                                                 // 50
    "\n\n";

void expect_kitchen(const Deck& deck) {
  EXPECT_EQ(deck.name, "kitchen chemistry");
  EXPECT_EQ(deck.tags, std::vector<std::string>{"cooking"});
  EXPECT_EQ(deck.description, "");
  ASSERT_EQ(deck.cards.size(), 6u);
  std::vector<int64_t> lines;
  for (const Card& c : deck.cards) lines.push_back(c.line);
  EXPECT_EQ(lines, (std::vector<int64_t>{5, 12, 21, 32, 38, 47}));
  EXPECT_EQ(deck.cards[0].answer, "Yeast makes gas.");
  EXPECT_EQ(deck.cards[0].explanation, "Yeast eats sugar.\nIt breathes out carbon dioxide \u2013 the bubbles.\nGluten holds them.  ");
  EXPECT_EQ(deck.cards[1].question, "What is M in the law?");
  EXPECT_EQ(deck.cards[1].answer, "M = mass of what is dissolved");
  EXPECT_TRUE(deck.cards[1].explanation.ends_with("\n    *   **Cold:** dissolves less.\n    In soup both count."));
  EXPECT_EQ(deck.cards[2].answer, "`NaCl` and `NaHCO3`");
  EXPECT_EQ(std::ranges::count(deck.cards[2].explanation, '\n'), 6);
  EXPECT_NE(deck.cards[2].explanation.find("\\[SALT]"), std::string::npos);
  EXPECT_EQ(deck.cards[4].explanation,
            "| flour | protein |\n|---|---|\n| bread | 13 % |\n\nBaking soda means that an acid is needed, and baking powder brings its own.");
  EXPECT_EQ(deck.cards[5].answer, "An acid.");
  EXPECT_EQ(said(deck),
            "d.md:45: paragraph without '---', kept with the card at line 38. A card of its own? Add an answer and '---'. Part of the next? Move it "
            "below line 49.\n");
  EXPECT_EQ(deck.messages[0].weight, Weight::notice);
}

TEST(Deck, ReadsTheOddPlaces) { expect_kitchen(parse_deck(kKitchen, "d.md")); }

TEST(Deck, OtherLineEndsAndAByteOrderMarkMakeNoDifference) {
  std::string windows;
  for (char c : std::string_view(kKitchen)) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const Deck plain = parse_deck(kKitchen, "d.md"), other = parse_deck("\xEF\xBB\xBF" + windows, "d.md");
  expect_kitchen(other);
  for (size_t i = 0; i < plain.cards.size(); ++i) {
    EXPECT_EQ(other.cards[i].id, plain.cards[i].id);
    EXPECT_EQ(other.cards[i].explanation, plain.cards[i].explanation);
  }
}

// The deck of the study notes: concepts' own list of its places.
TEST(Deck, TheRealDeck) {
  GRIMOIRE_DATA(path, "../notes/003_b57ea4fb7914ac9e.txt");
  const Deck deck = read_deck(path);
  EXPECT_EQ(deck.name, "adl transformers");
  EXPECT_EQ(deck.tags, std::vector<std::string>{"test"});
  EXPECT_EQ(deck.description, "");
  ASSERT_EQ(deck.cards.size(), 24u);
  std::vector<int64_t> lines;
  std::set<std::string> ids;
  std::set<int64_t> lengths;
  for (const Card& c : deck.cards) {
    lines.push_back(c.line);
    ids.insert(c.id);
    EXPECT_TRUE(c.question.ends_with('?')) << c.question;
    EXPECT_FALSE(c.answer.empty() || c.answer.ends_with(' ') || c.answer.find('\n') != std::string::npos) << c.answer;
    EXPECT_EQ(c.cloze, 0);
    lengths.insert(std::ranges::count_if(lines_in(c.explanation), [](std::string_view l) { return !l.empty(); }));
  }
  EXPECT_EQ(lines, (std::vector<int64_t>{5, 14, 21, 28, 33, 43, 49, 56, 63, 71, 79, 92, 110, 121, 131, 136, 141, 150, 155, 160, 168, 178, 186, 196}));
  EXPECT_EQ(ids.size(), 24u);
  EXPECT_EQ(*lengths.begin(), 1);
  EXPECT_EQ(*lengths.rbegin(), 14);
  ASSERT_EQ(deck.messages.size(), 1u);
  EXPECT_EQ(deck.messages[0].weight, Weight::notice);
  EXPECT_EQ(deck.messages[0].line, 194);
  EXPECT_NE(deck.messages[0].text.find("kept with the card at line 186"), std::string::npos);
  EXPECT_NE(deck.messages[0].text.find("below line 198"), std::string::npos);
  EXPECT_EQ(deck.cards[6].answer, "Q = of contextualized representations output sentence so far.");
}

TEST(Deck, TitleTagsDescription) {
  const std::string card = "\nQ?\nA\n---\nE\n";
  EXPECT_EQ(parse_deck(card, "a/b/Things to know.v2.md").name, "Things to know.v2");
  EXPECT_EQ(parse_deck("\n\n  # DECK:  Loud \n" + card, "d.md").name, "Loud");
  EXPECT_EQ(parse_deck("# deck: n\nQ?\nA\n---\n", "d.md").cards.at(0).line, 2);  // no blank line below the title
  const Deck d = parse_deck("# deck: n\nTags: one, two\tthree\n\nWhat this is.\nIn two lines.\n\nMore\n" + card, "d.md");
  EXPECT_EQ(d.tags, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(d.description, "What this is.\nIn two lines.\n\nMore");
  EXPECT_EQ(said(d), "");
  EXPECT_EQ(said(parse_deck("# deck:\n" + card, "d.md")), "d.md:1: the title has no name. Write '# deck: NAME'.\n");
  EXPECT_EQ(parse_deck("# deck:\n" + card, "d.md").name, "d");
}

// Each message word for word.
TEST(Deck, Messages) {
  const std::string good = "Is it?\nYes\n---\nSo\n\n";
  const auto expect = [&](const std::string& rest, const std::string& want) { EXPECT_EQ(said(parse_deck(good + rest, "d.md")), want) << rest; };
  expect("Why?\n---\nbecause\n", "d.md:6: question without an answer: line 7 is '---'. Put the answer between them.\n");
  expect("Why?\nOh\nSo\n---\nbecause\n", "d.md:6: 3 lines before '---', expected 2 (question, answer). Move the rest below '---'.\n");
  expect("---\nbecause\n", "d.md:6: '---' without question and answer above it. Put both there, a line each.\n");
  expect("A thought\n\nWhy?\nSo\n---\n",
         "d.md:6: paragraph without '---', kept with the card at line 1. A card of its own? Add an answer and '---'. Part of the next? Move it below "
         "line 10.\n");
  expect("A thought\n", "d.md:6: paragraph without '---', kept with the card at line 1. A card of its own? Add an answer and '---'.\n");
  expect("Why?\nSo\n----\nbecause\n", "d.md:8: '----' is not the rule; write exactly '---'.\n");
  expect("Why?\nSo\n\u2014\nbecause\n", "d.md:8: '\u2014' is not the rule; write exactly '---'.\n");
  expect("Why?\nSo\n---\na\n---\nb\n", "d.md:10: second '---' in a card is shown as a line.\n");
  expect("IS  it?\nNo\n---\n", "d.md:6: same question as line 1: only the first is asked.\n");
  expect("Why?\nSo\n---\n```\ncode\n", "d.md:9: code fence opened here is never closed. Close it with the same marks.\n");
  expect("Why?\n---\n\nleft alone\n",
         "d.md:6: question without an answer: line 7 is '---'. Put the answer between them.\n"
         "d.md:9: paragraph below the card at line 6, which is left out: mend that one first.\n");
  const auto weight = [&](const std::string& rest) { return parse_deck(good + rest, "d.md").messages.at(0).weight; };
  EXPECT_EQ(weight("A thought\n"), Weight::notice);
  EXPECT_EQ(weight("A card?\n"), Weight::warning);
  EXPECT_EQ(weight("Why?\n---\nb\n"), Weight::error);
  EXPECT_EQ(weight("Why?\nSo\n---\na\n---\nb\n"), Weight::notice);
}

// Ten damaged decks: one clear error each, with the line where it can be told.
TEST(Deck, DamagedOnesAreRefused) {
  const std::string none = "d.md: no cards. A card is three or more lines: question, answer, '---', then the explanation.";
  EXPECT_EQ(refusal(""), none);
  EXPECT_EQ(refusal(" \n\t\n"), none);
  EXPECT_EQ(refusal("Just some text.\n"), none);
  EXPECT_EQ(refusal("Why?\n---\n"), "d.md:1: question without an answer: line 2 is '---'. Put the answer between them.\n" + none);
  EXPECT_EQ(refusal("Why?\nSo\n- - -\nE\n"), "d.md:3: '- - -' is not the rule; write exactly '---'.\n" + none);
  EXPECT_EQ(refusal("Why?\nSo\nE\n---\nF\n"), "d.md:1: 3 lines before '---', expected 2 (question, answer). Move the rest below '---'.\n" + none);
  EXPECT_EQ(refusal("Why?\nSo\n---\ncaf\xE9\n"), "d.md:4: not UTF-8 at byte 15 (0xE9); save the file as UTF-8.");
  EXPECT_EQ(refusal("#separator:tab\nWhy?\tSo\n"),
            "d.md:1: looks like an Anki export (#separator:...). Make a deck of it: grimoire deck import d.md " GRIM_SETTING("out=deck.md"));
  EXPECT_EQ(refusal("Why?\nSo\n---\n" + std::string(65537, 'x')), "d.md:4: a line of 65537 bytes, expected at most 65536");
  EXPECT_EQ(refusal(std::string((16 << 20) + 1, '\n')), "d.md: 16,777,217 bytes, expected at most 16,777,216");
  std::string many;
  for (int i = 0; i <= 100000; ++i) many += str("{}\na\n---\n\n", i);
  EXPECT_EQ(refusal(many), "d.md:400001: more than 100,000 cards. Part the deck.");
  many.resize(many.size() - std::string("100000\na\n---\n\n").size());
  EXPECT_EQ(parse_deck(many, "d.md").cards.size(), 100000u);
}

TEST(Deck, CodeHoldsBlankLinesAndRules) {
  const Deck d = parse_deck("How?\nSo\n---\n```cpp\na\n\n---\n~~~\nb\n```\nend\n\n~~~~\n---\n~~~\n~~~~\n\nWhy?\n```x``` is inline\n---\n", "d.md");
  ASSERT_EQ(d.cards.size(), 2u);
  EXPECT_EQ(d.cards[0].explanation, "```cpp\na\n\n---\n~~~\nb\n```\nend\n\n~~~~\n---\n~~~\n~~~~");
  EXPECT_EQ(d.cards[1].answer, "```x``` is inline");
  EXPECT_EQ(d.messages.size(), 1u);  // of the paragraph of code
  std::string open;
  for (int i = 0; i < 200000; ++i) open += "```a\n";  // none closes another: still linear
  EXPECT_EQ(parse_deck("Q?\nA\n---\n" + open, "d.md").messages.size(), 200000u);
}

TEST(Deck, HiddenParts) {
  const Deck d = parse_deck("{{c1::Paris::a city}} lies on the {{c2::Seine}}, as {{c1::Rouen}} does.\n---\nIn France.\n\n"
                            "The {{c7::Rhine}} is long.\nin Europe\n---\n\n"
                            "A {{c1::{{c2::nested}}}} one, {{c1}} and {{cx::no}} and {{c1:: }} are none.\n---\n", "d.md");
  ASSERT_EQ(d.cards.size(), 4u);
  EXPECT_EQ(d.cards[0].question, "[a city] lies on the Seine, as [...] does.");
  EXPECT_EQ(d.cards[0].answer, "Paris, Rouen");
  EXPECT_EQ(d.cards[1].question, "Paris lies on the [...], as Rouen does.");
  EXPECT_EQ(d.cards[1].answer, "Seine");
  EXPECT_EQ(d.cards[1].explanation, "In France.");
  EXPECT_EQ(d.cards[2].cloze, 7);
  EXPECT_EQ(d.cards[2].explanation, "in Europe");  // the answer line, which it did not need
  EXPECT_EQ(d.cards[3].answer, "nested");
  EXPECT_EQ(d.cards[0].line, d.cards[1].line);
  EXPECT_NE(d.cards[0].id, d.cards[1].id);
  constexpr const char* kRest = ", and is shown as it stands; write {{c1::what to hide}}.\n";
  EXPECT_EQ(said(d), str("d.md:9: '{{{{c1::' is not closed before another one or the line's end{0}d.md:9: '{{{{c1}}}}' hides nothing{0}"
                         "d.md:9: '{{{{c1:: }}}}' hides nothing{0}", kRest));
  const Deck faulty = parse_deck("The {{c1::x}} and {{c2::y\n---\n\nA {{c3::}}, and {{c1::z}}\n---\n\nWhat is {{c in C++?\nno sign\n---\n", "d.md");
  EXPECT_EQ(faulty.cards.size(), 3u);
  EXPECT_EQ(said(faulty), str("d.md:1: '{{{{c2::y' is not closed before another one or the line's end{0}d.md:4: '{{{{c3::}}}}' hides nothing{0}", kRest));
  EXPECT_EQ(faulty.messages.at(0).weight, DeckMessage::Weight::warning);
  EXPECT_EQ(said(parse_deck("Q?\nA\n---\n\nThe {{c1::x\n---\n", "d.md")),
            str("d.md:5: '{{{{c1::x' is not closed before another one or the line's end{}"
                "d.md:5: question without an answer: line 6 is '---'. Put the answer between them.\n", kRest));
  EXPECT_EQ(said(parse_deck("The {{c1::a}} {{c2::b}}.\n---\n\nThe {{c1::a}} {{c2::b}}.\n---\n", "d.md")),
            "d.md:4: same question as line 1: only the first is asked.\n");
}

TEST(Deck, KnownByItsTitleElseByItsFile) {
  const std::string card = "Q?\nA\n---\n";
  const Deck titled = parse_deck("# deck: My  Deck\n" + card, "a/d.md"), same = parse_deck("# deck: my deck\n" + card, "b/e.md");
  EXPECT_EQ(titled.key, "my deck");
  EXPECT_EQ(titled.cards[0].id, same.cards[0].id);
  EXPECT_EQ(titled.cards[0].id, card_id("my deck", "Q?"));
  const Deck a = parse_deck(card, "a/d.md"), b = parse_deck(card, "b/d.md");
  EXPECT_EQ(a.name, b.name);
  EXPECT_NE(a.cards[0].id, b.cards[0].id);
  EXPECT_EQ(path_of_key(a.key), "a/d.md");
  EXPECT_EQ(path_of_key(titled.key), "");
  Deck exported = a;
  identify(exported);
  EXPECT_EQ(exported.cards[0].id, card_id("d", "Q?"));
}

TEST(Deck, Reversed) {
  Deck d = parse_deck("Q?\nA\n---\nE\n\nThe {{c1::x}}.\n---\n", "d.md");
  add_reversed(d);
  add_reversed(d);  // once is enough
  ASSERT_EQ(d.cards.size(), 3u);
  EXPECT_EQ(d.cards[2].question, "A");
  EXPECT_EQ(d.cards[2].answer, "Q?");
  EXPECT_EQ(d.cards[2].line, d.cards[0].line);
  EXPECT_NE(d.cards[2].id, d.cards[0].id);
}

TEST(Deck, MnemonicFirst) { EXPECT_EQ(mnemonic_first("a\nMemory: m\nb"), "Memory: m\na\nb\n"); }

TEST(Deck, AnIdIsOfDeckAndQuestion) {
  EXPECT_EQ(card_id("deck", "What  is it?"), card_id("deck", "what is it? "));
  EXPECT_NE(card_id("deck", "What is it?"), card_id("deck", "What is that?"));
  EXPECT_NE(card_id("deck", "What is it?"), card_id("other", "What is it?"));
}

// Lines that mean something in a deck, and some that do not; those of words are like no other.
std::string random_line(Rng& rng, int64_t number) {
  static const char* const kLines[] = {"What is this?", "An answer",  "---",          "----",     "",         "   ",         "* item",      "    deeper",
                                       "| a | b |",     "|---|---|",  "```",          "~~~",      "> quote",  "Memory: m",   "# heading",   "# deck: again",
                                       "tags: a, b",    "{{c1::x}}!", "{{c2::y::h}}", "Trailing ", "1. first", "text\\[MASK]", "Same again?", "\xE2\x80\x94"};
  const std::string line = kLines[rng.randint(0, static_cast<int64_t>(std::size(kLines)))];
  return line.size() > 5 && line != "|---|---|" && line != "Same again?" ? str("{} line{}", line, number) : line;
}

// Every line that is not blank stands in a card, the title, the tags, the description, or in a block that a message names.
TEST(Deck, NoLineIsLost) {
  Rng rng(RngMode::philox, 8, "lines");
  for (int round = 0; round < 2000; ++round) {
    std::string text = rng.randint(0, 2) ? "# deck: title\n" : "";
    for (int64_t n = rng.randint(1, 40); n > 0; --n) text += random_line(rng, n) + "\n";
    text += "\nLast?\nYes\n---\n";
    const Deck d = parse_deck(text, "d.md");
    std::string kept = "\n---\n# deck: " + d.name + "\n" + d.description + "\n";
    for (const Card& c : d.cards) kept += (c.cloze ? c.written : c.question) + "\n" + c.answer + "\n" + c.explanation + "\n";
    for (const std::string& t : d.tags) kept += t + "\n";
    kept = folded_text(kept);
    int64_t number = 0;
    bool told = false, in_code = false;
    for (std::string_view line : lines_in(text)) {
      ++number;
      const std::string folded = folded_text(line);
      if (folded == "```" || folded == "~~~") in_code = true;  // its blank lines part nothing
      if (folded.empty() && !in_code) told = false;
      const auto here = [&](const DeckMessage& m) { return m.line == number && m.weight != Weight::notice; };
      told = told || std::ranges::any_of(d.messages, here);
      const bool tags = !d.tags.empty() && std::ranges::all_of(d.tags, [&](const std::string& t) { return line.find(t) != line.npos; });
      EXPECT_TRUE(told || tags || kept.find(folded) != std::string::npos) << "line " << number << " is lost: " << line << "\n" << text << said(d);
    }
  }
}

std::string random_words(Rng& rng, int64_t most) {
  static const char* const kWords[] = {"salt", "the", "**bold**", "`code`", "Größe", "字", "a|b", "x = 3", "->", "e.g.", "\\[MASK]", "##u", "&amp;", "<b>"};
  std::string words = "w";
  for (int64_t n = rng.randint(1, most); n > 0; --n) words += " " + std::string(kWords[rng.randint(0, static_cast<int64_t>(std::size(kWords)))]);
  return words;
}

TEST(Deck, WrittenAndReadBack) {
  Rng rng(RngMode::philox, 9, "decks");
  for (int round = 0; round < 1000; ++round) {
    Deck d;
    d.name = random_words(rng, 3);
    for (int64_t n = rng.randint(0, 3); n > 0; --n) d.tags.push_back(str("tag{}", n));
    for (int64_t n = rng.randint(0, 3); n > 0; --n) d.description += (d.description.empty() ? "" : rng.randint(0, 2) ? "\n\n" : "\n") + random_words(rng, 5);
    for (int64_t n = rng.randint(1, 8); n > 0; --n) {
      Card c{.id = {}, .question = str("{} {}?", random_words(rng, 6), n), .answer = random_words(rng, 4), .explanation = {}};
      for (int64_t k = rng.randint(0, 5); k > 0; --k) {
        static const char* const kBefore[] = {"", "* ", "    * ", "> ", "1. ", "Memory: "};
        const bool code = rng.randint(0, 6) == 0, rule = c.explanation.find("\n\n") == std::string::npos && rng.randint(0, 6) == 0;
        c.explanation += c.explanation.empty() ? "" : rng.randint(0, 3) ? "\n" : "\n\n";
        if (code) c.explanation += "```\na\n\n---\n```";
        else if (rule && !c.explanation.ends_with("\n\n")) c.explanation += "---";
        else c.explanation += kBefore[rng.randint(0, std::ssize(kBefore))] + random_words(rng, 9);
      }
      if (rng.randint(0, 4) == 0) {
        for (int number : {1, 2}) {
          Card hidden = c;
          hidden.written = str("A {{{{c1::one::hint}}}} and {{{{c2::two}}}} {}", n);
          hidden.question = number == 1 ? str("A [hint] and two {}", n) : str("A one and [...] {}", n);
          hidden.answer = number == 1 ? "one" : "two", hidden.cloze = number;
          d.cards.push_back(hidden);
        }
      } else {
        d.cards.push_back(c);
      }
    }
    const std::string text = to_markdown(d);
    const Deck back = parse_deck(text, "d.md");
    EXPECT_EQ(back.name, d.name);
    EXPECT_EQ(back.tags, d.tags);
    EXPECT_EQ(back.description, d.description);
    ASSERT_EQ(back.cards.size(), d.cards.size()) << text << said(back);
    for (size_t i = 0; i < d.cards.size(); ++i) {
      EXPECT_EQ(back.cards[i].question, d.cards[i].question);
      EXPECT_EQ(back.cards[i].answer, d.cards[i].answer);
      EXPECT_EQ(back.cards[i].explanation, d.cards[i].explanation) << text;
      EXPECT_EQ(back.cards[i].cloze, d.cards[i].cloze);
    }
    EXPECT_EQ(to_markdown(back), text);
  }
}

TEST(Deck, WhatCannotBeWrittenAsItIsBecomesWhatCan) {  // as it may come from other programs
  Deck d{.name = "n", .description = {}, .tags = {}, .cards = {}, .messages = {}};
  d.cards.push_back({.id = {}, .question = "Two\nlines?", .answer = "so\nbe it", .explanation = "one\n\nlike\na card\n---\nend"});
  const Deck back = parse_deck(to_markdown(d), "d.md");
  ASSERT_EQ(back.cards.size(), 1u);
  EXPECT_EQ(back.cards[0].question, "Two lines?");
  EXPECT_EQ(back.cards[0].answer, "so be it");
  EXPECT_EQ(back.cards[0].explanation, "one\n\nlike\na card\n***\nend");
}

}  // namespace
}  // namespace grim::learn
