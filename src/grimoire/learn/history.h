// History: what became of every card, in one SQLite file. A review is on the disk before review() returns, and is counted from what
// stands there, so that two sessions at once lose nothing to each other.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "grimoire/learn/database.h"
#include "grimoire/learn/deck.h"
#include "grimoire/learn/schedule.h"

namespace grim::learn {

struct CardState {
  Memory memory;
  int64_t introduced = 0;  // time of its first review
  bool suspended = false;
  std::string question = {};  // when it was last reviewed or suspended
};

struct Review {
  std::string card;
  int64_t time = 0, took = 0;  // ms
  Grade grade = Grade::again;
  Phase phase = Phase::fresh;  // before it
  double recall = 0;           // the chance that was predicted; 0 for a new card
  int64_t interval = 0;        // ms to the next
};

struct Reviewed {
  Memory memory = {};      // after it
  int64_t number = 0;      // of the review, for undo()
  bool put_aside = false;  // it lapsed Schedule::leech times
};

struct Moved {
  int64_t line;  // in the deck
  std::string from, to;  // questions
};

class History {
 public:
  // $XDG_STATE_HOME/grimoire/reviews.sqlite, else under ~/.local/state. throws: usage, where there is no home
  static std::string usual_path();
  explicit History(const std::string& path);  // made when missing. throws: input, resource

  // A card of the file without history that has the answer of exactly one card that is gone from it was reworded: it takes over that
  // history. Gone cards keep theirs.
  std::vector<Moved> meet(const Deck& deck);
  // Of every card of the deck that was ever reviewed or suspended, those that are gone included.
  std::unordered_map<std::string, CardState> states(const std::string& deck);

  CardState state(const Card& card);

  Reviewed review(const std::string& deck, const Card& card, Grade grade, int64_t now, int64_t took, const Schedule& schedule, double fuzz = -1);
  bool undo(int64_t number);  // takes that review back; false: it was already, or the card was reviewed since
  void suspend(const std::string& deck, const Card& card, bool on);
  std::vector<Review> reviews(const std::string& deck);  // in order of time, without those taken back

 private:
  void add(const std::string& deck, const Card& card);
  Database database_;
};

// The start of the learning day that `now` falls in: 4:00 by the clock of this place.
int64_t day_start(int64_t now);

}  // namespace grim::learn
