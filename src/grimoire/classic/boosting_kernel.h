// The innermost loops of histogram boosting, in vectors: adding up rows (boosting_kernel.cpp) and looking for a split (boosting_scan.cpp).
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
void add_to_histogram(const HistogramWork& work);

struct ListWork {
  const uint16_t* lists;  // places in `cells`; row r has those of [4 start[r], 4 start[r + 1])
  const int64_t* start;
  const uint32_t* rows;   // as above
  int64_t first, count;
  const float* gh;
  int cell;
  float* cells;
};
void add_lists(const ListWork& work);

// The thresholds of a number column. Left sums begin with g, h, w (missing cells that go left) and gain a bin a step.
struct ScanWork {
  const double* cells;  // of the histogram
  int cell, bins;       // 2 or 4 numbers; thresholds behind bins [0, bins)
  double g, h, w;
  double all_g, all_h, all_w;
  double lambda, least_h, most_h, least_w;
  bool weighed, free;   // least_w counts; no monotone columns, so that gains are G^2 / (H + lambda)
  double floor;         // the gain to beat
};
struct ScanSums {  // through each bin; `here`: h of the bin itself
  alignas(64) double g[264], h[264], w[264], here[264];
};
// Fills `sums` (w only of cells of 4) and `candidates`, up to 256: bins in rising order, among them every one that beats all before it.
int scan_bins(const ScanWork& work, ScanSums& sums, uint8_t* candidates);

}  // namespace grim::tree
