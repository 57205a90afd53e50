// Cards made out of the glossary: the questions of its entries, and computations with numbers of their own each time.
#pragma once

#include <cstdint>
#include <span>

#include "grimoire/learn/concept.h"
#include "grimoire/learn/deck.h"

namespace grim::learn {

// The family's deck. Its computed cards are dealt when they are asked: until then they have no answer.
Deck deck_of(const Family& family);
Deck deck_of(const Family& family, uint64_t seed);  // all dealt
// The card with numbers that the seed draws; any other card as it is.
Card dealt(Card card, uint64_t seed);
bool gives_a_number(const Concept& concept_);  // as its first answer, if it computes: then it has a computed card

// Inputs like the entry's own with other numbers, for which it can be worked out. Words stay: they are sentences, tags and files that
// belong together.
Settings fresh_inputs(const Concept& concept_, uint64_t seed);

// The entry to look up after a card: its own, else the one whose name stands in the question or the answer; nullptr: none.
const Concept* entry_for(const Card& card);

// What is often told too simply, and the entry that says it right.
struct Told {
  const char *words, *entry;  // whole words by which a card that tells it so is known
};
std::span<const Told> told_too_simply();

// The entry that says it right, for a card that tells something too simply. nullptr: none.
const Concept* correction_of(const Card& card);

}  // namespace grim::learn
