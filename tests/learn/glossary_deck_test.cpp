// Cards out of the glossary: what every family gives, and which entry a card leads to.
#include "grimoire/learn/glossary_deck.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <gtest/gtest.h>

#include "grimoire/base/str.h"
#include "grimoire/learn/answer.h"

namespace grim::learn {
namespace {

TEST(GlossaryDeck, EveryConceptAsksSomethingWithOneAnswer) {
  size_t cards = 0;
  for (const Family* f : families()) {
    const Deck deck = deck_of(*f, 1);
    EXPECT_EQ(deck.name, str("grimoire {}", f->id));
    std::set<std::string> ids, entries;
    for (const Card& c : deck.cards) {
      EXPECT_TRUE(ids.insert(c.id).second) << c.question;
      entries.insert(c.entry);
      EXPECT_NE(c.question, "") << c.entry;
      EXPECT_NE(c.answer, "") << c.question;
      EXPECT_EQ(c.answer.find('\n'), std::string::npos) << c.question;
      EXPECT_EQ(c.answer.find('|'), std::string::npos) << c.question;
      EXPECT_EQ(entry_for(c), find_concept(c.entry)) << c.question;
    }
    EXPECT_EQ(entries.size(), f->concepts.size()) << f->id;
    cards += deck.cards.size();
  }
  EXPECT_GE(cards, 250u);
}

TEST(GlossaryDeck, TheSeedDrawsNumbersAndNothingElse) {
  for (const Family* f : families()) {
    const Deck a = deck_of(*f, 1), b = deck_of(*f, 2), again = deck_of(*f, 1);
    ASSERT_EQ(a.cards.size(), b.cards.size()) << f->id;
    for (size_t i = 0; i < a.cards.size(); ++i) {
      EXPECT_EQ(a.cards[i].id, b.cards[i].id) << a.cards[i].question;
      EXPECT_EQ(a.cards[i].question, again.cards[i].question);
      EXPECT_EQ(a.cards[i].answer, again.cards[i].answer);
    }
  }
}

TEST(GlossaryDeck, ComputedCardsAreDealtWhenTheyAreAsked) {
  for (const Family* f : families()) {
    const Deck bare = deck_of(*f), whole = deck_of(*f, 1);
    ASSERT_EQ(bare.cards.size(), whole.cards.size()) << f->id;
    for (size_t i = 0; i < bare.cards.size(); ++i) {
      const Card &b = bare.cards[i], &w = whole.cards[i];
      EXPECT_EQ(b.id, w.id);
      EXPECT_EQ(b.note, w.id);
      EXPECT_EQ(b.computed, w.computed);
      EXPECT_EQ(b.answer.empty(), b.computed) << b.question;
      EXPECT_EQ(dealt(b, 1).question, w.question);
      EXPECT_EQ(dealt(w, 2).question, w.question);  // once
    }
  }
}

TEST(GlossaryDeck, WhatGivesANumberHasAComputedCard) {
  for (const Concept* c : all_concepts()) {
    if (!c->compute) continue;
    const Worked w = work_out(*c, Inputs(*c));
    EXPECT_EQ(gives_a_number(*c), !w.answers().empty() && std::holds_alternative<double>(w.answers()[0].value)) << c->id;
  }
}

// Every number that stands in a fixed card's answer typed alone, and others like it. One of its own is right where what is said before a colon
// holds one, unless that is a sentence; none that is not in it ever is.
TEST(GlossaryDeck, NumbersAreRightWithoutTheWordsAroundThem) {
  size_t cards = 0, accepted = 0;
  std::string sentences;
  for (const Family* f : families())
    for (const Card& c : deck_of(*f).cards) {
      std::string digits = c.answer;
      std::erase_if(digits, [](char d) { return !std::isdigit(static_cast<unsigned char>(d)); });
      if (c.computed || digits.empty()) continue;
      const std::string before = c.answer.substr(0, c.answer.find_first_of(":;"));
      const bool counts = std::ranges::any_of(before, [](char d) { return std::isdigit(static_cast<unsigned char>(d)); });
      cards += counts;
      std::vector<std::string> own;  // as they stand: all characters of numbers in a row
      for (size_t at = 0; at < c.answer.size();) {
        const size_t begin = std::min(c.answer.find_first_of("-.0123456789", at), c.answer.size());
        const size_t end = std::min(c.answer.find_first_not_of(",./^0123456789", begin + 1), c.answer.size());
        std::string number = c.answer.substr(begin, end - begin);
        while (number.ends_with('.') || number.ends_with(',')) number.pop_back();
        if (number.find_first_of("0123456789") != std::string::npos) own.push_back(number);
        at = end;
      }
      const auto right = [&](const std::string& typed) { return judge(typed, c).said == "right"; };
      bool one = std::ranges::any_of(own, right);
      std::string list;
      for (const std::string& n : own) one |= right(list += (list.empty() ? "" : ", ") + n);
      accepted += counts && one;
      if (counts && !one) sentences += c.answer + "\n";
      std::set<double> values;
      for (std::string n : own) {
        std::erase(n, ',');
        values.insert(std::stod(n));
      }
      for (double v : values)
        for (double wrong : {v + 1, v - 1, 2 * v + 1, 10 * v, v * 1.001, v / 100 + 3}) {
          const std::string typed = str("{:.10g}", wrong);
          EXPECT_FALSE(wrong != 0 && !values.contains(std::stod(typed)) && right(typed)) << typed << " for " << c.answer;
        }
    }
  EXPECT_GT(cards, 150u);
  EXPECT_GE(accepted * 20, cards * 19) << sentences;
}

TEST(GlossaryDeck, FreshInputsWorkAndWhereThereAreNumbersTheyAreFresh) {
  std::set<std::string> same;
  for (const Concept* c : all_concepts()) {
    if (!c->compute || Inputs(*c).all().empty() || work_out(*c, Inputs(*c)).answers().empty()) continue;  // without an answer there is no card
    std::set<Settings> drawn;
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      drawn.insert(fresh_inputs(*c, seed));
      EXPECT_NO_THROW(work_out(*c, Inputs(*c, fresh_inputs(*c, seed)))) << c->id;
    }
    if (drawn.size() == 1) same.insert(c->id);
  }
  EXPECT_EQ(same, (std::set<std::string>{"deduction", "hand-made-features", "bigram", "bigram-pairs", "language-modelling", "one-or-two-inputs", "segment",
                                         "wordpiece", "chat-template", "machine-translation", "summarization", "lexrank", "question-answering", "ner", "pos",
                                         "do-what-i-mean", "bleu", "chrf", "ter", "entity-f1", "exact-match"}));  // all their inputs are words
}

TEST(GlossaryDeck, ACardOfAnyDeckLeadsToTheLongestNameInIt) {
  const auto entry = [](const char* question, const char* answer) {
    const Concept* c = entry_for({.id = "", .question = question, .answer = answer, .explanation = ""});
    return std::string(c ? c->id : "-");
  };
  EXPECT_EQ(entry("What does the cross-entropy measure?", "bits"), "cross-entropy");
  EXPECT_EQ(entry("What is it?", "The **Softmax**."), "softmax");
  EXPECT_EQ(entry("What is the capital of France?", "Paris"), "-");
  EXPECT_EQ(entry("A softmaxed thing?", "yes"), "-");  // no whole word
}

TEST(GlossaryDeck, WhatIsToldTooSimplyHasACorrection) {
  for (const Told& told : told_too_simply()) {
    const Card card{.id = "", .question = str("Really ({})?", told.words), .answer = "yes", .explanation = ""};
    const Concept* c = correction_of(card);
    ASSERT_TRUE(c) << told.words;
    EXPECT_STREQ(c->id, told.entry);
    EXPECT_STRNE(c->mistake, "") << c->id;
    const Card longer{.id = "", .question = str("x{}x", told.words), .answer = "yes", .explanation = ""};
    EXPECT_FALSE(correction_of(longer)) << told.words;  // parts of words
  }
  EXPECT_FALSE(correction_of({.id = "", .question = "What makes bread rise?", .answer = "Yeast", .explanation = ""}));
}

}  // namespace
}  // namespace grim::learn
