// Random forest (Breiman 2001) and extremely randomised trees (Geurts, Ernst, Wehenkel 2006): the mean of many deep trees.
//
// Columns are binned once for all trees (binning.h); trees grow in parallel, each from its own counter-based random numbers, so the model
// is the same bits for any number of threads. Missing cells and category columns are taken as they are. Weights count as repeated rows
// in every limit and sum, with one exception: the bootstrap draws rows, not copies, so a row of weight 2 is drawn as often as one of
// weight 1 and then counts twice. A node is 16 bytes; leaves share equal class distributions.
#pragma once

#include "grimoire/classic/estimator.h"
#include "grimoire/classic/tree_nodes.h"

namespace grim {

class Forest : public Estimator {
 public:
  Options params() override;
  void check_params() const override { features_at_node(1, false); }
  bool classifies() const override { return true; }
  bool regresses() const override { return true; }
  bool takes_missing() const override { return true; }
  bool takes_categories() const override { return true; }
  bool takes_sparse() const override { return true; }
  bool has_proba() const override { return true; }  // of classes
  bool predict_row(std::span<const float> row, std::span<double> out) const override;
  std::vector<double> importances() const override;  // mean over the trees of the drop in impurity, summing to 1
  std::string describe() const override;

  int64_t tree_count = 100;
  std::string criterion = "auto";     // entropy, gini, squared_error; auto: gini for classes
  int64_t max_depth = 0;              // 0: no limit
  std::string max_features = "auto";  // of a node: sqrt, log2, third, all, a count, a share below 1; auto: sqrt for classes, else all
  double min_samples_leaf = 1;
  double min_samples_split = 2;
  double min_gain = 0;
  bool bootstrap = true;
  bool oob = false;                   // score every row by the trees that did not see it
  int64_t max_bins = 255;
  int64_t seed = 0;

  const tree::Trees& trees() const { return trees_; }
  std::vector<double> split_counts() const { return trees_.gains(static_cast<int64_t>(columns().size()), true); }
  double oob_score() const { return oob_score_; }  // accuracy or R^2; NaN unless `oob` was set
  size_t bytes() const { return trees_.bytes() + shares_.size() * sizeof(float) + numbers_.size() * sizeof(double); }

 protected:
  explicit Forest(bool extra) : bootstrap(!extra), extra_(extra) {}
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  void proba_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;

 private:
  int64_t outputs() const { return is_classifier() ? class_count() : 1; }
  int64_t features_at_node(int64_t width, bool classes) const;
  void score_out_of_bag(const Dataset& data, const std::vector<std::vector<bool>>& seen);
  void add_leaf(uint32_t leaf, double* out) const;
  void normalize(double* out) const;

  bool extra_;
  tree::Trees trees_;
  std::vector<float> shares_;    // class distributions of leaves; the first are the pure ones
  std::vector<double> numbers_;  // of leaves
  double oob_score_ = NAN;
};

class RandomForest final : public Forest {
 public:
  RandomForest() : Forest(false) {}
  std::string name() const override { return "forest"; }
};

class ExtraTrees final : public Forest {
 public:
  ExtraTrees() : Forest(true) {}
  std::string name() const override { return "extra-trees"; }
};

}  // namespace grim
