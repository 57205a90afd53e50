#include "grimoire/classic/boosting_sparse.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "grimoire/device/threads.h"

namespace grim::tree {
namespace {

constexpr int64_t kRows = 4096;  // a block: its rows' counts and places stay in the first-level cache

}  // namespace

UsualBin usual_bin(const Bins& bins, int64_t column) {
  const uint8_t* cell = bins.column(column);
  const int64_t looks = std::min<int64_t>(bins.rows, 4096);
  std::array<int64_t, 256> seen{};
  for (int64_t i = 0; i < looks; ++i) ++seen[cell[i * bins.rows / looks]];
  const auto most = std::max_element(seen.begin(), seen.end());
  return {static_cast<uint8_t>(most - seen.begin()), static_cast<double>(*most) / static_cast<double>(std::max<int64_t>(1, looks))};
}

CellLists::CellLists(const Bins& bins, std::span<const int64_t> columns, std::span<const uint8_t> usual,
                     std::span<const uint32_t> first_cell) {
  const int64_t N = bins.rows, blocks = (N + kRows - 1) / kRows;
  start_.resize(static_cast<size_t>(N) + 1);
  const auto for_blocks = [&](auto&& f) {
    device::for_chunks(blocks, [&](int64_t block) { f(block * kRows, std::min(kRows, N - block * kRows)); });
  };
  for_blocks([&](int64_t begin, int64_t count) {
    std::array<uint16_t, kRows> others{};
    for (size_t j = 0; j < columns.size(); ++j) {
      const uint8_t *cell = bins.column(columns[j]) + begin, most = usual[j];
      for (int64_t r = 0; r < count; ++r) others[static_cast<size_t>(r)] += cell[r] != most;
    }
    for (int64_t r = 0; r < count; ++r) start_[static_cast<size_t>(begin + r) + 1] = (others[static_cast<size_t>(r)] + 3) / 4;
  });
  std::partial_sum(start_.begin(), start_.end(), start_.begin());
  cells_ = std::make_unique_for_overwrite<uint16_t[]>(static_cast<size_t>(4 * start_.back()));
  for_blocks([&](int64_t begin, int64_t count) {
    std::array<uint16_t*, kRows> next;
    for (int64_t r = 0; r < count; ++r) next[static_cast<size_t>(r)] = cells_.get() + 4 * start_[static_cast<size_t>(begin + r)];
    for (size_t j = 0; j < columns.size(); ++j) {
      const uint8_t *cell = bins.column(columns[j]) + begin, most = usual[j];
      const uint64_t eight_usual = most * 0x0101010101010101u;
      for (int64_t r = 0; r < count; r += 8) {
        const int64_t end = std::min(r + 8, count);
        uint64_t eight = ~eight_usual;
        if (end == r + 8) std::memcpy(&eight, cell + r, 8);
        if (eight == eight_usual) continue;
        for (int64_t i = r; i < end; ++i)
          if (cell[i] != most) *next[static_cast<size_t>(i)]++ = static_cast<uint16_t>(first_cell[j] + cell[i]);
      }
    }
    for (int64_t r = 0; r < count; ++r) {
      uint16_t *at = next[static_cast<size_t>(r)], *end = cells_.get() + 4 * start_[static_cast<size_t>(begin + r) + 1];
      for (uint32_t spare = first_cell.back(); at < end; ++at, ++spare) *at = static_cast<uint16_t>(spare);
    }
  });
}

}  // namespace grim::tree
