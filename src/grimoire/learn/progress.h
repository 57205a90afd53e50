// Progress: what is known of decks, as reports.
#pragma once

#include <vector>

#include "grimoire/learn/history.h"
#include "grimoire/report/report.h"

namespace grim::learn {

// Every card, its state and the day it comes; those that are gone from the file and have a history too.
report::Report cards_of(const std::vector<Deck>& decks, History& history);

// Reviews, recall against what was predicted, cards due on the next 14 days, the five hardest. `now`: ms since 1970.
report::Report statistics(const std::vector<Deck>& decks, History& history, int64_t now);

}  // namespace grim::learn
