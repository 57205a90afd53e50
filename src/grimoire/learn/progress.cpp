#include "grimoire/learn/progress.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

// The learning day that the time falls in, by the calendar of this place.
std::string day_of(int64_t time) {
  const auto seconds = static_cast<std::time_t>(day_start(time) / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  return str("{:04d}-{:02d}-{:02d}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

double tenths(double value) { return std::round(10 * value) / 10; }

std::vector<report::Value> row(const std::string& question, const CardState& state, const std::string& what) {
  const Memory& m = state.memory;
  const bool fresh = m.phase == Phase::fresh;
  return {question, what, fresh ? "-" : day_of(m.due), fresh ? report::Value("-") : report::Value(tenths(m.stability)), static_cast<double>(m.lapses)};
}

struct Tally {
  int64_t reviews = 0, today = 0, mature = 0, recalled = 0;  // mature: of cards past learning
  double predicted = 0;                                      // sum of the chances
  std::vector<double> due = std::vector<double>(14, 0);      // by day
  struct Hard {
    std::string question;
    Memory memory;
  };
  std::vector<Hard> hard;
};

Tally tally_of(const std::vector<Deck>& decks, History& history, int64_t today) {
  Tally t;
  for (const Deck& d : decks) {
    for (const Review& v : history.reviews(d.key)) {
      ++t.reviews, t.today += v.time >= today;
      if (v.phase != Phase::review) continue;
      ++t.mature, t.recalled += v.grade != Grade::again, t.predicted += v.recall;
    }
    const auto states = history.states(d.key);
    for (const Card& c : d.cards) {
      const auto s = states.find(c.id);
      if (s == states.end() || s->second.suspended || s->second.memory.phase == Phase::fresh) continue;
      const auto day = static_cast<size_t>(std::max<int64_t>(0, (s->second.memory.due - today) / kDay));
      if (day < t.due.size()) ++t.due[day];
      t.hard.push_back({c.question, s->second.memory});
    }
  }
  std::ranges::stable_sort(t.hard, [](const Memory& a, const Memory& b) { return std::pair(a.lapses, a.difficulty) > std::pair(b.lapses, b.difficulty); },
                           &Tally::Hard::memory);
  return t;
}

}  // namespace

report::Report cards_of(const std::vector<Deck>& decks, History& history) {
  report::Report r;
  for (const Deck& d : decks) {
    report::Table t{{"card", "state", "due", "stability", "lapses"}, {}};
    auto states = history.states(d.key);
    for (const Card& c : d.cards) {
      const auto known = states.extract(c.id);
      const CardState state = known ? known.mapped() : CardState{};
      t.rows.push_back(row(c.question, state, state.suspended ? "put aside" : name_of(state.memory.phase)));
    }
    std::vector<CardState> gone;
    for (auto& [id, state] : states) gone.push_back(std::move(state));
    std::ranges::sort(gone, {}, &CardState::question);
    for (const CardState& state : gone) t.rows.push_back(row(state.question, state, "gone from the file"));
    r.blocks.push_back(report::Heading{str("{} ({})", d.name, counted_cards(d))});
    r.blocks.push_back(std::move(t));
  }
  return r;
}

report::Report statistics(const std::vector<Deck>& decks, History& history, int64_t now) {
  const Tally tally = tally_of(decks, history, day_start(now));
  report::Report r;
  r.blocks.push_back(report::Figure{"reviews", static_cast<double>(tally.reviews)});
  r.blocks.push_back(report::Figure{"reviews today", static_cast<double>(tally.today)});
  if (tally.mature > 0) {
    const auto mature = static_cast<double>(tally.mature);
    r.blocks.push_back(report::Figure{"recalled, of cards past learning", static_cast<double>(tally.recalled) / mature});
    r.blocks.push_back(report::Figure{"the chance that was predicted", tally.predicted / mature});
  }
  report::Bars bars{"due in the next days", {}, tally.due};
  for (size_t i = 0; i < tally.due.size(); ++i) bars.labels.push_back(i == 0 ? "today" : str("+{}", i));
  r.blocks.push_back(std::move(bars));
  report::Table t{{"hardest cards", "lapses", "difficulty"}, {}};
  for (size_t i = 0; i < tally.hard.size() && i < 5; ++i)
    t.rows.push_back({tally.hard[i].question, static_cast<double>(tally.hard[i].memory.lapses), tenths(tally.hard[i].memory.difficulty)});
  if (!tally.hard.empty()) r.blocks.push_back(std::move(t));
  return r;
}

}  // namespace grim::learn
