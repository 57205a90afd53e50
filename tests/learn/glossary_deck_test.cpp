// Cards out of the glossary: what every family gives, and which entry a card leads to.
#include "grimoire/learn/glossary_deck.h"

#include <set>

#include <gtest/gtest.h>

#include "grimoire/base/str.h"

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
                                         "wordpiece", "machine-translation", "summarization", "question-answering", "ner", "pos", "do-what-i-mean",
                                         "bleu"}));  // all their inputs are words
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
