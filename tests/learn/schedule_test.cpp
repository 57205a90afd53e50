#include "grimoire/learn/schedule.h"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

constexpr int64_t kMinute = 60'000, kDay = 86'400'000;

// tools/golden/schedule.py: 10,000 random sequences as py-fsrs plans them.
TEST(Fsrs, IntervalsEqualPyFsrs) {
  std::istringstream lines(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/schedule.txt"));
  const Schedule schedule;
  uint64_t k = 0;
  for (std::string line; std::getline(lines, line); ++k) {
    uint64_t x = k;
    const auto draw = [&] { return static_cast<int64_t>((x = x * 6364136223846793005u + 1442695040888963407u) >> 33); };
    Memory m;
    int64_t now = 1'767'225'600'000;
    std::string intervals;
    for (int64_t left = 2 + draw() % 10; left > 0; --left) {
      m = reviewed(schedule, m, static_cast<Grade>(1 + draw() % 4), now);
      intervals += str("{} ", m.interval / 1000);
      const int64_t kind = draw() % 8;
      now = kind == 0 ? now + draw() % 2000 * kMinute : kind == 1 ? now + draw() % 400 * kDay : m.due;
    }
    uint32_t hash = 2166136261u;
    for (unsigned char c : intervals) hash = (hash ^ c) * 16777619u;
    std::istringstream fields(line);
    std::string want;
    double stability, difficulty;
    fields >> want >> stability >> difficulty;
    ASSERT_EQ(str("{:08x}", hash), want) << "sequence " << k << ": " << intervals << "expected" << line.substr(want.size());
    EXPECT_NEAR(m.stability, stability, 1e-8 * stability) << k;
    EXPECT_NEAR(m.difficulty, difficulty, 1e-8 * difficulty) << k;
  }
  EXPECT_EQ(k, 10000u);
}

// The vectors of py-fsrs's own test: each review on its due time.
TEST(Fsrs, GoodGoodAgain) {
  Memory m;
  int64_t now = 0;
  std::vector<int64_t> days;
  for (int g : {3, 3, 3, 3, 3, 3, 1, 1, 3, 3, 3, 3, 3}) {
    m = reviewed({}, m, static_cast<Grade>(g), now);
    now = m.due;
    days.push_back(m.interval / kDay);
  }
  EXPECT_EQ(days, (std::vector<int64_t>{0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21}));
  EXPECT_EQ(m.lapses, 1);
}

TEST(Fsrs, TheWantedRetentionSetsTheInterval) {
  Schedule s;
  Memory m = reviewed(s, {}, Grade::easy, 0);
  EXPECT_EQ(m.interval, 8 * kDay);
  EXPECT_NEAR(recall_chance(s, m, 8 * kDay), 0.9, 0.005);
  s.retention = 0.8;
  EXPECT_GT(reviewed(s, {}, Grade::easy, 0).interval, m.interval);
  s.longest = 5;
  EXPECT_EQ(reviewed(s, {}, Grade::easy, 0).interval, 5 * kDay);
}

TEST(Fsrs, FuzzStaysInItsRange) {
  const Schedule s;
  Memory m = reviewed(s, {}, Grade::easy, 0);
  const Memory plain = reviewed(s, m, Grade::good, m.due);
  int64_t low = INT64_MAX, high = 0;
  for (double u = 0; u < 1; u += 0.01) {
    const int64_t days = reviewed(s, m, Grade::good, m.due, u).interval / kDay;
    low = std::min(low, days), high = std::max(high, days);
  }
  const double days = static_cast<double>(plain.interval / kDay), delta = 1 + 0.15 * 4.5 + 0.1 * 13 + 0.05 * (days - 20);
  EXPECT_EQ(low, std::llrint(days - delta));
  EXPECT_EQ(high, std::llrint(days + delta));
}

// Wozniak's intervals: 1, 6, then times the ease, fractions up; quality 4 leaves the ease.
TEST(Sm2, Intervals) {
  const Schedule s{.algorithm = Algorithm::sm2};
  Memory m;
  int64_t now = 0;
  std::vector<int64_t> days;
  for (int i = 0; i < 4; ++i) {
    m = reviewed(s, m, Grade::good, now);
    now = m.due;
    days.push_back(m.interval / kDay);
  }
  EXPECT_EQ(days, (std::vector<int64_t>{1, 6, 15, 38}));
  EXPECT_DOUBLE_EQ(m.ease, 2.5);
  m = reviewed(s, m, Grade::again, now);  // starts over, and is repeated the same day until it is known
  EXPECT_LT(m.interval, kDay);
  EXPECT_NEAR(m.ease, 2.5 + 0.1 - 3 * (0.08 + 3 * 0.02), 1e-12);
  m = reviewed(s, m, Grade::good, m.due);
  EXPECT_EQ(m.interval, kDay);
  for (int i = 0; i < 20; ++i) m = reviewed(s, m, Grade::hard, m.due), m = reviewed(s, m, Grade::good, m.due);
  EXPECT_DOUBLE_EQ(m.ease, 1.3);
}

}  // namespace
}  // namespace grim::learn
