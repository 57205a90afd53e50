#include "grimoire/device/memory.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "grimoire/base/error.h"
#include "grimoire/device/memory_trace.h"
#include "grimoire/device/size_class.h"

namespace grim::device {
namespace {

TEST(Memory, BlocksAreAlignedApartAndReused) {
  std::vector<std::pair<char*, size_t>> blocks;
  for (size_t bytes = 0; bytes < 70000; bytes += 1 + bytes / 3) {
    char* p = static_cast<char*>(allocate(bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % kAlignment, 0u) << bytes;
    std::memset(p, static_cast<int>(blocks.size()), bytes);
    blocks.emplace_back(p, bytes);
  }
  for (size_t i = 0; i < blocks.size(); ++i)
    for (size_t k = 0; k < blocks[i].second; ++k) ASSERT_EQ(blocks[i].first[k], static_cast<char>(i)) << blocks[i].second;
  for (const auto& [p, bytes] : blocks) release(p, bytes);
}

TEST(Memory, CountsWhatIsLiveAndItsPeak) {
  const int64_t before = memory_use().live_bytes;
  reset_peak();
  void* a = allocate(1 << 20);
  void* b = allocate(1 << 20);
  release(a, 1 << 20);
  EXPECT_EQ(memory_use().live_bytes, before + (1 << 20));
  EXPECT_EQ(memory_use().peak_bytes, before + (2 << 20));
  release(b, 1 << 20);
  EXPECT_EQ(memory_use().live_bytes, before);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // where the pool is plain malloc
// Blocks of many sizes, a few of which live at once, in a process of its own; 0 when the trace has taken what the pool has.
int trace_a_fresh_pool() {
  MemoryTrace trace;
  {
    const MemoryRecorder recorder(trace);
    std::vector<std::pair<void*, size_t>> live;
    uint64_t state = 1;
    for (int i = 0; i < 20000; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const size_t bytes = (state >> 33) % (size_t{1} << (6 + (state >> 20) % 18));
      live.emplace_back(allocate(bytes), bytes);
      if (live.size() < 40) continue;
      const size_t k = (state >> 12) % live.size();
      release(live[k].first, live[k].second);
      live.erase(live.begin() + static_cast<int64_t>(k));
    }
  }
  const auto pages = static_cast<int64_t>(std::ceil(trace.bytes() / static_cast<double>(kHugePage)));
  return pages > 20 && pages * static_cast<int64_t>(kHugePage) == memory_use().committed_bytes ? 0 : 1;
}

TEST(MemoryTrace, FindsWhatThePoolTakes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // starts anew
  EXPECT_EXIT(_exit(trace_a_fresh_pool()), testing::ExitedWithCode(0), "");
}
#endif

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(Memory, LargeBlocksServeThoseALittleSmaller) {
  constexpr size_t kLarge = 9 << 20, kSmaller = 7 << 20, kMuchSmaller = 5 << 20;
  void* const large = allocate(kLarge);
  release(large, kLarge);
  void* const smaller = allocate(kSmaller);
  EXPECT_EQ(smaller, large);
  void* const other = allocate(kSmaller);
  EXPECT_NE(other, large);
  release(smaller, kSmaller);
  void* const again = allocate(kLarge);  // it is as large as it was
  EXPECT_EQ(again, large);
  release(again, kLarge);
  void* const much_smaller = allocate(kMuchSmaller);
  EXPECT_NE(much_smaller, large);
  release(other, kSmaller);
  release(much_smaller, kMuchSmaller);
}
#endif

TEST(MemoryTrace, HoldsBlocksOfItsTimeAlone) {
  void* const before = allocate(5000);
  MemoryTrace trace;
  void* kept = nullptr;
  {
    const MemoryRecorder recorder(trace);
    void* const a = allocate(100);
    release(before, 5000);
    kept = allocate(3000);
    release(a, 100);
  }
  release(kept, 3000);
  EXPECT_EQ(trace.sizes, (std::vector<double>{100, 3000}));
  EXPECT_EQ(trace.events, (std::vector<int64_t>{0, 1, ~0}));
}

TEST(MemoryTrace, CountsAClassAsOftenAsItLives) {
  const MemoryTrace trace{.sizes = {64, 60, 64, 1e30}, .events = {0, 1, ~0, 2, ~1, ~2, 3}};
  EXPECT_EQ(trace.bytes(1), 64);
  EXPECT_EQ(trace.bytes(6), 128);
  EXPECT_EQ(trace.bytes(), 1e30) << "beyond any machine, and no overflow";
}

TEST(Memory, TheLimitIsAnErrorThatSaysHowMuch) {
  try {
    allocate(size_t{1} << 43);
    FAIL();
  } catch (const OutOfMemory& e) {
    EXPECT_EQ(e.kind(), ErrorKind::resource);
    EXPECT_EQ(std::string_view(e.what()).substr(0, 9), "[memory] ");
  }
}

}  // namespace
}  // namespace grim::device
