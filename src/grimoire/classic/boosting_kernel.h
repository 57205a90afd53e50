// The innermost loop of histogram boosting, between boosting_histogram.cpp and its vector code.
#pragma once

#include <cstdint>

namespace grim::tree {

// Cells from one column to the next: 256 bins and one cache line, so that equal bins of the columns (zeros!) neither fall into the same
// cache set nor look alike to the load that waits for a store.
template <int kCell> inline constexpr int64_t kColumnCells = 256 + 16 / kCell;

struct HistogramWork {
  const uint8_t* bins;   // all rows by `columns`
  int64_t columns;       // at most 32
  const uint32_t* rows;  // `count` of them; nullptr: first, first + 1, ...
  int64_t first, count;
  const float* gh;       // `cell` floats a row of all rows
  int cell;              // 2 or 4
  float* cells;          // columns by kColumnCells by `cell`
};

}  // namespace grim::tree
