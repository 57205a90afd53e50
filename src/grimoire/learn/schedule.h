// When a card comes back. FSRS-6 models a memory by its stability S (days until the chance of recall has fallen to 90 %) and its difficulty
// D (1 to 10), and asks again when the chance is down to the wanted retention; SM-2 multiplies intervals by an ease. Time is in
// milliseconds since 1970 UTC, whole days in FSRS are multiples of 24 hours.
// Sources: open-spaced-repetition/py-fsrs, fsrs/scheduler.py, version 6.3; Wozniak 1990, algorithm SM-2.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grim::learn {

inline constexpr int64_t kDay = 86'400'000;  // ms

enum class Grade : uint8_t { again = 1, hard, good, easy };
enum class Phase : uint8_t { fresh, learning, review, relearning };

struct Memory {
  Phase phase = Phase::fresh;
  int step = 0;            // of the learning or relearning steps
  double stability = 0;    // days (FSRS)
  double difficulty = 0;   // 1 to 10 (FSRS)
  double ease = 2.5;       // at least 1.3 (SM-2)
  int repetitions = 0;     // recalled in a row (SM-2)
  int64_t interval = 0;    // ms from the last review to the next
  int64_t last_review = 0, due = 0;
  int reviews = 0, lapses = 0;
};

enum class Algorithm : uint8_t { fsrs, sm2 };

struct Schedule {
  Algorithm algorithm = Algorithm::fsrs;
  std::array<double, 21> w = {0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
                              1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542};
  double retention = 0.9;
  std::vector<int64_t> learning_steps = {60'000, 600'000}, relearning_steps = {600'000};  // ms
  int64_t longest = 36500;  // days
  int leech = 8;            // lapses at which a card is put aside, once; 0: never
};

// The memory after a review. `fuzz` in [0, 1) spreads intervals from 2.5 days up over a range about them, so that cards learned together
// part; negative: none.
Memory reviewed(const Schedule& schedule, const Memory& memory, Grade grade, int64_t now, double fuzz = -1);
// The chance of recalling it now (FSRS); 0 for what was never reviewed.
double recall_chance(const Schedule& schedule, const Memory& memory, int64_t now);

const char* name_of(Grade grade);
const char* name_of(Phase phase);
std::string duration_text(int64_t milliseconds);  // "10 min", "3 days", "1.4 months"

}  // namespace grim::learn
