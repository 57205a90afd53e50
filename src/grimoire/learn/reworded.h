// Which cards of a deck are old ones in other words: those whose history may go with them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/learn/deck.h"

namespace grim::learn {

struct GoneCard {
  std::string id, question, answer;  // the answer folded
};

struct Reworded {
  size_t gone, fresh;  // places in the two lists
  bool sure;           // false: only the answers are the same
};

// Sure is a pair of which one side is the same, folded, and the other reads the same or is misspelt: at most a letter in ten is another
// one, no digit and no sign is, and what both have in common is worth four letters and not a "true" or "both" that many cards share. If two
// could be it, neither is. Of the others, those with the same answer are paired by the nearest questions, as a guess. No card is in two pairs.
std::vector<Reworded> reworded(std::span<const GoneCard> gone, std::span<const Card* const> fresh);

}  // namespace grim::learn
