#include "grimoire/learn/schedule.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

// The formulas of FSRS-6, in the order of its weights.
struct Fsrs {
  const Schedule& s;
  const std::array<double, 21>& w = s.w;

  double factor() const { return std::pow(0.9, -1 / w[20]) - 1; }
  double recall(double days, double stability) const { return std::pow(1 + factor() * days / stability, -w[20]); }
  int64_t days_until_retention(double stability) const {
    const double days = stability / factor() * (std::pow(s.retention, -1 / w[20]) - 1);
    return std::clamp<int64_t>(std::llrint(std::min(days, 1e9)), 1, s.longest);
  }
  double first_stability(Grade g) const { return std::max(w[static_cast<size_t>(g) - 1], 0.001); }
  double first_difficulty(Grade g) const { return w[4] - std::exp(w[5] * (static_cast<double>(g) - 1)) + 1; }
  double next_difficulty(double d, Grade g) const {
    const double change = -w[6] * (static_cast<double>(g) - 3), damped = d + (10 - d) * change / 9;
    return std::clamp(w[7] * first_difficulty(Grade::easy) + (1 - w[7]) * damped, 1.0, 10.0);
  }
  double same_day(double stability, Grade g) const {
    double growth = std::exp(w[17] * (static_cast<double>(g) - 3 + w[18])) * std::pow(stability, -w[19]);
    if (g != Grade::again) growth = std::max(growth, 1.0);
    return std::max(stability * growth, 0.001);
  }
  double later(double d, double stability, double r, Grade g) const {
    if (g == Grade::again) {
      const double forgotten = w[11] * std::pow(d, -w[12]) * (std::pow(stability + 1, w[13]) - 1) * std::exp((1 - r) * w[14]);
      return std::max(std::min(forgotten, stability / std::exp(w[17] * w[18])), 0.001);
    }
    const double bonus = g == Grade::hard ? w[15] : g == Grade::easy ? w[16] : 1;
    return std::max(stability * (1 + std::exp(w[8]) * (11 - d) * std::pow(stability, -w[9]) * (std::exp((1 - r) * w[10]) - 1) * bonus), 0.001);
  }
};

// Python's round of the ends, and a place between them.
int64_t fuzzed(int64_t days, double u, int64_t longest) {
  if (u < 0 || static_cast<double>(days) < 2.5) return days;
  constexpr struct { double start, end, share; } kRanges[] = {{2.5, 7, 0.15}, {7, 20, 0.1}, {20, INFINITY, 0.05}};
  double delta = 1;
  for (const auto& r : kRanges) delta += r.share * std::max(std::min(static_cast<double>(days), r.end) - r.start, 0.0);
  const int64_t high = std::min<int64_t>(std::llrint(static_cast<double>(days) + delta), longest);
  const int64_t low = std::min(std::max<int64_t>(2, std::llrint(static_cast<double>(days) - delta)), high);
  return std::min(low + static_cast<int64_t>(u * static_cast<double>(high - low + 1)), longest);
}

// In the steps of learning or relearning: the wait, or -1 when they are through.
int64_t next_step(const std::vector<int64_t>& steps, int& step, Grade g) {
  const auto count = static_cast<int>(steps.size());
  if (count == 0 || (step >= count && g != Grade::again) || g == Grade::easy) return -1;
  if (g == Grade::again) return steps[static_cast<size_t>(step = 0)];
  if (g == Grade::hard) {
    if (step > 0) return steps[static_cast<size_t>(step)];
    return count == 1 ? steps[0] * 3 / 2 : (steps[0] + steps[1]) / 2;
  }
  return ++step == count ? -1 : steps[static_cast<size_t>(step)];
}

Memory by_fsrs(const Schedule& s, Memory m, Grade g, int64_t now, double fuzz) {
  const Fsrs f{s};
  const bool fresh = m.phase == Phase::fresh;
  const int64_t days = fresh ? 0 : (now - m.last_review) / kDay;
  if (fresh) {
    m.stability = f.first_stability(g);
    m.difficulty = std::clamp(f.first_difficulty(g), 1.0, 10.0);
    m.phase = Phase::learning;
  } else {
    m.stability = days < 1 ? f.same_day(m.stability, g) : f.later(m.difficulty, m.stability, recall_chance(s, m, now), g);
    m.difficulty = f.next_difficulty(m.difficulty, g);
  }
  int64_t wait = -1;
  if (m.phase == Phase::review) {
    if (g == Grade::again && !s.relearning_steps.empty()) m.phase = Phase::relearning, m.step = 0, wait = s.relearning_steps[0];
  } else {
    wait = next_step(m.phase == Phase::learning ? s.learning_steps : s.relearning_steps, m.step, g);
    if (wait < 0) m.phase = Phase::review;
  }
  if (wait < 0) wait = fuzzed(f.days_until_retention(m.stability), fuzz, s.longest) * kDay, m.step = 0;
  m.interval = wait;
  return m;
}

// Grades are the answers' quality 2 to 5. What scored below 4 is repeated the same day until it scores 4, without further effect.
Memory by_sm2(const Schedule& s, Memory m, Grade g, int64_t repeat) {
  const double q = static_cast<double>(g) + 1;
  const auto planned = [&] {
    const double days = m.repetitions <= 1 ? 1 : m.repetitions == 2 ? 6 : std::ceil(m.stability);
    return static_cast<int64_t>(std::min(days, static_cast<double>(s.longest))) * kDay;
  };
  if (m.phase != Phase::relearning) {
    const double before = m.repetitions <= 1 ? 1 : m.repetitions == 2 ? 6 : m.stability;
    m.ease = std::max(1.3, m.ease + 0.1 - (5 - q) * (0.08 + (5 - q) * 0.02));
    if (q < 3) m.repetitions = 1, m.stability = 1;
    else if (++m.repetitions > 2) m.stability = before * m.ease;
  }
  m.phase = q < 4 ? Phase::relearning : Phase::review;
  m.interval = q < 4 ? repeat : planned();
  return m;
}

}  // namespace

double recall_chance(const Schedule& schedule, const Memory& memory, int64_t now) {
  if (memory.phase == Phase::fresh || memory.stability <= 0) return 0;
  return Fsrs{schedule}.recall(static_cast<double>(std::max<int64_t>(0, now - memory.last_review) / kDay), memory.stability);
}

Memory reviewed(const Schedule& schedule, const Memory& memory, Grade grade, int64_t now, double fuzz) {
  constexpr int64_t kRepeat = 600'000;
  Memory m = schedule.algorithm == Algorithm::fsrs ? by_fsrs(schedule, memory, grade, now, fuzz) : by_sm2(schedule, memory, grade, kRepeat);
  ++m.reviews;
  m.lapses += memory.phase == Phase::review && grade == Grade::again;
  m.last_review = now;
  m.due = now + m.interval;
  return m;
}

const char* name_of(Grade grade) {
  constexpr const char* kNames[] = {"", "again", "hard", "good", "easy"};
  return kNames[static_cast<size_t>(grade)];
}
const char* name_of(Phase phase) {
  constexpr const char* kNames[] = {"new", "learning", "review", "relearning"};
  return kNames[static_cast<size_t>(phase)];
}

std::string duration_text(int64_t milliseconds) {
  const double minutes = static_cast<double>(milliseconds) / 60'000, days = minutes / 1440;
  if (minutes < 60) return str("{:.0f} min", minutes);
  if (days < 1) return str("{:.0f} h", minutes / 60);
  if (days < 31) return str("{:.0f} day{}", days, days < 1.5 ? "" : "s");
  if (days < 365) return str("{:.1f} months", days / 30.44);
  return str("{:.1f} years", days / 365.25);
}

}  // namespace grim::learn
