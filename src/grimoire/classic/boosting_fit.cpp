// The rounds of gradient boosting.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/boosting.h"
#include "grimoire/classic/boosting_grow.h"
#include "grimoire/classic/narrowing.h"
#include "grimoire/classic/tree_exact.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

// Of each class the same share, of numbers a share of all; by the least random number, so that the count is exact.
std::vector<bool> held_out_rows(const Dataset& data, double share, uint64_t seed) {
  std::vector<bool> held(static_cast<size_t>(data.rows()));
  const int64_t strata = data.classifies() ? data.class_count() : 1;
  for (int64_t k = 0; k < strata; ++k) {
    std::vector<std::pair<uint64_t, int64_t>> drawn;
    for (int64_t r = 0; r < data.rows(); ++r) {
      if (data.classifies() && data.y[static_cast<size_t>(r)] != static_cast<double>(k)) continue;
      const auto words = philox4x32(seed, stream_id("boosting-held-out"), 0, static_cast<uint64_t>(r));
      drawn.emplace_back(uint64_t{words[0]} << 32 | words[1], r);
    }
    std::sort(drawn.begin(), drawn.end());
    const size_t count = static_cast<size_t>(std::floor(share * static_cast<double>(drawn.size()) + 0.5));
    for (size_t i = 0; i < std::min(count, drawn.size() - 1); ++i) held[static_cast<size_t>(drawn[i].second)] = true;
  }
  return held;
}

}  // namespace

struct Boosting::Fitting {
  Boosting& b;
  const Dataset& data;
  const size_t N;
  const size_t D;
  std::vector<uint32_t> train = {}, held = {};
  std::vector<double> score = {};  // (D, N)
  std::vector<double> g = {}, h = {};
  // one of the two
  std::optional<tree::SortedColumns> sorted = {};
  std::optional<tree::Bins> bins = {};
  std::optional<tree::Histograms> histograms = {};
  std::optional<tree::BoostGrower> grower = {};
  tree::BoostGrow limits = {};
  Tensor pairs = {};

  void start(double least_gain) {
    std::vector<bool> out(N);
    if (b.early_stopping > 0) out = held_out_rows(data, b.held_out, static_cast<uint64_t>(b.seed));
    for (uint32_t r = 0; r < N; ++r) (out[r] ? held : train).push_back(r);
    GRIM_CHECK(!train.empty() && (b.early_stopping == 0 || !held.empty()), input, b.name(), "got {} rows, too few to hold out {:g} of them",
               N, b.held_out);
    b.start_ = b.start == "zero" ? std::vector<double>(D, 0.0) : start_scores(b.spec_, data.y, data.weight, train);
    score.resize(D * N);
    for (size_t k = 0; k < D; ++k) std::fill_n(score.begin() + static_cast<ptrdiff_t>(k * N), N, b.start_[k]);
    limits = {.max_depth = b.max_depth, .max_leaves = b.max_leaves, .lambda = b.lambda, .min_child_weight = b.min_child_weight,
              .min_samples_leaf = b.min_samples_leaf, .min_gain = least_gain, .smoothing = b.smoothing,
              .hessian_is_weight = b.spec_.constant_hessian(), .monotone = b.monotone_directions(data.x.columns())};
    if (b.exact) {
      GRIM_CHECK(limits.monotone.empty() && b.column_share == 1, argument, b.name(),
                 "exact growth takes neither monotone columns nor a column share");
      GRIM_CHECK(!data.x.is_sparse(), argument, b.name(), "exact growth needs dense rows");
      sorted.emplace(data.x);
      b.trees_ = tree::Trees(data.x.columns(), sorted->doubles);
      return;
    }
    bins.emplace(tree::make_bins(data.x, data.weight, static_cast<int>(b.max_bins)));
    b.trees_ = tree::Trees(data.x.columns(), bins->doubles);
    choose_columns(0);
  }

  // With a column share every tree has its own columns, packed anew.
  void choose_columns(uint32_t tree) {
    if (tree > 0 && b.column_share == 1) return;
    std::vector<int64_t> columns(static_cast<size_t>(data.x.width()));
    std::iota(columns.begin(), columns.end(), int64_t{0});
    if (b.column_share < 1) {
      columns = Rng(RngMode::philox, static_cast<uint64_t>(b.seed), "boosting-columns", tree).permutation(data.x.width());
      columns.resize(static_cast<size_t>(std::max(1.0, std::round(b.column_share * static_cast<double>(columns.size())))));
      std::sort(columns.begin(), columns.end());
    }
    std::erase_if(columns, [&](int64_t c) { return bins->columns[static_cast<size_t>(c)].total() < 2; });  // constant: nothing to split
    const bool counts = b.min_samples_leaf > 1 && !b.spec_.constant_hessian();
    grower.reset();
    histograms.emplace(*bins, std::move(columns), counts);
    grower.emplace(*bins, *histograms, limits);
  }

  void draw_rows(uint32_t round, std::vector<uint32_t>& in, std::vector<uint32_t>& out) const {
    in.clear();
    out = held;
    for (uint32_t r : train) {
      const uint32_t word = philox4x32(static_cast<uint64_t>(b.seed), stream_id("boosting-rows"), round, r)[0];
      const bool chosen = b.row_share == 1 || unit_float(word) < static_cast<float>(b.row_share);
      (chosen ? in : out).push_back(r);
    }
    if (in.empty()) in.push_back(train[round % train.size()]);
  }

  double leaf_quantile(std::span<const uint32_t> rows, double low, double high) const {
    std::vector<std::pair<double, double>> residual;
    for (uint32_t r : rows) residual.emplace_back(data.y[r] - score[r], data.weight_of(r));
    return std::clamp(tree::weighted_quantile(residual, b.spec_.loss == tree::Loss::absolute ? 0.5 : b.spec_.quantile), low, high);
  }

  void add_tree(size_t k, uint32_t tree, const std::vector<uint32_t>& rows, const std::vector<uint32_t>& others) {
    choose_columns(tree);
    const int cell = histograms->width();
    float* gh = pairs.data<float>() + k * N * static_cast<size_t>(cell);
    std::vector<tree::Draft> drafts = grower->grow(gh, rows, others);
    const auto& leaves = grower->leaves();
    std::vector<double> value(leaves.size());
    double* s = score.data() + k * N;
    device::for_chunks(static_cast<int64_t>(leaves.size()), [&](int64_t i) {
      const auto& leaf = leaves[static_cast<size_t>(i)];
      double& v = value[static_cast<size_t>(i)];
      v = b.spec_.renews_leaves() ? leaf_quantile(leaf.rows, grower->low(leaf.node), grower->high(leaf.node)) : grower->value(leaf.node);
      v *= b.learning_rate;
      for (uint32_t r : leaf.rows) s[r] += v;
      for (uint32_t r : leaf.others) s[r] += v;
    });
    for (size_t i = 0; i < leaves.size(); ++i) {
      drafts[leaves[i].node].value = static_cast<uint32_t>(b.value_.size());
      b.value_.push_back(value[i]);
    }
    b.trees_.append(drafts);
  }

  void add_exact_tree(size_t k, const std::vector<uint32_t>& rows, const std::vector<uint32_t>& others) {
    derivatives(b.spec_, score, data.y, data.weight, static_cast<int64_t>(k), g, h);
    for (uint32_t r : others) h[r] = 0;  // takes no part
    const tree::ExactOptions o{.criterion = tree::Criterion::sums,
                               .max_depth = b.max_depth,
                               .max_leaves = b.max_leaves,
                               .min_leaf = b.min_child_weight,
                               .min_split = 2 * b.min_child_weight,
                               .min_rows = static_cast<int64_t>(b.min_samples_leaf),
                               .only_gaining = true,
                               .lambda = b.lambda};
    tree::ExactTree grown = grow_exact(*sorted, {.g = &g, .h = &h}, o);
    std::vector<std::vector<uint32_t>> rows_of(grown.nodes.size());
    if (b.spec_.renews_leaves())
      for (uint32_t r : rows) rows_of[grown.leaf_of_row[r]].push_back(r);
    std::vector<double> value(grown.nodes.size());
    for (size_t i = 0; i < value.size(); ++i) {
      if (!grown.nodes[i].leaf()) continue;
      value[i] = b.learning_rate * (rows_of[i].empty() ? grown.value[i] : leaf_quantile(rows_of[i], -INFINITY, INFINITY));
      grown.nodes[i].value = static_cast<uint32_t>(b.value_.size());
      b.value_.push_back(value[i]);
    }
    b.trees_.append(grown.nodes);
    double* s = score.data() + k * N;
    for (uint32_t r : rows) s[r] += value[grown.leaf_of_row[r]];
    for (uint32_t r : others) s[r] += b.leaf_value(b.trees_.leaf_of(b.trees_.count() - 1, data.x, r));
  }

  // All trees of a round see the scores from before it.
  void one_round(uint32_t round) {
    std::vector<uint32_t> rows, others;
    draw_rows(round, rows, others);
    if (!b.exact) fill_pairs();
    const std::vector<double> before = b.exact && D > 1 ? score : std::vector<double>();
    std::vector<double> after = before;
    for (size_t k = 0; k < D; ++k) {
      if (!b.exact) {
        add_tree(k, static_cast<uint32_t>(round * D + k), rows, others);
        continue;
      }
      if (D > 1) score = before;
      add_exact_tree(k, rows, others);
      if (D > 1) std::copy_n(score.begin() + static_cast<ptrdiff_t>(k * N), N, after.begin() + static_cast<ptrdiff_t>(k * N));
    }
    if (b.exact && D > 1) score = after;
  }

  void fill_pairs() {
    const auto cell = static_cast<size_t>(histograms->width());
    if (!pairs.defined()) pairs = Tensor::zeros({static_cast<int64_t>(D * N * cell)});
    float* p = pairs.data<float>();
    derivative_pairs(b.spec_, score, data.y, data.weight, p, N * cell);
    for (size_t k = 0; cell == 4 && k < D; ++k) {
      float* out = p + k * N * cell;
      for (size_t r = N; r-- > 0;) {  // spread from pairs to fours, from the end
        const float gr = out[2 * r], hr = out[2 * r + 1];
        out[4 * r] = gr, out[4 * r + 1] = hr;
        out[4 * r + 2] = static_cast<float>(data.weight_of(static_cast<int64_t>(r))), out[4 * r + 3] = 0;
      }
    }
  }
};

// Losses that go by y - score: targets far from 0 are fitted about a centre, which would take the digits of every score. Squared loss of
// targets whose squares and floats would leave their range: the same fit in another unit, a power of two.
void Boosting::fit_on(const Dataset& data) {
  using tree::Loss;
  spec_ = spec_for(data);
  value_.clear(), training_losses_.clear(), held_out_losses_.clear();
  constexpr int kReach = 60, kLeast = 10;  // a sum of gradients, as floats; gains must stay above the least that counts as one
  const bool by_differences = spec_.loss == Loss::squared || spec_.loss == Loss::absolute || spec_.loss == Loss::quantile;
  centre_ = by_differences && start == "best" ? large_offset(data.y) : 0;
  double largest = 0;
  for (double y : data.y) largest = std::max(largest, std::abs(y - centre_));
  const double unit = spec_.loss == Loss::squared ? binary_scale(largest, largest < 1 ? kLeast : kReach) : 1;
  if (unit == 1 && centre_ == 0) {
    fit_rounds(data, min_gain);
  } else {
    Dataset scaled = data;
    for (double& y : scaled.y) y = (y - centre_) * unit;
    fit_rounds(scaled, min_gain * unit * unit);
    for (auto* numbers : {&value_, &start_})
      for (double& v : *numbers) v /= unit;
    for (auto* losses : {&training_losses_, &held_out_losses_})
      for (double& v : *losses) v = v / unit / unit;
    report_.objective = report_.objective / unit / unit;
  }
  if (!trees_.any_split()) report_.warnings.push_back(tree::why_no_split(data, min_samples_leaf));
}

void Boosting::fit_rounds(const Dataset& data, double least_gain) {
  Fitting f{*this, data, static_cast<size_t>(data.rows()), static_cast<size_t>(spec_.outputs())};
  f.start(least_gain);
  int64_t best = 0;
  double best_loss = INFINITY;
  int64_t round = 0;
  for (; round < rounds; ++round) {
    f.one_round(static_cast<uint32_t>(round));
    if (early_stopping == 0) continue;
    training_losses_.push_back(mean_loss(spec_, f.score, data.y, data.weight, f.train));
    held_out_losses_.push_back(mean_loss(spec_, f.score, data.y, data.weight, f.held));
    if (held_out_losses_.back() < best_loss) best_loss = held_out_losses_.back(), best = round + 1;
    if (round + 1 - best >= early_stopping) {
      ++round;
      break;
    }
  }
  report_.iterations = round;
  report_.converged = early_stopping == 0 || round < rounds;
  report_.stopped = str("{} rounds", round);
  report_.objective = mean_loss(spec_, f.score, data.y, data.weight, f.train);
  if (early_stopping > 0) {
    report_.objective = training_losses_[static_cast<size_t>(best - 1)];
    report_.stopped = str("round {} of {} was best on the {} rows held out (loss {:.6g})", best, round, f.held.size(), best_loss);
    if (!report_.converged)
      report_.warnings.push_back(str("the held-out loss was still falling after {} rounds: more rounds may help", round));
    trees_.truncate(static_cast<size_t>(best * spec_.outputs()));
    value_.resize((trees_.nodes().size() + trees_.count()) / 2);  // a binary tree has one leaf more than splits
  }
}

}  // namespace grim
