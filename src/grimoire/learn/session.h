// Session: which card comes next. Cards in their learning steps come when their minutes are up, then what is due by the end of the day,
// then new ones; of cards of one note only one is asked a day.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grimoire/learn/history.h"

namespace grim::learn {

struct SessionOptions {
  int64_t new_a_day = 20;
  int64_t most = 1'000'000;  // cards asked
  bool cram = false;         // every card once, whatever is due; nothing is recorded
  Schedule schedule = {};
  uint64_t seed = 0;         // of the fuzz and of a cram's order
};

struct Counts {
  int64_t fresh = 0, learning = 0, due = 0, later = 0, suspended = 0;  // new ones that come today, and those that wait for their turn
};

class Session {
 public:
  // Each card stands in the decks once: merged().
  Session(const std::vector<Deck>& decks, History& history, SessionOptions options, int64_t now);

  struct Asked {
    const Deck* deck;
    const Card* card;
    CardState state;
  };
  std::optional<Asked> next(int64_t now);  // nothing: done for now
  // What a grade would make of the card, the fuzz of its interval included.
  Memory foreseen(const Asked& asked, Grade grade, int64_t now) const;
  Reviewed grade(const Asked& asked, Grade grade, int64_t now, int64_t took);  // durable when it returns
  bool undo();  // the last grade of this session, a cram's too; its card comes next. false: there is none, or another session graded the card since
  void suspend(const Asked& asked);  // a cram only leaves it out
  Counts counts(int64_t now) const;
  int64_t asked() const { return asked_; }
  int64_t recalled() const { return recalled_; }
  int64_t due_by(int64_t time) const;  // cards that will be due then

 private:
  struct Entry {
    const Deck* deck;
    const Card* card;
    CardState state;
    size_t note;        // the number of the card's
    bool done = false;  // a cram's card, asked
  };
  struct Graded {
    int64_t number;  // of the review; 0 in a cram
    std::string_view card;
    Grade grade;
    bool put_aside;
  };
  std::vector<bool> notes_asked(int64_t today) const;  // by number: was a card of it asked since today began?
  double fuzz(const CardState& state, const Card& card) const;
  const Entry* pick(int64_t now) const;
  bool refresh(Entry& e);
  Entry& entry(std::string_view id) { return entries_[places_.at(id)]; }

  History& history_;
  SessionOptions options_;
  int64_t introduced_today_ = 0, asked_ = 0, recalled_ = 0;
  std::string_view again_;  // the card whose grade was just taken back
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, size_t> places_;  // by the cards' ids
  size_t notes_ = 0;
  std::vector<Graded> graded_;  // by this session, in order
};

}  // namespace grim::learn
