// The decks of a quiz: read, and brought together with what is on record of them.
#pragma once

#include <string>
#include <vector>

#include "grimoire/command/command.h"
#include "grimoire/learn/history.h"

namespace grim {

// Each a file or a family of the glossary, its computed cards not dealt yet; a deck given twice stands there once. `reversed`: plain cards the
// other way round too, as the tag "reversed" says for one deck. What is wrong with a deck is said. throws: input
std::vector<learn::Deck> open_decks(Console& console, const std::vector<std::string>& names, bool reversed);

// Histories go with cards in other words and decks under another name: said where that is sure, offered where it is likely. Without a person
// at the terminal an offer is only said.
void meet(Console& console, learn::History& history, const learn::Deck& deck);

}  // namespace grim
