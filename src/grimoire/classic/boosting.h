// Gradient boosting of trees (Friedman 2001): every round adds a tree for the gradient of the loss at the present scores, Newton-weighted
// by the hessian. Trees grow on histograms of binned columns (boosting_grow.h), or exactly (`exact`, tree_exact.h).
//
// Classes, two or more, by log loss; numbers by squared, absolute, quantile or Poisson loss (boosting_loss.h). Missing cells learn their
// side, category columns are split natively, sparse rows are binned as they are. decision() is the raw score: log odds, one a class
// beyond two classes, the log of the mean for Poisson. report().objective is the mean training loss. The same bits for any number
// of threads.
#pragma once

#include "grimoire/classic/boosting_loss.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/classic/tree_nodes.h"

namespace grim {

class Boosting final : public Estimator {
 public:
  std::string name() const override { return "boosting"; }
  Options params() override;
  bool classifies() const override { return true; }
  bool regresses() const override { return true; }
  bool takes_missing() const override { return true; }
  bool takes_categories() const override { return true; }
  bool takes_sparse() const override { return true; }
  bool has_proba() const override { return true; }  // of classes
  bool predict_row(std::span<const float> row, std::span<double> out) const override;
  std::vector<double> importances() const override;  // by gain, summing to 1
  std::string describe() const override;

  std::string loss = "auto";      // log_loss, squared, absolute, quantile, poisson; auto: log_loss for classes, squared for numbers
  int64_t rounds = 100;
  double learning_rate = 0.1;
  int64_t max_leaves = 31;        // 0: no limit, grown by depth alone
  int64_t max_depth = 0;          // 0: no limit
  double lambda = 0;              // L2 on leaf values
  double min_child_weight = 1e-3; // least sum of hessians in a leaf
  double min_samples_leaf = 20;   // least weight of rows in a leaf
  double min_gain = 0;
  double quantile = 0.5;
  double row_share = 1;           // of the rows for each tree, drawn without replacement
  double column_share = 1;        // of the columns for each tree
  int64_t early_stopping = 0;     // stop after this many rounds without a better held-out loss; 0: never
  double held_out = 0.1;          // the share of rows kept for that, of each class
  std::string monotone;           // "age=+1,price=-1": the score never falls, or never rises, with the column
  std::string start = "best";     // the first score: best constant, or zero
  bool exact = false;             // every threshold instead of bins
  int64_t max_bins = 255;
  double smoothing = 10;          // of category levels, in units of the hessian
  int64_t seed = 0;

  int64_t rounds_kept() const { return spec_.outputs() > 0 ? static_cast<int64_t>(trees_.count()) / spec_.outputs() : 0; }
  const tree::Trees& trees() const { return trees_; }
  double leaf_value(size_t node) const { return value_[trees_.node(node).payload]; }  // learning rate included
  std::vector<double> split_counts() const { return trees_.gains(static_cast<int64_t>(columns().size()), true); }
  const std::vector<double>& training_losses() const { return training_losses_; }  // after each round, with early stopping
  const std::vector<double>& held_out_losses() const { return held_out_losses_; }
  size_t bytes() const { return trees_.bytes() + value_.size() * sizeof(double); }

 protected:
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  void proba_on(const Features& x, double* out) const override;
  Tensor decision_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;

 private:
  struct Fitting;
  void fit_rounds(const Dataset& data, double least_gain);
  tree::LossSpec spec_for(const Dataset& data) const;
  std::vector<int8_t> monotone_directions(const std::vector<ColumnInfo>& columns) const;
  void to_prediction(double* scores) const;  // outputs() scores into class_count() probabilities or one number

  tree::LossSpec spec_;
  tree::Trees trees_;                // round by round, outputs() a round
  std::vector<double> value_, start_;  // of leaves; the first scores
  double centre_ = 0;                  // added to the score last, of targets that lie far from 0
  std::vector<double> training_losses_, held_out_losses_;
};

}  // namespace grim
