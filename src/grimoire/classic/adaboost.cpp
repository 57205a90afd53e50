#include "grimoire/classic/adaboost.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/softmax.h"
#include "grimoire/classic/tree_exact.h"

namespace grim {

Options AdaBoost::params() {
  return {{"rounds", "most trees", &rounds, {}, 1, 1e6, true},
          {"learning-rate", "factor of every vote", &learning_rate, {}, 1e-9, 1e3, true},
          {"max-depth", "of the trees; 1 for stumps", &max_depth, {}, 1, 1000, true},
          {"criterion", "what a split lowers", &criterion, {"gini", "entropy"}}};
}

void AdaBoost::fit_on(const Dataset& data) {
  const auto N = static_cast<size_t>(data.rows());
  const int64_t K = data.class_count();
  const tree::SortedColumns sorted(data.x);
  const tree::ExactOptions o{.criterion = criterion == "entropy" ? tree::Criterion::entropy : tree::Criterion::gini,
                             .max_depth = max_depth,
                             .min_leaf = 0,
                             .min_split = 0};
  std::vector<double> weight(N);
  double total = 0;
  for (size_t r = 0; r < N; ++r) total += weight[r] = data.weight_of(static_cast<int64_t>(r));
  for (double& w : weight) w /= total;
  trees_ = tree::Trees(data.x.columns(), sorted.doubles);
  errors_.clear(), votes_.clear();
  report_.stopped = str("{} rounds", rounds);
  for (int64_t round = 0; round < rounds; ++round) {
    tree::ExactTree grown = grow_exact(sorted, {.classes = K, .y = &data.y, .weight = &weight}, o);
    for (size_t i = 0; i < grown.nodes.size(); ++i) {
      const auto first = grown.value.begin() + static_cast<ptrdiff_t>(i) * K;
      grown.nodes[i].value = static_cast<uint32_t>(std::max_element(first, first + K) - first);
    }
    double error = 0;
    std::vector<bool> wrong(N);
    for (size_t r = 0; r < N; ++r) {
      wrong[r] = grown.nodes[grown.leaf_of_row[r]].value != static_cast<uint32_t>(data.y[r]);
      if (wrong[r]) error += weight[r];
    }
    const double guessing = 1 - 1 / static_cast<double>(K);
    if (error >= guessing) {
      GRIM_CHECK(round > 0, input, name(), "a tree of depth {} is no better than guessing (error {:.4g}, guessing {:.4g})", max_depth,
                 error, guessing);
      report_.stopped = str("round {} was no better than guessing", round + 1);
      break;
    }
    trees_.append(grown.nodes);
    errors_.push_back(error);
    if (error <= 0) {  // a perfect tree has the last word
      double all = 1;
      for (double v : votes_) all += v;
      votes_.push_back(all);
      report_.stopped = str("round {} made no error", round + 1);
      break;
    }
    const double vote = learning_rate * (std::log((1 - error) / error) + std::log(static_cast<double>(K) - 1));
    votes_.push_back(vote);
    total = 0;
    for (size_t r = 0; r < N; ++r) total += weight[r] *= wrong[r] ? std::exp(vote) : 1;
    for (double& w : weight) w /= total;
  }
  report_.iterations = static_cast<int64_t>(votes_.size());
  report_.objective = errors_.back();
  if (!trees_.any_split()) report_.warnings.push_back(tree::why_no_split(data, 0));
}

Tensor AdaBoost::decision_on(const Features& x) const {
  const int64_t K = class_count();
  const Tensor scores = Tensor::zeros({x.rows(), K}, Dtype::f64);
  double* s = scores.data<double>();
  trees_.for_each_leaf(x, [&](int64_t row, size_t t, uint32_t leaf) {
    const double share = votes_[t] / static_cast<double>(K - 1);
    for (int64_t k = 0; k < K; ++k) s[row * K + k] += k == trees_.node(leaf).payload ? votes_[t] : -share;
  });
  return scores;
}

void AdaBoost::proba_on(const Features& x, double* out) const {
  const int64_t K = class_count();
  const Tensor scores = decision_on(x);
  for (int64_t r = 0; r < x.rows(); ++r) softmax_row(scores.data<double>() + r * K, out + r * K, K, 1, static_cast<double>(K - 1));
}

std::vector<double> AdaBoost::importances() const {
  std::vector<double> sum(columns().size());
  double total = 0;
  for (size_t t = 0; t < trees_.count(); ++t)
    for (size_t i = trees_.root(t); i < trees_.end(t); ++i)
      if (!trees_.is_leaf(i)) {
        const double gain = votes_[t] * trees_.node(i).gain();
        sum[trees_.node(i).column()] += gain;
        total += gain;
      }
  for (double& s : sum) s /= total > 0 ? total : 1;
  return sum;
}

std::string AdaBoost::describe() const {
  std::string out = str("{} trees of depth {} or less; {}\n", trees_.count(), max_depth, report_.stopped);
  for (size_t t = 0; t < std::min<size_t>(5, votes_.size()); ++t)
    out += str("  tree {}: weighted error {:.4f}, vote {:.4f}\n", t + 1, errors_[t], votes_[t]);
  return out;
}

void AdaBoost::write(State& state) const {
  trees_.write(state);
  state.set("errors", errors_);
  state.set("votes", votes_);
  state.set("stopped", Json(report_.stopped));
}

void AdaBoost::read(const State& state) {
  GRIM_CHECK(class_count() >= 2, input, name(), "got {} classes", class_count());
  trees_.read(state, columns(), class_count());
  errors_ = state.numbers("errors", static_cast<int64_t>(trees_.count()));
  votes_ = state.numbers("votes", static_cast<int64_t>(trees_.count()));
  report_.stopped = state.value("stopped").as_text();
}

}  // namespace grim
