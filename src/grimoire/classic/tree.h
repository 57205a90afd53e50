// A decision tree for classes or numbers: greedy, exact, explainable (Breiman et al. 1984; Quinlan 1986, 1993).
//
// Missing cells and category columns are taken as they are (tree_exact.h). Features are compared as float32, as scikit-learn does, unless
// different values fall together there or leave its range: then as doubles. Weights act as repeated rows do: limits named "samples" count
// weight. Of equally good splits the first column and the least threshold win.
#pragma once

#include "grimoire/classic/estimator.h"
#include "grimoire/classic/tree_prune.h"

namespace grim {

class DecisionTree final : public Estimator {
 public:
  std::string name() const override { return "tree"; }
  Options params() override;
  bool classifies() const override { return true; }
  bool regresses() const override { return true; }
  bool takes_missing() const override { return true; }
  bool takes_categories() const override { return true; }
  bool has_proba() const override { return true; }  // of classes
  bool predict_row(std::span<const float> row, std::span<double> out) const override;
  std::vector<double> importances() const override;  // share of the drop in impurity, summing to 1
  std::string describe() const override { return to_text(); }

  std::string criterion = "auto";  // entropy (bits), gini, squared_error; auto: gini for classes, squared_error for numbers
  int64_t max_depth = 0;           // 0: none, here and below
  int64_t max_leaves = 0;          // grown best first
  int64_t max_features = 0;        // columns tried at each node, drawn anew
  double min_samples_leaf = 1;
  double min_samples_split = 2;
  double min_gain = 0;             // least drop of the impurity times the node's share of the weight
  double ccp_alpha = 0;
  int64_t seed = 0;

  int64_t node_count() const { return static_cast<int64_t>(trees_.nodes().size()); }
  int64_t leaf_count() const { return (node_count() + 1) / 2; }
  int depth() const { return trees_.depth(0); }
  const tree::Trees& nodes() const { return trees_; }
  const std::vector<double>& impurity() const { return impurity_; }    // of each node, breadth first
  const std::vector<double>& node_weight() const { return weight_; }
  const tree::PrunePath& prune_path() const { return path_; }          // of the tree before pruning

  std::string to_text() const;
  Json to_json() const;
  std::string to_dot() const;
  // Why this row gets its answer: one line a split, then the answer.
  std::string explain(std::span<const float> row) const;
  std::string explain(const Features& x, int64_t row) const;

 protected:
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  void proba_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;

 private:
  int64_t outputs() const { return is_classifier() ? class_count() : 1; }
  template <class T> std::string explain_in(std::span<const T> row) const;
  std::string condition(size_t node, bool left) const;
  std::string answer(size_t node) const;
  std::string commonest(size_t node) const;  // class of a node

  tree::Trees trees_;
  std::vector<double> weight_, impurity_, value_;  // of each node; value: outputs() a node, class weights or the mean
  tree::PrunePath path_;
};

// The gain in bits of splitting on each category column into all its levels at once, as ID3 does (Quinlan 1986, section 4): the entropy
// of the classes minus the mean entropy within the levels, missing cells being a level. NaN for a number column.
std::vector<double> information_gains(const Dataset& data);

}  // namespace grim
