// Histograms of gradient pairs. Bins are kept row by row within groups of columns, so that one visit to a row adds its pair to a cell of
// every column of the group: one load, one 64-bit vector add, one store a cell, with the cells of a group in the first-level cache.
// Rows go in chunks of fixed size; a chunk adds in float32 and chunks are added up in double and in order, so the sums are close to
// exact and the same for any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "grimoire/classic/binning.h"

namespace grim::tree {

class Histograms {
 public:
  // `counts`: cells hold (g, h, weight) instead of (g, h).
  Histograms(const Bins& bins, std::vector<int64_t> columns, bool counts);

  int64_t columns() const { return static_cast<int64_t>(columns_.size()); }
  int64_t column(int64_t slot) const { return columns_[static_cast<size_t>(slot)]; }
  int width() const { return counts_ ? 4 : 2; }                    // numbers a cell: g, h (, weight, 0)
  size_t size() const { return offset_.back() * static_cast<size_t>(width()); }  // numbers a histogram
  const double* cells(const double* histogram, int64_t slot) const {
    return histogram + offset_[static_cast<size_t>(slot)] * static_cast<size_t>(width());
  }

  // out = sums over these rows, which rise. gh: `width()` floats a row of all rows.
  void build(const float* gh, std::span<const uint32_t> rows, double* out);

 private:
  static constexpr int kGroup = 32;
  static constexpr int64_t kChunk = 16384;

  struct Group {
    int64_t first_slot, columns;
    const uint8_t* cells;  // rows by columns
  };
  const Bins& bins_;
  std::vector<int64_t> columns_;
  bool counts_;
  std::vector<size_t> offset_;  // in cells, of each slot, and the end
  std::vector<Group> groups_;
  Tensor packed_, partial_;
};

}  // namespace grim::tree
