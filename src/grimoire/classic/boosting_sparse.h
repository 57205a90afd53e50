// Columns with one value in most rows: zeros of images and texts, levels spread over columns, gaps. Such a column's usual bin is not
// counted row by row. Each row lists its other cells, a histogram visits those alone, and the usual bin gets what is left of the sums
// over all rows (the most frequent value of LightGBM's bins; Ke et al. 2017 bundle such columns instead).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "grimoire/classic/binning.h"

namespace grim::tree {

struct UsualBin {
  uint8_t bin = 0;
  double share = 0;  // of the rows
};
// The most frequent bin of a column, judged by at most 4096 rows at even steps.
UsualBin usual_bin(const Bins& bins, int64_t column);

// Of a group of columns with at most 65,532 bins together, the cells outside the usual bins, row by row. A cell is the place of its bin
// among all bins of the group. Lists are filled up to fours with four places behind the last bin, which nobody reads.
class CellLists {
 public:
  static constexpr int64_t kMostCells = 65532;
  // `first_cell`: of each column, the place of its bin 0; and of the end.
  CellLists(const Bins& bins, std::span<const int64_t> columns, std::span<const uint8_t> usual, std::span<const uint32_t> first_cell);

  const uint16_t* cells() const { return cells_.get(); }
  const int64_t* start() const { return start_.data(); }  // of each row and the end, in fours

 private:
  std::vector<int64_t> start_;
  std::unique_ptr<uint16_t[]> cells_;
};

}  // namespace grim::tree
