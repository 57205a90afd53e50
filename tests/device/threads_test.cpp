#include "grimoire/device/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim::device {
namespace {

TEST(Threads, EveryChunkOnce) {
  for (int count : {1, 2, 5}) {
    set_thread_cap(count);
    for (int64_t chunks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(chunks));
      for_chunks(chunks, [&](int64_t c) { ++seen[static_cast<size_t>(c)]; });
      for (const auto& s : seen) ASSERT_EQ(s, 1);
    }
  }
  set_thread_cap(0);
}

TEST(Threads, ManyShortRegions) {
  set_thread_cap(3);
  std::atomic<int64_t> sum{0};
  for (int i = 0; i < 20000; ++i) for_chunks(4, [&](int64_t c) { sum += c; });
  EXPECT_EQ(sum, 20000 * 6);
  set_thread_cap(0);
}

TEST(Threads, ExceptionsComeBackAndThePoolLivesOn) {
  set_thread_cap(2);
  EXPECT_THROW(for_chunks(100, [](int64_t c) { if (c == 50) throw std::runtime_error("chunk 50"); }), std::runtime_error);
  std::atomic<int> seen{0};
  for_chunks(10, [&](int64_t) { ++seen; });
  EXPECT_EQ(seen, 10);
  set_thread_cap(0);
}

TEST(Threads, ACapHoldsForItsOwnThreadAndItsTime) {
  const auto who = [] {  // took part in a region of slow chunks
    std::mutex mutex;
    std::set<std::thread::id> ids;
    for_chunks(64, [&](int64_t) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      const std::lock_guard lock(mutex);
      ids.insert(std::this_thread::get_id());
    });
    return ids.size();
  };
  const auto most = [&](size_t expected) {  // of many regions: a thread that wakes late may miss one, and none may come uncalled
    size_t n = 0;
    for (int i = 0; i < 1000 && n < expected; ++i) n = std::max(n, who());
    return n;
  };
  set_thread_cap(5);
  EXPECT_EQ(most(5), 5u);
  {
    const ThreadCap cap(3);
    EXPECT_EQ(threads(), 3);
    for (int i = 0; i < 20; ++i) EXPECT_LE(who(), 3u);  // of the same pool; those left out stay out
    EXPECT_EQ(most(3), 3u);
    {
      const ThreadCap one(1);
      EXPECT_EQ(who(), 1u);
    }
    int elsewhere = 0;
    std::thread([&] { elsewhere = threads(); }).join();
    set_thread_cap(0);
    EXPECT_EQ(elsewhere, threads());  // another thread knows nothing of these
  }
  EXPECT_EQ(threads(), 5);
  EXPECT_EQ(most(5), 5u);
  set_thread_cap(0);
}

TEST(Threads, NestedRegionsRunInPlace) {
  set_thread_cap(2);
  std::atomic<int> seen{0};
  for_chunks(4, [&](int64_t) { for_chunks(4, [&](int64_t) { ++seen; }); });
  EXPECT_EQ(seen, 16);
  set_thread_cap(0);
}

TEST(Threads, PiecesCoverTheRangeByGrain) {
  std::atomic<int64_t> total{0};
  parallel_for(10, 4, [&](int64_t b, int64_t e) { EXPECT_EQ(b % 4, 0); total += e - b; });
  EXPECT_EQ(total, 10);
  EXPECT_THROW(set_thread_cap(-1), Error);
}

}  // namespace
}  // namespace grim::device
