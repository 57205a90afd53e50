#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/classic/boosting_kernel.cpp"
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

// The cells that rows list, four at a time. Rows are taken one after the other, so a cell is not asked for again soon after it was
// written: no load waits for a store.
template <int kCell, bool kIndexed> void add_lists_of(const ListWork& w) {
  const hn::CappedTag<float, kCell> d;
  float* const hist = w.cells;
  for (int64_t i = 0; i < w.count; ++i) {
    const int64_t row = kIndexed ? w.rows[i] : w.first + i;
    if constexpr (kIndexed) {
      const int64_t later = w.rows[i + kAhead < w.count ? i + kAhead : i];
      __builtin_prefetch(w.start + w.rows[i + 2 * kAhead < w.count ? i + 2 * kAhead : i]);
      const uint16_t *begin = w.lists + 4 * w.start[later], *last = w.lists + 4 * w.start[later + 1];
      for (const uint16_t* line = begin; line < last; line += 32) __builtin_prefetch(line);
      __builtin_prefetch(w.gh + later * kCell);
    }
    const auto pair = hn::LoadU(d, w.gh + row * kCell);
    const auto add = [&](uint64_t place) HWY_ATTR {
      float* cell = hist + place * kCell;
      hn::StoreU(hn::Add(hn::LoadU(d, cell), pair), d, cell);
    };
    const uint16_t *at = w.lists + 4 * w.start[row], *end = w.lists + 4 * w.start[row + 1];
    for (; at != end; at += 4) {
      uint64_t four;
      __builtin_memcpy(&four, at, 8);
      add(four & 65535);
      add(four >> 16 & 65535);
      add(four >> 32 & 65535);
      add(four >> 48);
    }
  }
}

}  // namespace

void add_to_histogram(const HistogramWork& w) {
  if (w.cell == 2) w.rows ? add_rows_of<2, true>(w) : add_rows_of<2, false>(w);
  else w.rows ? add_rows_of<4, true>(w) : add_rows_of<4, false>(w);
}

void add_lists(const ListWork& w) {
  if (w.cell == 2) w.rows ? add_lists_of<2, true>(w) : add_lists_of<2, false>(w);
  else w.rows ? add_lists_of<4, true>(w) : add_lists_of<4, false>(w);
}

}  // namespace grim::tree::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::tree {
HWY_EXPORT(add_to_histogram);
HWY_EXPORT(add_lists);

void add_to_histogram(const HistogramWork& work) { HWY_DYNAMIC_DISPATCH(add_to_histogram)(work); }
void add_lists(const ListWork& work) { HWY_DYNAMIC_DISPATCH(add_lists)(work); }

}  // namespace grim::tree
#endif
