#include "grimoire/classic/tree.h"

#include <algorithm>
#include <map>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"

namespace grim {
namespace {

// Mean squared distance from the mean, of every node.
std::vector<double> squared_errors(const tree::ExactTree& tree, const std::vector<double>& y, const std::vector<double>& weight) {
  struct Moments {
    double w = 0, wy = 0, wyy = 0;
  };
  std::vector<Moments> m(tree.nodes.size());
  for (size_t r = 0; r < y.size(); ++r) {
    Moments& leaf = m[tree.leaf_of_row[r]];
    leaf.w += weight[r];
    leaf.wy += weight[r] * y[r];
    leaf.wyy += weight[r] * y[r] * y[r];
  }
  std::vector<double> error(m.size());
  for (size_t i = m.size(); i-- > 0;) {
    if (const tree::Draft& node = tree.nodes[i]; !node.leaf())
      for (uint32_t child : {node.left, node.right}) m[i].w += m[child].w, m[i].wy += m[child].wy, m[i].wyy += m[child].wyy;
    const double mean = m[i].wy / m[i].w;
    error[i] = std::max(0.0, m[i].wyy / m[i].w - mean * mean);
  }
  return error;
}

}  // namespace

Options DecisionTree::params() {
  return {{"criterion", "what a split lowers", &criterion, {"auto", "entropy", "gini", "squared_error"}, -INFINITY, INFINITY, true},
          {"max-depth", "deepest leaf, 0 for no limit", &max_depth, {}, 0, 1e6, true},
          {"max-leaves", "most leaves, the best split first; 0 for no limit", &max_leaves, {}, 0, 1e9},
          {"max-features", "columns tried at a node, 0 for all", &max_features, {}, 0, 1e9},
          {"min-samples-leaf", "least weight of a leaf", &min_samples_leaf, {}, 0, 1e18, true},
          {"min-samples-split", "least weight of a node that is split", &min_samples_split, {}, 0, 1e18},
          {"min-gain", "least drop of the impurity times the node's share", &min_gain, {}, 0, 1e300},
          {"ccp-alpha", "price of a leaf when pruning", &ccp_alpha, {}, 0, 1e300},
          {"seed", "of the drawn columns", &seed, {}, 0, 9e18}};
}

void DecisionTree::fit_on(const Dataset& data) {
  const bool classes = data.classifies();
  GRIM_CHECK(criterion == "auto" || (criterion == "squared_error") != classes, argument, name(), "criterion {} is not for {}", criterion,
             classes ? "classes" : "numbers");
  tree::ExactOptions o{.max_depth = max_depth, .max_leaves = max_leaves, .max_features = max_features, .min_leaf = min_samples_leaf,
                       .min_split = min_samples_split, .min_gain = min_gain, .seed = static_cast<uint64_t>(seed)};
  o.criterion = !classes ? tree::Criterion::sums : criterion == "entropy" ? tree::Criterion::entropy : tree::Criterion::gini;
  const tree::SortedColumns sorted(data.x);
  tree::ExactTree grown;
  if (classes) {
    grown = grow_exact(sorted, {.classes = data.class_count(), .y = &data.y, .weight = &data.weight}, o);
  } else {
    // Around the mean, so that a large offset of y costs no digits.
    const size_t N = data.y.size();
    const std::vector<double> w = data.weight.empty() ? std::vector<double>(N, 1.0) : data.weight;
    double mean = 0, total = 0;
    for (size_t r = 0; r < N; ++r) mean += w[r] * data.y[r], total += w[r];
    mean /= total;
    std::vector<double> y(N), g(N);
    for (size_t r = 0; r < N; ++r) y[r] = data.y[r] - mean;
    constexpr int kReach = 400;  // squares of targets, and sums of them
    const double unit = binary_scale(largest_magnitude(y), kReach);
    for (size_t r = 0; r < N; ++r) y[r] *= unit, g[r] = w[r] * y[r];
    o.min_gain *= unit * unit;
    grown = grow_exact(sorted, {.g = &g, .h = &w}, o);
    grown.impurity = squared_errors(grown, y, w);
    for (double& v : grown.value) v = v / unit + mean;
  }
  path_ = prune(grown, ccp_alpha);
  trees_ = tree::Trees(data.x.columns(), sorted.doubles);
  const std::vector<uint32_t> order = trees_.append(grown.nodes);
  const size_t K = static_cast<size_t>(outputs());
  weight_.clear(), impurity_.clear(), value_.clear();
  for (size_t i = 0; i < order.size(); ++i) {
    if (trees_.is_leaf(i)) trees_.node(i).payload = static_cast<uint32_t>(i);
    weight_.push_back(grown.weight[order[i]]);
    impurity_.push_back(grown.impurity[order[i]]);
    value_.insert(value_.end(), grown.value.begin() + static_cast<ptrdiff_t>(order[i] * K),
                  grown.value.begin() + static_cast<ptrdiff_t>((order[i] + 1) * K));
  }
  report_.iterations = leaf_count();
  report_.objective = 0;
  for (size_t i = 0; i < order.size(); ++i)
    if (trees_.is_leaf(i)) report_.objective += weight_[i] * impurity_[i] / weight_[0];
  report_.stopped = str("{} leaves, depth {}", leaf_count(), depth());
  if (!trees_.any_split() && ccp_alpha == 0) report_.warnings.push_back(tree::why_no_split(data, min_samples_leaf, min_samples_split));
}

void DecisionTree::predict_on(const Features& x, double* out) const {
  if (is_classifier()) return Estimator::predict_on(x, out);
  trees_.for_each_leaf(x, [&](int64_t row, size_t, uint32_t leaf) { out[row] = value_[leaf]; });
}

void DecisionTree::proba_on(const Features& x, double* out) const {
  const auto K = static_cast<size_t>(class_count());
  trees_.for_each_leaf(x, [&](int64_t row, size_t, uint32_t leaf) {
    for (size_t k = 0; k < K; ++k) out[static_cast<size_t>(row) * K + k] = value_[leaf * K + k] / weight_[leaf];
  });
}

bool DecisionTree::predict_row(std::span<const float> row, std::span<double> out) const {
  if (!fitted() || trees_.in_doubles() || row.size() != columns().size() || out.size() != static_cast<size_t>(outputs()) ||
      (is_classifier() && classes().size() != out.size()))
    return false;
  const uint32_t leaf = trees_.leaf_of(0, row.data());
  for (size_t k = 0; k < out.size(); ++k) out[k] = is_classifier() ? value_[leaf * out.size() + k] / weight_[leaf] : value_[leaf];
  return true;
}

std::vector<double> DecisionTree::importances() const {
  std::vector<double> gain = trees_.gains(static_cast<int64_t>(columns().size()));
  double total = 0;
  for (double g : gain) total += g;
  if (total > 0)
    for (double& g : gain) g /= total;
  return gain;
}

void DecisionTree::write(State& state) const {
  trees_.write(state);
  state.set("weight", weight_);
  state.set("impurity", impurity_);
  state.set("value", value_);
  state.set("path_alpha", path_.alpha);
  state.set("path_impurity", path_.impurity);
}

void DecisionTree::read(const State& state) {
  weight_ = state.numbers("weight");
  trees_.read(state, columns(), static_cast<int64_t>(weight_.size()));
  GRIM_CHECK(weight_.size() == trees_.nodes().size() && trees_.count() == 1, input, name(), "got {} weights for {} nodes of {} trees",
             weight_.size(), trees_.nodes().size(), trees_.count());
  for (size_t i = 0; i < weight_.size(); ++i) {
    GRIM_CHECK(weight_[i] > 0, input, name(), "node {} has weight {}", i, weight_[i]);
    GRIM_CHECK(!trees_.is_leaf(i) || trees_.node(i).payload == i, input, name(), "leaf {} has value {}", i, trees_.node(i).payload);
  }
  impurity_ = state.numbers("impurity", static_cast<int64_t>(weight_.size()));
  value_ = state.numbers("value", static_cast<int64_t>(weight_.size()) * outputs());
  path_.alpha = state.numbers("path_alpha");
  path_.impurity = state.numbers("path_impurity", static_cast<int64_t>(path_.alpha.size()));
}

std::vector<double> information_gains(const Dataset& data) {
  GRIM_CHECK(data.classifies(), argument, "information_gains", "got a number as target, expected classes");
  const auto K = static_cast<size_t>(data.class_count());
  const auto bits = [](const std::vector<double>& count) {  // W times the entropy
    double w = 0, sum = 0;
    for (double c : count) w += c, sum += c > 0 ? c * std::log2(c) : 0;
    return w > 0 ? w * std::log2(w) - sum : 0;
  };
  std::vector<double> gains;
  for (int64_t c = 0; c < data.x.width(); ++c) {
    gains.push_back(NAN);
    if (data.x.columns()[static_cast<size_t>(c)].kind != ColumnKind::category) continue;
    std::map<int64_t, std::vector<double>> within;
    std::vector<double> all(K);
    double weight = 0;
    for (int64_t r = 0; r < data.rows(); ++r) {
      const double cell = data.x.at(r, c), w = data.weight_of(r);
      auto& count = within.try_emplace(cell != cell ? -1 : static_cast<int64_t>(cell), K).first->second;
      const auto k = static_cast<size_t>(data.y[static_cast<size_t>(r)]);
      count[k] += w, all[k] += w, weight += w;
    }
    double gain = bits(all);
    for (const auto& level : within) gain -= bits(level.second);
    gains.back() = gain / weight;
  }
  return gains;
}

}  // namespace grim
