// One boosted tree grown on histograms (Chen, Guestrin 2016; Ke et al. 2017). The smaller child of a split is counted, its sibling is the
// parent minus it, so each level costs at most half the rows. With g minus the gradient and h the hessian, summed over a leaf, the
// leaf is worth v = G / (H + lambda), and a split gains  G_l^2 / (H_l + lambda) + G_r^2 / (H_r + lambda) - G^2 / (H + lambda).
//
// A category column is ordered by G / (H + smoothing) and split as a number; missing cells are one more level.
// Monotone columns: a node's value is kept within bounds; where a monotone column splits, both children are bounded by the middle of
// their values, so no descendant on one side can pass any on the other.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "grimoire/classic/boosting_histogram.h"

namespace grim::tree {

struct BoostGrow {
  int64_t max_depth = 0;   // 0: no limit
  int64_t max_leaves = 0;  // 0: no limit; else the largest gain first
  double lambda = 0;
  double min_child_weight = 1e-3;  // of h
  double min_samples_leaf = 1;     // of row weight; looked at when the histogram counts, or h is the weight
  double min_gain = 0;
  double smoothing = 10;           // of category levels, in units of h
  bool hessian_is_weight = false;
  std::vector<int8_t> monotone = {};  // of each column of the data; empty: none
};

class BoostGrower {
 public:
  BoostGrower(const Bins& bins, Histograms& histograms, const BoostGrow& options) : bins_(bins), hist_(histograms), o_(options) {}

  struct Leaf {
    uint32_t node;
    std::span<const uint32_t> rows, others;  // valid until the next grow()
  };
  // Grows on `rows` (rising); `others` only find their leaves. gh: as Histograms::build wants it. Values are in value().
  std::vector<Draft> grow(const float* gh, const std::vector<uint32_t>& rows, const std::vector<uint32_t>& others);
  const std::vector<Leaf>& leaves() const { return leaves_; }
  double value(uint32_t node) const { return nodes_[node].value; }
  double low(uint32_t node) const { return nodes_[node].low; }
  double high(uint32_t node) const { return nodes_[node].high; }

 private:
  struct Split {
    double gain = -INFINITY;
    int64_t slot = -1;
    int last_left = 0;
    bool missing_left = false;
    std::vector<bool> bin_left = {};  // of a category
    double g_left = 0, h_left = 0, w_left = 0;
  };
  struct Sums {
    double g = 0, h = 0, w = 0;
  };
  struct NodeInfo {
    uint32_t begin, end, others_begin, others_end;
    int64_t depth;
    Sums sums;
    double value, low, high;
    int histogram;  // place in pool_; -1: none
    Split split;
    std::shared_ptr<const std::vector<int64_t>> slots;  // that can part its rows
  };

  uint32_t open(uint32_t begin, uint32_t end, uint32_t others_begin, uint32_t others_end, int64_t depth, const Sums& sums, double low,
                double high);
  bool may_split(const NodeInfo& node) const;
  void find(uint32_t node);
  void find_in(int64_t slot, const NodeInfo& node, Split& best) const;  // into `best` when better; gains without the node's own part
  void scan_numbers(int64_t slot, const NodeInfo& node, bool missing_left, Split& best) const;
  void scan_levels(int64_t slot, const NodeInfo& node, Split& best) const;
  bool divide(uint32_t node, std::vector<Draft>& drafts);
  double worth(const Sums& s) const { return s.h + o_.lambda > 0 ? s.g / (s.h + o_.lambda) : 0; }
  double gain_of(const NodeInfo& node, const Sums& left, const Sums& right, int direction) const;
  bool allowed(const Sums& s) const { return s.h >= o_.min_child_weight && s.h > 1e-12 && s.w >= least_weight_; }
  double weight_in(const double* cell) const { return hist_.width() == 4 ? cell[2] : cell[1]; }
  static uint32_t partition(const uint8_t* bin, const uint8_t* goes_left, std::vector<uint32_t>& rows, uint32_t begin, uint32_t end,
                            std::vector<uint32_t>& scratch);
  int take_histogram();

  const Bins& bins_;
  Histograms& hist_;
  const BoostGrow& o_;
  double least_weight_ = 0;
  std::vector<uint32_t> rows_, others_, scratch_;
  std::vector<NodeInfo> nodes_;
  std::vector<uint32_t> pending_;
  std::vector<std::vector<double>> pool_;
  std::vector<int> free_;
  std::vector<Leaf> leaves_;
};

}  // namespace grim::tree
