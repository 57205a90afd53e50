// Histograms of gradient pairs. Bins are kept row by row within groups of columns, so that one visit to a row adds its pair to a cell of
// every column of the group: one load, one 64-bit vector add, one store a cell, with the cells of a group in the first-level cache.
// Rows go in chunks of fixed size; a chunk adds in float32 and chunks are added up in double and in order, so the sums are close to
// exact and the same for any number of threads. Columns with one bin in most rows are listed instead (boosting_sparse.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "grimoire/classic/boosting_kernel.h"
#include "grimoire/classic/boosting_sparse.h"

namespace grim::tree {

class Histograms {
 public:
  // `counts`: cells hold (g, h, weight) instead of (g, h).
  // `list_cost`: how many cells a row's lists must leave out to be worth making; infinity: none are made.
  Histograms(const Bins& bins, std::vector<int64_t> columns, bool counts, double list_cost = 24);

  int64_t columns() const { return static_cast<int64_t>(columns_.size()); }
  int64_t column(int64_t slot) const { return columns_[static_cast<size_t>(slot)]; }
  int64_t listed() const { return std::count(is_listed_.begin(), is_listed_.end(), true); }  // columns
  int width() const { return counts_ ? 4 : 2; }                    // numbers a cell: g, h (, weight, 0)
  size_t size() const { return offset_.back() * static_cast<size_t>(width()) + 4; }  // numbers a histogram, the last four its sums
  const double* cells(const double* histogram, int64_t slot) const {
    return histogram + offset_[static_cast<size_t>(slot)] * static_cast<size_t>(width());
  }

  // Whether the column's bins, without the usual one when it is listed, have this much h and weight together.
  bool has_least(const double* histogram, int64_t slot, double h, double weight) const;

  // out = sums over these rows, which rise, for these slots; the others' places in `out` are left as they are.
  // gh: `width()` floats a row of all rows.
  void build(const float* gh, std::span<const uint32_t> rows, std::span<const int64_t> slots, double* out);
  void subtract(double* whole, const double* part, std::span<const int64_t> slots) const;  // whole -= part, for these slots

 private:
  static constexpr int kGroup = 32;
  static constexpr int64_t kChunk = 16384;
  static constexpr int64_t kListCells = 49152;  // about those of a list: they share the second-level cache with its rows
  static constexpr double kListedShare = 0.5;

  struct Group {
    std::vector<int64_t> slots;
    uint8_t* cells;  // rows by slots
    int64_t place;   // of its numbers in a chunk's block
  };
  struct List {
    CellLists cells;
    int64_t place, numbers;
  };
  void pack(const std::vector<int64_t>& slots);
  void list(const std::vector<int64_t>& slots);
  std::array<double, 4> sum_of(const float* gh, std::span<const uint32_t> rows) const;
  void fill_usual(const double* total, size_t numbers, double* usual, const double* sum) const;
  void clear_rounding(double* usual, double h) const;
  int64_t bins_of(int64_t slot) const { return bins_.columns[static_cast<size_t>(column(slot))].total(); }
  int64_t column_numbers() const { return width() * (counts_ ? kColumnCells<4> : kColumnCells<2>); }

  const Bins& bins_;
  std::vector<int64_t> columns_;
  bool counts_;
  std::vector<size_t> offset_;  // in cells, of each slot, and the end
  std::vector<uint8_t> usual_;
  std::vector<bool> is_listed_;
  std::vector<int64_t> place_;  // of each slot's numbers in a chunk's block
  int64_t block_ = 0;           // numbers of a chunk
  std::vector<Group> groups_;
  std::vector<List> lists_;
  Tensor packed_, partial_;
};

}  // namespace grim::tree
