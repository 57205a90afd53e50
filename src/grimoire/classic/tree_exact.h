// Exact greedy growth (Breiman, Friedman, Olshen, Stone 1984; Quinlan 1993): every column is sorted once, every threshold between two
// different values is tried at every node, and the sorted orders are parted in place as the tree grows.
//
// Two kinds of target share the search:
//   classes    impurity of a node of weight W with class weights c_k: entropy  - sum c_k/W log2 c_k/W, or gini  1 - sum (c_k/W)^2;
//   sums       pairs (g, h) a row, split by  G_l^2 / (H_l + lambda) + G_r^2 / (H_r + lambda) - G^2 / (H + lambda)  and a node worth
//              G / (H + lambda). With g = w y, h = w, lambda = 0 the gain is the drop of the weighted squared error; with minus the
//              gradient and the hessian it is Newton boosting (Friedman 2001; Chen, Guestrin 2016, equation 7, without its 1/2).
// Missing cells of a number column try both sides and remember the better. A category column is ordered by the mean (sums) or by the
// share of a class (each class in turn; one order is enough for two), missing cells being one more level, and split as if it were
// a number: for sums and two classes that finds the best of all subsets (Fisher 1958).
#pragma once

#include <cstdint>
#include <vector>

#include "grimoire/classic/tree_nodes.h"
#include "grimoire/data/features.h"

namespace grim::tree {

enum class Criterion : uint8_t { entropy, gini, sums };

struct ExactOptions {
  Criterion criterion = Criterion::gini;
  int64_t max_depth = 0;         // 0: no limit
  int64_t max_leaves = 0;        // 0: no limit; else the leaf with the largest gain is split first
  int64_t max_features = 0;      // columns looked at by a node, drawn anew for each; 0: all
  double min_leaf = 1;           // weight (classes) or sum of h (sums) on each side
  double min_split = 2;          // the same in a node that may be split
  int64_t min_rows = 1;          // rows on each side, whatever their weight
  double min_gain = 0;           // as reported: gain over total weight for classes and sums; 0 lets an impure node split without gain
  bool only_gaining = false;     // a split must gain more than rounding
  double lambda = 0;
  uint64_t seed = 0;
};

// What a tree is grown on. Rows with weight 0 (h = 0) take no part.
struct ExactTarget {
  int64_t classes = 0;                 // 0: sums
  const std::vector<double>* y = nullptr;       // class numbers
  const std::vector<double>* weight = nullptr;  // of classes
  const std::vector<double>* g = nullptr;       // of sums
  const std::vector<double>* h = nullptr;
  const std::vector<double>* x_log2_x = nullptr;  // of 0, 1, 2, ...: made by grow_exact for entropies of whole weights
};

// Columns as float32 with the order of the rows in each: made once, grown on many times. Where different doubles fall together as floats
// or leave their range, `doubles` is set, and a cell of a number column is the place of its value among the column's different ones, as a
// float that orders as the places do.
struct SortedColumns {
  int64_t rows = 0;
  std::vector<ColumnInfo> columns;
  std::vector<std::vector<float>> value;
  std::vector<std::vector<uint32_t>> order;  // rows by rising value, missing last
  bool doubles = false;
  std::vector<std::vector<double>> different = {};  // rising, of each number column; only with `doubles`

  explicit SortedColumns(const Features& x);
  double threshold(int64_t column, float a, float b) const;  // parts cells a < b

 private:
  bool loses(int64_t column, const std::vector<double>& exact) const;
  void number_places(int64_t column, const std::vector<double>& exact);
};

struct ExactTree {
  std::vector<Draft> nodes;        // nodes[0] is the root; value of a leaf: its own place
  std::vector<double> weight;      // of each node: W or H
  std::vector<double> impurity;    // of each node; 0 for sums
  std::vector<double> value;       // of each node: `classes` class weights, or G / (H + lambda)
  std::vector<uint32_t> leaf_of_row;  // place in `nodes`; rows without weight: where nothing is known, 0
};

ExactTree grow_exact(const SortedColumns& x, const ExactTarget& target, const ExactOptions& options);

}  // namespace grim::tree
