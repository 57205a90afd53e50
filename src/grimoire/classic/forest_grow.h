// One tree of a forest, on bins that all trees share. A node adds up its rows by bin and class (or by weight and target), looks only at
// the bins that occurred, and so costs what its rows cost, however many bins there are.
//
// Random forest (Breiman 2001): the best split of a few columns drawn anew at every node. Extra trees (Geurts, Ernst, Wehenkel 2006):
// one random threshold for each of them, uniform between the node's least and largest value, and the best of those.
// As in scikit-learn, further columns are drawn only while none of those drawn could split.
#pragma once

#include <cstdint>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/classic/binning.h"

namespace grim::tree {

struct ForestGrow {
  int64_t classes = 0;  // 0: numbers
  bool entropy = false;
  bool extra = false;
  int64_t max_depth = 0;     // 0: no limit
  int64_t max_features = 1;  // columns drawn at a node
  double min_leaf = 1, min_split = 2, min_gain = 0;  // in weight; the gain times the node's share
  const std::vector<double>* exact = nullptr;        // targets by row, where a row's float would lose them
  uint64_t seed = 0;
};

// A row of the tree's sample.
struct ForestRow {
  uint32_t row;
  float weight;
  union {
    uint32_t label;
    float target;
  };
};

struct ForestTree {
  std::vector<Draft> nodes;    // a leaf's value: the class when it is pure, classes + i for the i-th of `shares`; of numbers: i
  std::vector<float> shares;   // of leaves with several classes: `classes` a leaf, summing to 1
  std::vector<double> numbers; // of leaves: the mean target
};

// `rows` is used up. `tree` numbers the stream of random draws.
ForestTree grow_forest_tree(const Bins& bins, std::vector<ForestRow>& rows, const ForestGrow& options, uint32_t tree);

}  // namespace grim::tree
