#include "grimoire/learn/session.h"

#include <algorithm>

#include "grimoire/base/rng.h"

namespace grim::learn {
namespace {
constexpr int64_t kAhead = 20 * 60'000;  // learning steps that end so soon are taken early rather than waited for
bool stepping(const Memory& m) { return m.phase == Phase::learning || m.phase == Phase::relearning; }
}  // namespace

Session::Session(const std::vector<Deck>& decks, History& history, SessionOptions options, int64_t now)
    : history_(history), options_(std::move(options)) {
  const int64_t today = day_start(now);  // asks the system about the time zone
  std::unordered_map<std::string_view, size_t> notes;
  for (const Deck& d : decks) {
    auto states = history.states(d.key);
    entries_.reserve(entries_.size() + d.cards.size());
    notes.reserve(entries_.capacity());
    for (const Card& c : d.cards) {
      const auto known = states.find(c.id);
      entries_.push_back({&d, &c, known == states.end() ? CardState{} : std::move(known->second), notes.try_emplace(c.note, notes.size()).first->second});
      introduced_today_ += entries_.back().state.introduced >= today;
    }
  }
  notes_ = notes.size();
  if (options_.cram) {
    std::vector<Entry> shuffled;
    for (int64_t i : Rng(RngMode::philox, options_.seed, "cram").permutation(static_cast<int64_t>(entries_.size())))
      shuffled.push_back(entries_[static_cast<size_t>(i)]);
    entries_ = std::move(shuffled);
  }
  places_.reserve(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) places_.emplace(entries_[i].card->id, i);
}

std::vector<bool> Session::notes_asked(int64_t today) const {
  std::vector<bool> asked(notes_);
  for (const Entry& e : entries_)
    if (e.state.memory.last_review >= today) asked[e.note] = true;
  return asked;
}

const Session::Entry* Session::pick(int64_t now) const {
  const Entry* best = nullptr;
  const auto earliest = [&](auto&& wanted) {
    for (const Entry& e : entries_)
      if (!e.state.suspended && (!best || e.state.memory.due < best->state.memory.due) && wanted(e)) best = &e;
  };
  const auto first = [&](auto&& wanted) {
    for (const Entry& e : entries_)
      if (!best && !e.state.suspended && wanted(e)) best = &e;
  };
  first([&](const Entry& e) { return e.card->id == again_; });
  if (best) return best;
  if (options_.cram) {
    first([](const Entry& e) { return !e.done; });
    return best;
  }
  const int64_t today = day_start(now), tonight = today + kDay;
  const std::vector<bool> asked = notes_asked(today);
  const auto free = [&](const Entry& e) { return !asked[e.note]; };
  earliest([&](const Entry& e) { return stepping(e.state.memory) && e.state.memory.due <= now; });
  if (!best) earliest([&](const Entry& e) { return e.state.memory.phase == Phase::review && e.state.memory.due < tonight && free(e); });
  if (!best && introduced_today_ < options_.new_a_day) first([&](const Entry& e) { return e.state.memory.phase == Phase::fresh && free(e); });
  if (!best) earliest([&](const Entry& e) { return stepping(e.state.memory) && e.state.memory.due <= now + kAhead; });
  return best;
}

// What another session did to the card meanwhile. True: something.
bool Session::refresh(Entry& e) {
  const CardState now = history_.state(*e.card);
  const Memory &a = now.memory, &b = e.state.memory;
  if (now.suspended == e.state.suspended && a.reviews == b.reviews && a.last_review == b.last_review) return false;
  introduced_today_ += (now.introduced > 0) - (e.state.introduced > 0);
  e.state = now;
  return true;
}

std::optional<Session::Asked> Session::next(int64_t now) {
  if (asked_ >= options_.most) return std::nullopt;
  for (;;) {
    const Entry* best = pick(now);
    if (!best) return std::nullopt;
    if (options_.cram || !refresh(entry(best->card->id))) return Asked{best->deck, best->card, best->state};
    again_ = {};
  }
}

// The same for every look at a review that is still to come.
double Session::fuzz(const CardState& state, const Card& card) const {
  return unit_float(philox4x32(options_.seed, stream_id("fuzz"), stream_id(card.id), static_cast<uint64_t>(state.memory.reviews))[0]);
}

Memory Session::foreseen(const Asked& asked, Grade grade, int64_t now) const {
  return reviewed(options_.schedule, asked.state.memory, grade, now, fuzz(asked.state, *asked.card));
}

Reviewed Session::grade(const Asked& asked, Grade grade, int64_t now, int64_t took) {
  Entry& e = entry(asked.card->id);
  Reviewed done;
  if (options_.cram) {
    e.done = true;
    done.memory = e.state.memory;
  } else {
    done = history_.review(asked.deck->key, *asked.card, grade, now, took, options_.schedule, fuzz(asked.state, *asked.card));
    refresh(e);
  }
  graded_.push_back({done.number, e.card->id, grade, done.put_aside});
  ++asked_;
  recalled_ += grade != Grade::again;
  again_ = {};
  return done;
}

bool Session::undo() {
  if (graded_.empty() || (!options_.cram && !history_.undo(graded_.back().number))) return false;
  const Graded last = graded_.back();
  graded_.pop_back();
  --asked_;
  recalled_ -= last.grade != Grade::again;
  Entry& e = entry(last.card);
  e.done = false;
  if (last.put_aside) history_.suspend(e.deck->key, *e.card, false);
  if (!options_.cram) refresh(e);
  again_ = last.card;
  return true;
}

void Session::suspend(const Asked& asked) {
  if (!options_.cram) history_.suspend(asked.deck->key, *asked.card, true);
  entry(asked.card->id).state.suspended = true;
}

Counts Session::counts(int64_t now) const {
  const int64_t today = day_start(now), tonight = today + kDay;
  std::vector<bool> taken = notes_asked(today);
  const auto has_its_day = [&](const Entry& e) {
    const bool free = !taken[e.note];
    taken[e.note] = true;
    return free;
  };
  Counts c;
  for (const Entry& e : entries_) {
    const Memory& m = e.state.memory;
    if (e.state.suspended) ++c.suspended;
    else if (stepping(m)) ++c.learning;
    else if (m.phase == Phase::review && m.due < tonight && has_its_day(e)) ++c.due;
  }
  for (const Entry& e : entries_) {
    if (e.state.suspended || e.state.memory.phase != Phase::fresh) continue;
    const bool let_in = c.fresh < options_.new_a_day - introduced_today_ && has_its_day(e);
    ++(let_in ? c.fresh : c.later);
  }
  return c;
}

int64_t Session::due_by(int64_t time) const {
  return std::ranges::count_if(entries_, [&](const Entry& e) {
    const Memory& m = e.state.memory;
    return !e.state.suspended && m.phase != Phase::fresh && m.due < time;
  });
}

}  // namespace grim::learn
