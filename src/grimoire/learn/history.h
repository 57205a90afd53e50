// History: what became of every card, in one SQLite file. A review is on the disk before review() returns, and is counted from what
// stands there, so that two sessions at once lose nothing to each other. Decks go by their key (Deck::key).
#pragma once

#include <optional>
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

struct Meeting {
  struct Guess {
    std::string id;  // of a card that is gone
    const Card* card;
    Moved moved;     // what would go with it
  };
  std::vector<Moved> moved;     // done
  std::vector<Guess> guesses;   // nothing is done
};

struct KnownAs {
  std::string key;    // of a deck
  int64_t cards = 0;  // of this one that have a history there
};

enum class Access : uint8_t { reading, writing };

class History {
 public:
  // $XDG_STATE_HOME/grimoire/reviews.sqlite, else under ~/.local/state. throws: usage, where there is no home
  static std::string usual_path();
  // Made when missing; for reading nothing is, and nothing in it changes. throws: input, resource
  explicit History(const std::string& path, Access access = Access::writing);

  // Cards without history that are sure to be gone ones in other words (reworded.h) take over theirs; other likely pairs are guesses. Gone
  // cards keep their history.
  Meeting meet(const Deck& deck);
  void take(const Meeting::Guess& guess);                          // the history goes with the card
  void keep_apart(const Deck& deck, const Card& card);             // it is a card of its own: nothing is guessed of it again
  // Another deck under which most of this one's cards have a history, or most of its own are this one's, and more than here: the deck was
  // given another name. Not a deck without a title whose file is still there.
  std::optional<KnownAs> known_as(const Deck& deck);
  void take_over(const Deck& deck, const std::string& key);        // all that is known under the key, gone cards too
  void keep_apart(const Deck& deck, const std::string& key);       // known_as() does not name that deck for these cards again

  // Of every card of the deck that was ever reviewed or suspended, those that are gone included.
  std::unordered_map<std::string, CardState> states(const std::string& key);

  CardState state(const Card& card);

  Reviewed review(const std::string& key, const Card& card, Grade grade, int64_t now, int64_t took, const Schedule& schedule, double fuzz = -1);
  bool undo(int64_t number);  // takes that review back; false: it was already, or the card was reviewed since
  void suspend(const std::string& key, const Card& card, bool on);
  std::vector<Review> reviews(const std::string& key);  // in order of time, without those taken back

 private:
  void add(const std::string& key, const Card& card);
  bool give(const std::string& from, const Card& card);
  Database database_;
};

// The start of the learning day that `now` falls in: 4:00 by the clock of this place.
int64_t day_start(int64_t now);

}  // namespace grim::learn
