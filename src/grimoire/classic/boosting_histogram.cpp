#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/classic/boosting_histogram.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/simd-inl.h"

#include "grimoire/classic/boosting_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace grim::tree::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

constexpr int64_t kAhead = 12;  // rows between asking memory for a row and using it

// kQuads fours of columns without a loop, then `rest` columns one by one.
template <int kCell, int kQuads, bool kIndexed> void add_rows(const HistogramWork& w) {
  const hn::CappedTag<float, kCell> d;
  float* const hist = w.cells;
  const int64_t stride = w.columns;
  const int rest = static_cast<int>(w.columns) - 4 * kQuads;
  for (int64_t i = 0; i < w.count; ++i) {
    const int64_t row = kIndexed ? w.rows[i] : w.first + i;
    if constexpr (kIndexed) {
      const int64_t later = w.rows[i + kAhead < w.count ? i + kAhead : i];
      __builtin_prefetch(w.bins + later * stride);
      __builtin_prefetch(w.gh + later * kCell);
    }
    const uint8_t* bin = w.bins + row * stride;
    const auto pair = hn::LoadU(d, w.gh + row * kCell);
    const auto add = [&](int column, uint32_t b) HWY_ATTR {
      float* cell = hist + (static_cast<uint32_t>(column) * static_cast<uint32_t>(kColumnCells<kCell>) + b) * kCell;
      hn::StoreU(hn::Add(hn::LoadU(d, cell), pair), d, cell);
    };
    for (int q = 0; q < kQuads; ++q) {
      uint32_t four;
      __builtin_memcpy(&four, bin + 4 * q, 4);
      add(4 * q, four & 255);
      add(4 * q + 1, four >> 8 & 255);
      add(4 * q + 2, four >> 16 & 255);
      add(4 * q + 3, four >> 24);
    }
    for (int j = 0; j < rest; ++j) add(4 * kQuads + j, bin[4 * kQuads + j]);
  }
}

template <int kCell, bool kIndexed> void add_rows_of(const HistogramWork& w) {
  switch (w.columns / 4) {
    case 0: return add_rows<kCell, 0, kIndexed>(w);
    case 1: return add_rows<kCell, 1, kIndexed>(w);
    case 2: return add_rows<kCell, 2, kIndexed>(w);
    case 3: return add_rows<kCell, 3, kIndexed>(w);
    case 4: return add_rows<kCell, 4, kIndexed>(w);
    case 5: return add_rows<kCell, 5, kIndexed>(w);
    case 6: return add_rows<kCell, 6, kIndexed>(w);
    case 7: return add_rows<kCell, 7, kIndexed>(w);
    default: return add_rows<kCell, 8, kIndexed>(w);
  }
}

}  // namespace

void add_to_histogram(const HistogramWork& w) {
  if (w.cell == 2) w.rows ? add_rows_of<2, true>(w) : add_rows_of<2, false>(w);
  else w.rows ? add_rows_of<4, true>(w) : add_rows_of<4, false>(w);
}

}  // namespace grim::tree::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <numeric>

#include "grimoire/classic/boosting_histogram.h"
#include "grimoire/device/threads.h"

namespace grim::tree {
HWY_EXPORT(add_to_histogram);

Histograms::Histograms(const Bins& bins, std::vector<int64_t> columns, bool counts)
    : bins_(bins), columns_(std::move(columns)), counts_(counts) {
  offset_.push_back(0);
  for (int64_t c : columns_) offset_.push_back(offset_.back() + static_cast<size_t>(bins.columns[static_cast<size_t>(c)].total()));
  const int64_t P = this->columns(), N = bins.rows;
  packed_ = Tensor::empty({std::max<int64_t>(1, P * N)}, Dtype::u8);
  uint8_t* packed = packed_.data<uint8_t>();
  const int64_t group_count = (P + kGroup - 1) / kGroup;
  for (int64_t i = 0; i < group_count; ++i) {  // groups of even width
    const int64_t first = P * i / group_count, end = P * (i + 1) / group_count;
    groups_.push_back({first, end - first, packed + first * N});
  }
  constexpr int64_t kRows = 4096;
  const int64_t blocks = (N + kRows - 1) / kRows;
  device::for_chunks(group_count * blocks, [&](int64_t task) {
    const Group& g = groups_[static_cast<size_t>(task / blocks)];
    const int64_t begin = task % blocks * kRows, end = std::min(N, begin + kRows);
    const uint8_t* in[kGroup];
    for (int64_t j = 0; j < g.columns; ++j) in[j] = bins_.column(column(g.first_slot + j));
    interleave(in, g.columns, begin, end, packed + g.first_slot * N, g.columns);
  });
}

void Histograms::build(const float* gh, std::span<const uint32_t> rows, double* out) {
  const int64_t n = static_cast<int64_t>(rows.size());
  const bool all = n == bins_.rows;  // rows rise, so these are 0 .. n - 1
  const int64_t chunks = std::max<int64_t>(1, (n + kChunk - 1) / kChunk), groups = static_cast<int64_t>(groups_.size());
  const int64_t column_numbers = width() * (counts_ ? kColumnCells<4> : kColumnCells<2>), block = kGroup * column_numbers;
  if (!partial_.defined() || partial_.numel() < chunks * groups * block) partial_ = Tensor::empty({chunks * groups * block});
  float* partial = partial_.data<float>();
  device::for_chunks(chunks * groups, [&](int64_t task) {
    const int64_t chunk = task / groups;
    const Group& g = groups_[static_cast<size_t>(task % groups)];
    float* cells = partial + task * block;
    for (int64_t j = 0; j < g.columns; ++j)
      std::fill_n(cells + j * column_numbers, bins_.columns[static_cast<size_t>(column(g.first_slot + j))].total() * width(), 0.0f);
    const int64_t begin = chunk * kChunk, count = std::min(n - begin, kChunk);
    const HistogramWork work{g.cells, g.columns, all ? nullptr : rows.data() + begin, begin, count, gh, width(), cells};
    HWY_DYNAMIC_DISPATCH(add_to_histogram)(work);
  });
  device::parallel_for(this->columns(), 8, [&](int64_t first, int64_t last) {
    for (int64_t slot = first; slot < last; ++slot) {
      size_t group = 0;
      while (group + 1 < groups_.size() && groups_[group + 1].first_slot <= slot) ++group;
      const int64_t place = static_cast<int64_t>(group) * block + (slot - groups_[group].first_slot) * column_numbers;
      const size_t numbers = (offset_[static_cast<size_t>(slot) + 1] - offset_[static_cast<size_t>(slot)]) * static_cast<size_t>(width());
      double* sum = out + offset_[static_cast<size_t>(slot)] * static_cast<size_t>(width());
      for (size_t i = 0; i < numbers; ++i) sum[i] = partial[place + static_cast<int64_t>(i)];
      for (int64_t chunk = 1; chunk < chunks; ++chunk) {
        const float* part = partial + chunk * groups * block + place;
        for (size_t i = 0; i < numbers; ++i) sum[i] += part[i];
      }
    }
  });
}

}  // namespace grim::tree
#endif
