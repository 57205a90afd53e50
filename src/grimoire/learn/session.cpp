#include "grimoire/learn/session.h"

#include <algorithm>

#include "grimoire/base/rng.h"

namespace grim::learn {
namespace {
constexpr int64_t kDay = 86'400'000, kAhead = 20 * 60'000;  // learning steps that end so soon are taken early rather than waited for
bool stepping(const Memory& m) { return m.phase == Phase::learning || m.phase == Phase::relearning; }
}  // namespace

Session::Session(const std::vector<Deck>& decks, History& history, SessionOptions options, int64_t now)
    : history_(history), options_(std::move(options)), began_(now) {
  for (const Deck& d : decks) {
    names_.push_back(d.name);
    const auto states = history.states(d.name);
    for (const Card& c : d.cards) {
      const auto known = states.find(c.id);
      entries_.push_back({&d, &c, known == states.end() ? CardState{} : known->second});
      introduced_today_ += entries_.back().state.introduced >= day_start(now);
    }
  }
  if (options_.cram) {
    std::vector<Entry> shuffled;
    for (int64_t i : Rng(RngMode::philox, options_.seed, "cram").permutation(static_cast<int64_t>(entries_.size())))
      shuffled.push_back(entries_[static_cast<size_t>(i)]);
    entries_ = std::move(shuffled);
  }
}

Session::Entry* Session::entry(const std::string& id) {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& e) { return e.card->id == id; });
  return found == entries_.end() ? nullptr : &*found;
}

bool Session::free(const Entry& e) const {
  const auto asked = asked_lines_.find(line_of(e));
  return e.card->line == 0 || asked == asked_lines_.end() || asked->second == e.card->id;
}

std::optional<Session::Asked> Session::next(int64_t now) {
  if (asked_ >= options_.most) return std::nullopt;
  const Entry* best = nullptr;
  const auto offer = [&](const Entry& e) {
    if (!best || e.state.memory.due < best->state.memory.due) best = &e;
  };
  if (options_.cram) {
    for (const Entry& e : entries_)
      if (!best && !e.done && !e.state.suspended) best = &e;
  } else {
    const int64_t tonight = day_start(now) + kDay;
    const auto look = [&](auto&& wanted) {
      for (const Entry& e : entries_)
        if (!e.state.suspended && wanted(e)) offer(e);
    };
    look([&](const Entry& e) { return stepping(e.state.memory) && e.state.memory.due <= now; });
    if (!best) look([&](const Entry& e) { return e.state.memory.phase == Phase::review && e.state.memory.due < tonight && free(e); });
    if (!best && introduced_today_ < options_.new_a_day)
      for (const Entry& e : entries_)
        if (!best && !e.state.suspended && e.state.memory.phase == Phase::fresh && free(e)) best = &e;
    if (!best) look([&](const Entry& e) { return stepping(e.state.memory) && e.state.memory.due <= now + kAhead; });
  }
  if (!best) return std::nullopt;
  return Asked{best->deck, best->card, best->state};
}

Memory Session::grade(const Asked& asked, Grade grade, int64_t now, int64_t took) {
  Entry& e = *entry(asked.card->id);
  ++asked_;
  recalled_ += grade != Grade::again;
  if (options_.cram) {
    e.done = true;
    return e.state.memory;
  }
  const double fuzz = unit_float(philox4x32(options_.seed, stream_id("fuzz"), 0, static_cast<uint64_t>(now))[0]);
  const bool fresh = e.state.memory.phase == Phase::fresh;
  e.state.memory = history_.review(asked.deck->name, *asked.card, grade, now, took, options_.schedule, fuzz);
  if (fresh) ++introduced_today_, e.state.introduced = now;
  asked_lines_[line_of(e)] = e.card->id;
  return e.state.memory;
}

bool Session::undo() {
  if (options_.cram) return false;
  const std::string id = history_.undo(names_, began_);
  Entry* const e = entry(id);
  if (!e) return false;
  const CardState before = history_.states(e->deck->name)[id];
  if (before.memory.phase == Phase::fresh) --introduced_today_, asked_lines_.erase(line_of(*e));
  e->state = before;
  --asked_;
  return true;
}

void Session::suspend(const Asked& asked) {
  history_.suspend(asked.deck->name, *asked.card, true);
  entry(asked.card->id)->state.suspended = true;
}

Counts Session::counts(int64_t now) const {
  const int64_t tonight = day_start(now) + kDay;
  Counts c;
  for (const Entry& e : entries_) {
    const Memory& m = e.state.memory;
    if (e.state.suspended) ++c.suspended;
    else if (m.phase == Phase::fresh) ++c.fresh;
    else if (stepping(m)) ++c.learning;
    else if (m.due < tonight) ++c.due;
  }
  const int64_t let_in = std::clamp<int64_t>(options_.new_a_day - introduced_today_, 0, c.fresh);
  c.later = c.fresh - let_in, c.fresh = let_in;
  return c;
}

int64_t Session::due_by(int64_t time) const {
  return std::ranges::count_if(entries_, [&](const Entry& e) {
    const Memory& m = e.state.memory;
    return !e.state.suspended && m.phase != Phase::fresh && m.due < time;
  });
}

}  // namespace grim::learn
