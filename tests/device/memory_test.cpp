#include "grimoire/device/memory.h"

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

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

TEST(Memory, TheLimitIsAnErrorThatSaysHowMuch) {
  try {
    allocate(size_t{1} << 43);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::resource);
  }
}

}  // namespace
}  // namespace grim::device
