#include "grimoire/classic/boosting.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/sigmoid.h"
#include "grimoire/base/softmax.h"

namespace grim {

Options Boosting::params() {
  return {{"loss", "what is lowered", &loss, {"auto", "log_loss", "squared", "absolute", "quantile", "poisson"}, -INFINITY, INFINITY, true},
          {"rounds", "trees, or trees a class beyond two classes", &rounds, {}, 1, 1e6, true},
          {"learning-rate", "share of each tree that is added", &learning_rate, {}, 1e-9, 1e3, true},
          {"max-leaves", "leaves of a tree, the best split first; 0 for no limit", &max_leaves, {}, 0, 1e6, true},
          {"max-depth", "deepest leaf, 0 for no limit", &max_depth, {}, 0, 1000, true},
          {"lambda", "L2 penalty on leaf values", &lambda, {}, 0, 1e12},
          {"min-child-weight", "least sum of hessians in a leaf", &min_child_weight, {}, 0, 1e12},
          {"min-samples-leaf", "least weight of rows in a leaf", &min_samples_leaf, {}, 0, 1e18},
          {"min-gain", "least gain of a split", &min_gain, {}, 0, 1e300},
          {"quantile", "that the loss aims at", &quantile, {}, 1e-6, 1 - 1e-6, false, false, "loss=quantile"},
          {"row-share", "rows drawn for each tree", &row_share, {}, 1e-6, 1},
          {"column-share", "columns drawn for each tree", &column_share, {}, 1e-6, 1},
          {"early-stopping", "rounds without a better held-out loss before stopping, 0 for never", &early_stopping, {}, 0, 1e6, true},
          {"held-out", "share of the rows kept out", &held_out, {}, 1e-3, 0.9, false, false, "early-stopping"},
          {"monotone", "columns with a direction, like age=+1,price=-1", &monotone},
          {"start", "the first score", &start, {"best", "zero"}},
          {"exact", "try every threshold instead of bins", &exact},
          {"max-bins", "bins of a column", &max_bins, {}, 2, 255, false, false, "", {"exact"}},
          {"smoothing", "of category levels, in units of the hessian", &smoothing, {}, 0, 1e9},
          {"seed", "of drawn rows and columns", &seed, {}, 0, 9e18}};
}

tree::LossSpec Boosting::spec_for(const Dataset& data) const {
  const bool classes = data.classifies();
  GRIM_CHECK(loss == "auto" || (loss == "log_loss") == classes, argument, name(), "loss {} is not for {}", loss,
             classes ? "classes" : "numbers");
  tree::LossSpec spec{.classes = data.class_count(), .quantile = quantile};
  spec.loss = classes              ? tree::Loss::log_loss
              : loss == "absolute" ? tree::Loss::absolute
              : loss == "quantile" ? tree::Loss::quantile
              : loss == "poisson"  ? tree::Loss::poisson
                                   : tree::Loss::squared;
  if (spec.loss == tree::Loss::poisson)
    for (size_t r = 0; r < data.y.size(); ++r)
      GRIM_CHECK(data.y[r] >= 0 && data.y[r] <= 1e18, input, name(), "row {}: target {}, expected a Poisson count from 0 to 1e18",
                 data.x.row_number(static_cast<int64_t>(r)), data.y[r]);
  return spec;
}

std::vector<int8_t> Boosting::monotone_directions(const std::vector<ColumnInfo>& columns) const {
  std::vector<int8_t> directions;
  for (size_t at = 0; at < monotone.size();) {
    const size_t comma = std::min(monotone.find(',', at), monotone.size()), equals = monotone.rfind('=', comma);
    GRIM_CHECK(equals != std::string::npos && equals > at, argument, name(), "monotone '{}': expected COLUMN=+1 or COLUMN=-1",
               monotone.substr(at, comma - at));
    const std::string column = monotone.substr(at, equals - at), sign = monotone.substr(equals + 1, comma - equals - 1);
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const ColumnInfo& c) { return c.name == column; });
    GRIM_CHECK(found != columns.end(), argument, name(), "monotone: no column is called '{}'", column);
    GRIM_CHECK(found->kind == ColumnKind::number, argument, name(), "monotone: column '{}' is a category, which has no order", column);
    GRIM_CHECK(sign == "+1" || sign == "1" || sign == "-1", argument, name(), "monotone: column '{}' got '{}', expected +1 or -1", column,
               sign);
    directions.resize(columns.size());
    directions[static_cast<size_t>(found - columns.begin())] = sign == "-1" ? -1 : 1;
    at = comma + 1;
  }
  return directions;
}

Tensor Boosting::decision_on(const Features& x) const {
  const int64_t D = spec_.outputs();
  const Tensor scores = Tensor::empty({x.rows(), D}, Dtype::f64);
  double* s = scores.data<double>();
  for (int64_t r = 0; r < x.rows(); ++r) std::copy(start_.begin(), start_.end(), s + r * D);
  trees_.for_each_leaf(x, [&](int64_t row, size_t t, uint32_t leaf) { s[row * D + static_cast<int64_t>(t) % D] += leaf_value(leaf); });
  if (centre_ != 0)
    for (int64_t i = 0; i < x.rows() * D; ++i) s[i] += centre_;
  return scores;
}

void Boosting::to_prediction(double* s) const {
  switch (spec_.loss) {
    case tree::Loss::poisson: *s = std::exp(*s); return;
    case tree::Loss::log_loss: break;
    default: return;
  }
  if (spec_.outputs() == 1) {
    s[1] = sigmoid(s[0]);
    s[0] = 1 - s[1];
    return;
  }
  softmax_row(s, s, spec_.classes);
}

void Boosting::predict_on(const Features& x, double* out) const {
  if (is_classifier()) return Estimator::predict_on(x, out);
  const Tensor scores = decision_on(x);
  std::copy_n(scores.data<double>(), x.rows(), out);
  for (int64_t r = 0; r < x.rows(); ++r) to_prediction(out + r);
}

void Boosting::proba_on(const Features& x, double* out) const {
  const Tensor scores = decision_on(x);
  const int64_t D = spec_.outputs(), K = spec_.classes;
  for (int64_t r = 0; r < x.rows(); ++r) {
    std::copy_n(scores.data<double>() + r * D, D, out + r * K);
    to_prediction(out + r * K);
  }
}

bool Boosting::predict_row(std::span<const float> row, std::span<double> out) const {
  const size_t want = is_classifier() ? classes().size() : 1;
  if (!fitted() || trees_.in_doubles() || row.size() != columns().size() || out.size() != want || static_cast<int64_t>(classes().size()) != class_count())
    return false;
  const auto D = static_cast<size_t>(spec_.outputs());
  std::copy(start_.begin(), start_.end(), out.begin());
  if (D == 1) trees_.for_each_leaf_of(row.data(), [&](size_t, uint32_t leaf) { out[0] += leaf_value(leaf); });
  else trees_.for_each_leaf_of(row.data(), [&](size_t t, uint32_t leaf) { out[t % D] += leaf_value(leaf); });
  if (centre_ != 0) out[0] += centre_;
  to_prediction(out.data());
  return true;
}

std::vector<double> Boosting::importances() const {
  std::vector<double> gain = trees_.gains(static_cast<int64_t>(columns().size()));
  double total = 0;
  for (double g : gain) total += g;
  if (total > 0)
    for (double& g : gain) g /= total;
  return gain;
}

std::string Boosting::describe() const {
  std::string out = str("{} trees, {} nodes, {}\n", trees_.count(), trees_.nodes().size(), report_.stopped);
  const std::vector<double> share = importances();
  std::vector<size_t> order(share.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return share[a] > share[b]; });
  for (size_t i = 0; i < std::min<size_t>(10, order.size()) && share[order[i]] > 0; ++i)
    out += str("  {}: {:.1f} % of the gain\n", columns()[order[i]].name, 100 * share[order[i]]);
  return out;
}

void Boosting::write(State& state) const {
  trees_.write(state);
  state.set("value", value_);
  state.set("start", start_);
  if (centre_ != 0) state.needs(3), state.set("centre", Json(centre_));
  state.set("loss", Json(static_cast<int64_t>(spec_.loss)));
  state.set("stopped", Json(report_.stopped));
  state.set("training_losses", training_losses_);
  state.set("held_out_losses", held_out_losses_);
}

void Boosting::read(const State& state) {
  const int64_t kind = state.value("loss").as_integer();
  GRIM_CHECK(kind >= 0 && kind <= static_cast<int64_t>(tree::Loss::poisson), input, name(), "loss number {}", kind);
  spec_ = {static_cast<tree::Loss>(kind), class_count(), quantile};
  GRIM_CHECK((spec_.loss == tree::Loss::log_loss) == (class_count() >= 2), input, name(), "loss number {} with {} classes", kind,
             class_count());
  value_ = state.numbers("value");
  start_ = state.numbers("start", spec_.outputs());
  centre_ = state.holds("centre") ? state.value("centre").as_real() : 0;
  GRIM_CHECK(std::isfinite(centre_) && (centre_ == 0 || spec_.outputs() == 1), input, name(), "a centre of {} for {} scores", centre_, spec_.outputs());
  trees_.read(state, columns(), static_cast<int64_t>(value_.size()));
  GRIM_CHECK(static_cast<int64_t>(trees_.count()) % spec_.outputs() == 0, input, name(), "{} trees for {} classes", trees_.count(),
             spec_.outputs());
  report_.stopped = state.value("stopped").as_text();
  training_losses_ = state.numbers("training_losses");
  held_out_losses_ = state.numbers("held_out_losses");
}

}  // namespace grim
