#include "grimoire/device/threads.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim::device {
namespace {

TEST(Threads, EveryChunkOnce) {
  for (int count : {1, 2, 5}) {
    set_threads(count);
    for (int64_t chunks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(chunks));
      for_chunks(chunks, [&](int64_t c) { ++seen[static_cast<size_t>(c)]; });
      for (const auto& s : seen) ASSERT_EQ(s, 1);
    }
  }
  set_threads(0);
}

TEST(Threads, ManyShortRegions) {
  set_threads(3);
  std::atomic<int64_t> sum{0};
  for (int i = 0; i < 20000; ++i) for_chunks(4, [&](int64_t c) { sum += c; });
  EXPECT_EQ(sum, 20000 * 6);
  set_threads(0);
}

TEST(Threads, ExceptionsComeBackAndThePoolLivesOn) {
  set_threads(2);
  EXPECT_THROW(for_chunks(100, [](int64_t c) { if (c == 50) throw std::runtime_error("chunk 50"); }), std::runtime_error);
  std::atomic<int> seen{0};
  for_chunks(10, [&](int64_t) { ++seen; });
  EXPECT_EQ(seen, 10);
  set_threads(0);
}

TEST(Threads, NestedRegionsRunInPlace) {
  set_threads(2);
  std::atomic<int> seen{0};
  for_chunks(4, [&](int64_t) { for_chunks(4, [&](int64_t) { ++seen; }); });
  EXPECT_EQ(seen, 16);
  set_threads(0);
}

TEST(Threads, PiecesCoverTheRangeByGrain) {
  std::atomic<int64_t> total{0};
  parallel_for(10, 4, [&](int64_t b, int64_t e) { EXPECT_EQ(b % 4, 0); total += e - b; });
  EXPECT_EQ(total, 10);
  EXPECT_THROW(set_threads(-1), Error);
}

}  // namespace
}  // namespace grim::device
