// Binning: every column once to at most 255 bins and one more for missing cells, a byte a cell, columns one after the other. Forests and
// boosting look at bins from then on: a histogram of a column has 256 places whatever the data.
//
// A column with at most 255 different values gets one bin a value, with the midpoints as thresholds: nothing is lost. Others are cut
// at quantiles of the row weights (of a fixed sample of 200,000 rows when there are more). A category column gets one bin a level;
// beyond 255 levels the rarest share the last bin. Cells are compared as float32, as the walk of a fitted tree does; as doubles where values
// that bins should part fall together as floats, or leave their range (`doubles`, for all columns then).
#pragma once

#include <cstdint>
#include <vector>

#include "grimoire/classic/tree_nodes.h"
#include "grimoire/data/features.h"

namespace grim::tree {

struct ColumnBins {
  bool category = false;
  int bins = 0;               // without the one for missing cells, which is number `bins`
  bool has_missing = false;
  std::vector<double> upper;  // bins - 1 thresholds: bin b holds upper[b - 1] < x <= upper[b]
  std::vector<double> low, high;  // the least and the largest value seen in each bin
  std::vector<uint8_t> bin_of_level;

  int total() const { return bins + (has_missing ? 1 : 0); }
  uint8_t bin_of(double x) const;  // x as it was compared when the bins were made
  // As a draft's split: bins [0, cut] to the left, or the bins of a mask.
  void set_split(Draft& draft, int last_left) const {
    draft.threshold = last_left < bins - 1 ? upper[static_cast<size_t>(last_left)] : INFINITY;
  }
  void set_split(Draft& draft, const std::vector<bool>& bin_left) const;
};

struct Bins {
  int64_t rows = 0;
  bool doubles = false;
  std::vector<ColumnBins> columns;
  Tensor cells;   // (P, N) u8
  Tensor by_row;  // (N, P) u8, after transpose(): for a few rows and many columns

  int64_t width() const { return static_cast<int64_t>(columns.size()); }
  const uint8_t* column(int64_t c) const { return cells.data<uint8_t>() + c * rows; }
  void transpose();
};

inline constexpr int kMostBins = 255;
inline constexpr int64_t kBinSample = 200000;

// `weight`: of the rows, or empty; rows of weight 0 are binned but do not move the edges. The same for any number of threads.
Bins make_bins(const Features& x, const std::vector<double>& weight, int most_bins = kMostBins);

// out[r * columns + j] = in[j][r] for rows [begin, end).
void interleave(const uint8_t* const* in, int64_t columns, int64_t begin, int64_t end, uint8_t* out, int64_t stride);

// Sorts keys rising and carries the places along: least significant digit first, 11 bits at a time.
struct KeyedRow {
  uint32_t key, row;
};
void radix_sort(std::vector<KeyedRow>& rows, std::vector<KeyedRow>& scratch);
// An unsigned number that orders as the float does; -0 as 0; NaN above everything.
inline uint32_t sort_key(float x) {
  if (x != x) return ~uint32_t{0};
  const uint32_t bits = std::bit_cast<uint32_t>(x == 0 ? 0.0f : x);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
inline float from_sort_key(uint32_t key) { return std::bit_cast<float>(key >> 31 ? key & 0x7fffffffu : ~key); }

// A threshold that parts a < b: near the middle, and a <= t < b in their own type.
inline float midpoint(float a, float b) {
  const float t = static_cast<float>(0.5 * (static_cast<double>(a) + static_cast<double>(b)));
  return t < b && t >= a ? t : a;
}
inline double midpoint(double a, double b) {
  const double t = 0.5 * a + 0.5 * b;
  return t < b && t >= a ? t : a;
}

}  // namespace grim::tree
