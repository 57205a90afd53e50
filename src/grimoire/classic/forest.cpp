#include "grimoire/classic/forest.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/classic/forest_grow.h"
#include "grimoire/device/threads.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/regression.h"

namespace grim {
namespace {

// How often each row is drawn when N are drawn with replacement: draw j of tree t is a function of (seed, t, j).
std::vector<uint32_t> bootstrap_counts(int64_t N, uint64_t seed, uint32_t tree) {
  std::vector<uint32_t> count(static_cast<size_t>(N));
  const uint32_t stream = stream_id("forest-bootstrap");
  for (int64_t j = 0; j < N; j += 4) {
    const auto words = philox4x32(seed, stream, tree, static_cast<uint64_t>(j / 4));
    for (int64_t i = 0; i < std::min<int64_t>(4, N - j); ++i)
      ++count[(uint64_t{words[static_cast<size_t>(i)]} * static_cast<uint64_t>(N)) >> 32];
  }
  return count;
}

// The mean of equal numbers is that number: no rounding leaves their range.
struct MeanOf {
  double sum = 0, low = INFINITY, high = -INFINITY;
  void add(double v) { sum += v, low = std::min(low, v), high = std::max(high, v); }
  double value(size_t count) const { return std::clamp(sum / static_cast<double>(count), low, high); }
};

// The targets about their mean, in a unit (a power of two) that floats reach.
struct Targets {
  double mean = 0, scale = 1;
  std::vector<double> exact = {};
  bool lost = false;  // floats would make one number of many
};

Targets targets_of(const std::vector<double>& y) {
  Targets t;
  for (double v : y) t.mean += v / static_cast<double>(y.size());
  const auto [low, high] = std::minmax_element(y.begin(), y.end());
  t.mean = std::clamp(t.mean, *low, *high);
  for (double v : y) t.exact.push_back(v - t.mean);
  constexpr int kReach = 40;  // sums of the rows' floats stay in range
  t.scale = binary_scale(largest_magnitude(t.exact), kReach);
  for (double& v : t.exact) v *= t.scale;
  // A far row drags the mean away from the others; as floats they then lie on a grid that is coarse beside the middle half of them.
  constexpr double kGrid = 0x1p-12;
  std::vector<double> sorted = t.exact;
  std::sort(sorted.begin(), sorted.end());
  const double half = sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4], middle = std::abs(sorted[sorted.size() / 2]);
  if (half >= middle * kGrid) return t;
  for (size_t i = 1; i < sorted.size() && !t.lost; ++i)
    t.lost = sorted[i] != sorted[i - 1] && static_cast<float>(sorted[i]) == static_cast<float>(sorted[i - 1]);
  return t;
}

}  // namespace

Options Forest::params() {
  return {{"trees", "how many", &tree_count, {}, 1, 1e6, true},
          {"criterion", "what a split lowers", &criterion, {"auto", "entropy", "gini", "squared_error"}},
          {"max-depth", "deepest leaf, 0 for no limit", &max_depth, {}, 0, 1e6, true},
          {"max-features", "columns tried at a node: auto, sqrt, log2, third, all, a count, or a share below 1", &max_features},
          {"min-samples-leaf", "least weight of a leaf", &min_samples_leaf, {}, 0, 1e18, true},
          {"min-samples-split", "least weight of a node that is split", &min_samples_split, {}, 0, 1e18},
          {"min-gain", "least drop of the impurity times the node's share", &min_gain, {}, 0, 1e300},
          {"bootstrap", "draw the rows of each tree with replacement", &bootstrap},
          {"oob", "score rows by the trees that did not see them", &oob, {}, -INFINITY, INFINITY, false, false, "bootstrap"},
          {"max-bins", "bins of a column", &max_bins, {}, 2, 255},
          {"seed", "of drawn rows and columns", &seed, {}, 0, 9e18}};
}

int64_t Forest::features_at_node(int64_t width, bool classes) const {
  const double P = static_cast<double>(width);
  const auto at_least_one = [&](double n) { return std::clamp<int64_t>(static_cast<int64_t>(n), 1, width); };
  if (max_features == "auto") return classes ? at_least_one(std::sqrt(P)) : width;
  if (max_features == "sqrt") return at_least_one(std::sqrt(P));
  if (max_features == "log2") return at_least_one(std::log2(P));
  if (max_features == "third") return at_least_one(P / 3);
  if (max_features == "all") return width;
  double value = 0;
  const auto [end, error] = std::from_chars(max_features.data(), max_features.data() + max_features.size(), value);
  GRIM_CHECK(error == std::errc() && end == max_features.data() + max_features.size() && value > 0 && std::isfinite(value), argument,
             name(), "max-features '{}': expected auto, sqrt, log2, third, all, a count, or a share below 1", max_features);
  return at_least_one(value < 1 ? value * P : std::min(value, P));
}

void Forest::fit_on(const Dataset& data) {
  const bool classes = data.classifies();
  GRIM_CHECK(criterion == "auto" || (criterion == "squared_error") != classes, argument, name(), "criterion {} is not for {}", criterion,
             classes ? "classes" : "numbers");
  GRIM_CHECK(!oob || bootstrap, argument, name(), "an out-of-bag score needs the bootstrap");
  const int64_t N = data.rows(), K = classes ? data.class_count() : 0;
  const Targets target = classes ? Targets{} : targets_of(data.y);
  // Weights of any size: the limits in weight go along, so that only the unit changes.
  constexpr int kWeightReach = 60;
  const double unit = binary_scale(largest_magnitude(data.weight), kWeightReach);
  const tree::ForestGrow o{.classes = K,
                           .entropy = criterion == "entropy",
                           .extra = extra_,
                           .max_depth = max_depth,
                           .max_features = features_at_node(data.x.width(), classes),
                           .min_leaf = min_samples_leaf * unit,
                           .min_split = min_samples_split * unit,
                           .min_gain = min_gain * target.scale * target.scale,
                           .exact = target.lost ? &target.exact : nullptr,
                           .seed = static_cast<uint64_t>(seed)};
  tree::Bins bins = tree::make_bins(data.x, data.weight, static_cast<int>(max_bins));
  bins.transpose();
  struct Part {
    tree::Trees trees;
    std::vector<float> shares;
    std::vector<double> numbers;
  };
  std::vector<Part> parts(static_cast<size_t>(tree_count));
  std::vector<std::vector<bool>> seen(oob ? parts.size() : 0);
  device::for_chunks(tree_count, [&](int64_t t) {
    std::vector<uint32_t> count;
    if (bootstrap) count = bootstrap_counts(N, o.seed, static_cast<uint32_t>(t));
    if (oob) seen[static_cast<size_t>(t)].assign(count.begin(), count.end());
    std::vector<tree::ForestRow> rows;
    rows.reserve(static_cast<size_t>(N));
    for (uint32_t r = 0; r < N; ++r) {
      if (bootstrap && count[r] == 0) continue;
      tree::ForestRow row{r, static_cast<float>((bootstrap ? count[r] : 1) * data.weight_of(r) * unit), {}};
      if (classes) row.label = static_cast<uint32_t>(data.y[r]);
      else row.target = static_cast<float>(target.exact[r]);
      rows.push_back(row);
    }
    tree::ForestTree grown = grow_forest_tree(bins, rows, o, static_cast<uint32_t>(t));
    Part& part = parts[static_cast<size_t>(t)];
    part.trees = tree::Trees(data.x.columns(), bins.doubles);
    part.trees.append(grown.nodes);
    part.shares = std::move(grown.shares);
    part.numbers = std::move(grown.numbers);
  });
  trees_ = tree::Trees(data.x.columns(), bins.doubles);
  shares_.clear(), numbers_.clear();
  std::unordered_map<std::string, uint32_t> place;  // of a distribution, by its bytes
  for (int64_t k = 0; k < K; ++k)
    for (int64_t j = 0; j < K; ++j) shares_.push_back(j == k);
  for (Part& part : parts) {
    const size_t first = trees_.nodes().size();
    trees_.join(part.trees);
    for (size_t i = first; i < trees_.nodes().size(); ++i) {
      if (!trees_.is_leaf(i)) continue;
      uint32_t& value = trees_.node(i).payload;
      if (!classes) {
        value += static_cast<uint32_t>(numbers_.size());
      } else if (value >= K) {
        const float* share = part.shares.data() + static_cast<size_t>(value - K) * static_cast<size_t>(K);
        const std::string key(reinterpret_cast<const char*>(share), static_cast<size_t>(K) * sizeof(float));
        const auto [at, fresh] = place.try_emplace(key, static_cast<uint32_t>(shares_.size() / static_cast<size_t>(K)));
        if (fresh) shares_.insert(shares_.end(), share, share + K);
        value = at->second;
      }
    }
    for (double v : part.numbers) numbers_.push_back(v / target.scale + target.mean);
    part = {};
  }
  report_.iterations = tree_count;
  report_.stopped = str("{} trees", tree_count);
  if (!trees_.any_split()) report_.warnings.push_back(tree::why_no_split(data, min_samples_leaf, min_samples_split));
  oob_score_ = NAN;
  if (oob) score_out_of_bag(data, seen);
}

void Forest::add_leaf(uint32_t leaf, double* out) const {
  const size_t value = trees_.node(leaf).payload;
  const auto K = static_cast<size_t>(class_count());
  if (value < K) {
    out[value] += 1;
    return;
  }
  const float* share = shares_.data() + value * K;
  for (size_t k = 0; k < K; ++k) out[k] += share[k];
}

void Forest::normalize(double* out) const {
  const double total = std::accumulate(out, out + class_count(), 0.0);
  for (int64_t k = 0; k < outputs(); ++k) out[k] /= total;
}

void Forest::predict_on(const Features& x, double* out) const {
  if (is_classifier()) return Estimator::predict_on(x, out);
  std::vector<MeanOf> mean(static_cast<size_t>(x.rows()));
  trees_.for_each_leaf(x, [&](int64_t row, size_t, uint32_t leaf) { mean[static_cast<size_t>(row)].add(numbers_[trees_.node(leaf).payload]); });
  for (int64_t r = 0; r < x.rows(); ++r) out[r] = mean[static_cast<size_t>(r)].value(trees_.count());
}

void Forest::proba_on(const Features& x, double* out) const {
  const int64_t K = class_count();
  std::fill_n(out, x.rows() * K, 0.0);
  trees_.for_each_leaf(x, [&](int64_t row, size_t, uint32_t leaf) { add_leaf(leaf, out + row * K); });
  for (int64_t r = 0; r < x.rows(); ++r) normalize(out + r * K);
}

bool Forest::predict_row(std::span<const float> row, std::span<double> out) const {
  if (!fitted() || trees_.in_doubles() || row.size() != columns().size() || out.size() != static_cast<size_t>(outputs()) ||
      (is_classifier() && classes().size() != out.size()))
    return false;
  if (!is_classifier()) {
    MeanOf mean;
    trees_.for_each_leaf_of(row.data(), [&](size_t, uint32_t leaf) { mean.add(numbers_[trees_.node(leaf).payload]); });
    out[0] = mean.value(trees_.count());
    return true;
  }
  std::fill(out.begin(), out.end(), 0.0);
  trees_.for_each_leaf_of(row.data(), [&](size_t, uint32_t leaf) { add_leaf(leaf, out.data()); });
  normalize(out.data());
  return true;
}

void Forest::score_out_of_bag(const Dataset& data, const std::vector<std::vector<bool>>& seen) {
  const int64_t N = data.rows(), D = data.class_count();
  std::vector<double> out(static_cast<size_t>(N * D));
  std::vector<MeanOf> number(data.classifies() ? 0 : static_cast<size_t>(N));
  std::vector<uint32_t> votes(static_cast<size_t>(N));
  trees_.for_each_leaf(data.x, [&](int64_t row, size_t t, uint32_t leaf) {
    if (seen[t][static_cast<size_t>(row)]) return;
    if (data.classifies()) add_leaf(leaf, out.data() + row * D);
    else number[static_cast<size_t>(row)].add(numbers_[trees_.node(leaf).payload]);
    ++votes[static_cast<size_t>(row)];
  });
  std::vector<double> y, predicted, weight;
  for (int64_t r = 0; r < N; ++r) {
    if (votes[static_cast<size_t>(r)] == 0) continue;
    const double* p = out.data() + r * D;
    y.push_back(data.y[static_cast<size_t>(r)]), weight.push_back(data.weight_of(r));
    predicted.push_back(data.classifies() ? static_cast<double>(std::max_element(p, p + D) - p)
                                          : number[static_cast<size_t>(r)].value(votes[static_cast<size_t>(r)]));
  }
  const int64_t never = N - static_cast<int64_t>(y.size());
  if (std::ranges::any_of(weight, [](double w) { return w > 0; }))
    oob_score_ = data.classifies() ? accuracy(y, predicted, weight) : regression_scores(y, predicted, weight).r2;
  report_.objective = oob_score_;
  if (never > 0)
    report_.warnings.push_back(str("{} rows were in the sample of every tree and are not in the out-of-bag score: grow more trees", never));
}

std::vector<double> Forest::importances() const {
  const auto P = static_cast<int64_t>(columns().size());
  std::vector<double> mean(static_cast<size_t>(P));
  double total = 0;
  for (size_t t = 0; t < trees_.count(); ++t) {
    std::vector<double> gain(static_cast<size_t>(P));
    double sum = 0;
    for (size_t i = trees_.root(t); i < trees_.end(t); ++i)
      if (!trees_.is_leaf(i)) gain[trees_.node(i).column()] += trees_.node(i).gain(), sum += trees_.node(i).gain();
    for (size_t c = 0; c < gain.size() && sum > 0; ++c) mean[c] += gain[c] / sum, total += gain[c] / sum;
  }
  for (double& m : mean) m /= total > 0 ? total : 1;
  return mean;
}

std::string Forest::describe() const {
  std::string out = str("{} trees, {} nodes, {:.1f} bytes a node\n", trees_.count(), trees_.nodes().size(),
                        static_cast<double>(bytes()) / static_cast<double>(trees_.nodes().size()));
  if (!std::isnan(oob_score_)) out += str("out-of-bag {}: {:.4f}\n", is_classifier() ? "accuracy" : "R^2", oob_score_);
  return out;
}

void Forest::write(State& state) const {
  trees_.write(state);
  state.set("shares", Tensor::from(shares_, {static_cast<int64_t>(shares_.size())}));
  state.set("numbers", numbers_);
  state.set("oob_score", Json(oob_score_));
}

void Forest::read(const State& state) {
  shares_ = state.tensor("shares", Dtype::f32, 1).to_vector<float>();
  numbers_ = state.numbers("numbers");
  const auto K = static_cast<size_t>(outputs());
  GRIM_CHECK(!is_classifier() || (shares_.size() >= K * K && shares_.size() % K == 0), input, name(), "got {} class shares for {} classes",
             shares_.size(), K);
  trees_.read(state, columns(), static_cast<int64_t>(is_classifier() ? shares_.size() / K : numbers_.size()));
  const Json& score = state.value("oob_score");
  oob_score_ = score.is_null() ? NAN : score.as_real();
}

}  // namespace grim
