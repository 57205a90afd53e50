#include "grimoire/classic/elastic_net.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/classic/linear_moments.h"
#include "grimoire/classic/narrowing.h"

namespace grim {

PathChoice cross_validate_path(const Dataset& data, const PathOptions& given, int64_t folds) {
  const int64_t N = data.rows();
  GRIM_CHECK(N >= 2, input, "elastic-net", "got {} row(s), expected two or more: one to learn from, one to judge by", N);
  GRIM_CHECK(folds >= 2 && folds <= N, argument, "elastic-net", "got {} folds for {} rows, expected 2 to {}", folds, N, N);
  PathOptions options = given;
  options.least_gain = 0;
  if (options.alphas.empty()) {
    const double top = elastic_net_alpha_max(data, options);
    for (int64_t i = 0; i < options.count; ++i)
      options.alphas.push_back(
          top * std::pow(options.ratio, static_cast<double>(i) / static_cast<double>(std::max<int64_t>(1, options.count - 1))));
  }
  PathChoice choice{.alphas = options.alphas, .mse = std::vector<double>(options.alphas.size(), 0.0)};
  for (int64_t f = 0, begin = 0; f < folds; ++f) {
    const int64_t end = begin + N / folds + (f < N % folds);
    std::vector<int64_t> kept;
    for (int64_t r = 0; r < N; ++r)
      if (r < begin || r >= end) kept.push_back(r);
    double total = 0;
    for (int64_t r = begin; r < end; ++r) total += data.weight_of(r);
    const std::vector<PathPoint> path = elastic_net_path(data.pick(kept), options);
    std::vector<double> row(static_cast<size_t>(data.x.width()));
    for (int64_t r = begin; r < end; ++r) {
      data.x.read_rows(r, r + 1, row.data());
      for (size_t a = 0; a < path.size(); ++a) {
        double e = data.y[r] - path[a].intercept;
        for (size_t k = 0; k < path[a].column.size(); ++k) e -= row[path[a].column[k]] * path[a].value[k];
        choice.mse[a] += data.weight_of(r) / total * e * e / static_cast<double>(folds);
      }
    }
    begin = end;
  }
  choice.best = static_cast<size_t>(std::min_element(choice.mse.begin(), choice.mse.end()) - choice.mse.begin());
  return choice;
}

// From the rows themselves, whatever the solver kept of them. Dual point and formula: see Path::gap.
DualityGap duality_gap(const Dataset& data, const PathOptions& o, const std::vector<double>& w, double intercept) {
  const int64_t N = data.rows(), P = data.x.width();
  const double alpha = o.alphas[0], l1 = alpha * o.l1_ratio, l2 = alpha * (1 - o.l1_ratio);
  double total = 0, mean = 0;
  for (int64_t r = 0; r < N; ++r) total += data.weight_of(r), mean += data.weight_of(r) * data.y[r];
  mean = o.intercept ? mean / total : 0;
  std::vector<double> row(static_cast<size_t>(data.x.is_sparse() ? 0 : P)), product(static_cast<size_t>(P), 0.0), square(product);
  std::vector<double> means = o.intercept && o.standardise ? column_means(data.x, {}, data.weight, N) : product;
  const auto each = [&](int64_t r, auto&& f) {  // f(column, value)
    if (!data.x.is_sparse()) {
      for (int64_t j = 0; j < P; ++j) f(j, row[j]);
      return;
    }
    const auto columns = data.x.sparse().columns_of(r);
    for (size_t k = 0; k < columns.size(); ++k) f(static_cast<int64_t>(columns[k]), data.x.sparse().values_of(r)[k]);
  };
  DualityGap d;
  double squares = 0, ry = 0;
  for (int64_t r = 0; r < N; ++r) {
    if (!data.x.is_sparse()) data.x.read_rows(r, r + 1, row.data());
    const double share = data.weight_of(r) / total, y = data.y[r] - mean;
    double residual = data.y[r] - intercept;
    each(r, [&](int64_t j, double v) { residual -= v * w[j]; });
    squares += share * residual * residual;
    ry += share * residual * y;
    d.at_zero += share * y * y / 2;
    // about the means: what is not stored of a sparse row adds mean^2 each, which the last term makes good
    each(r, [&](int64_t j, double v) {
      product[j] += share * residual * v;
      square[j] += share * ((v - means[j]) * (v - means[j]) - means[j] * means[j]);
    });
  }
  for (int64_t j = 0; j < P; ++j) square[j] += means[j] * means[j];
  double largest = 0, sum = 0, penalty = 0, unshrunk = 0;
  for (int64_t j = 0; j < P; ++j) {
    const double size = o.standardise ? std::sqrt(square[j]) : 1, b = w[j] * size;
    if (size > 0) largest = std::max(largest, std::abs(product[j] / size - l2 * b));
    sum += std::abs(b);
    if (l2 > 0) penalty += b * b, unshrunk += unshrunk_gap(size > 0 ? product[j] / size : 0, b, l1, l2);
  }
  const double t = largest > l1 ? l1 / largest : 1.0;
  d.objective = squares / 2 + l1 * sum + l2 / 2 * penalty;
  d.gap = 0.5 * (1 + t * t) * (squares + l2 * penalty) + l1 * sum - t * ry;
  if (l2 > 0) d.gap = std::min(d.gap, unshrunk);
  return d;
}

Options ElasticNet::params() {
  return {{.name = "alpha", .help = "strength of the penalty", .target = &alpha_, .low = 0, .basic = true, .with = "folds=0"},
          {.name = "l1-ratio",
           .help = "share of |w| in the penalty, the rest being |w|^2 / 2",
           .target = &options_.l1_ratio,
           .low = 0,
           .high = 1,
           .basic = true},
          {.name = "folds",
           .help = "choose alpha by cross-validation on so many parts; 0: take alpha as given",
           .target = &folds_,
           .low = 0,
           .basic = true},
          {.name = "tolerance", .help = "duality gap to stop at, relative to the objective at 0", .target = &options_.tolerance, .low = 0},
          {.name = "max-sweeps", .help = "sweeps over the columns at most", .target = &options_.most_sweeps, .low = 1},
          {.name = "standardise", .help = "penalise columns as if their deviation were 1", .target = &options_.standardise},
          {.name = "intercept", .help = "fit a constant term", .target = &options_.intercept}};
}
Options Lasso::params() {
  Options o = ElasticNet::params();
  std::erase_if(o, [](const Option& each) { return each.name == "l1-ratio"; });
  return o;
}

// Targets far from 0 are taken about a centre, which the constant term takes up. u y for y, u a power of two, has its minimum at u w when
// alpha l1_ratio, which is of the unit of y, becomes u times as large and alpha (1 - l1_ratio), which is not, stays: squares of y then stay
// within the range of a double.
ElasticNet::TargetScale ElasticNet::scale_target(const Dataset& given, Dataset& storage, PathOptions& options) const {
  constexpr int kReach = 100;
  TargetScale t{.centre = options.intercept ? large_offset(given.y) : 0};
  double largest = 0;
  for (double y : given.y) largest = std::max(largest, std::abs(y - t.centre));
  t.unit = binary_scale(largest, kReach);
  if (t.unit == 1 && t.centre == 0) return t;
  storage = given;
  for (double& y : storage.y) y = (y - t.centre) * t.unit;
  if (t.unit == 1) return t;
  const double l1 = t.unit * options.l1_ratio, l2 = 1 - options.l1_ratio;
  t.alpha = l1 + l2;
  options.l1_ratio = l1 / t.alpha;
  return t;
}

void ElasticNet::fit_on(const Dataset& given) {
  Dataset moved, scaled;
  offset_.clear();
  const Dataset& centred = options_.intercept ? less_offsets_of(given, moved) : given;
  PathOptions options = options_;
  const TargetScale target = scale_target(centred, scaled, options);
  const Dataset& data = scaled.y.empty() ? centred : scaled;
  options.alphas = {alpha_ * target.alpha};
  if (folds_ > 0) {
    options.alphas.clear();
    const PathChoice choice = cross_validate_path(data, options, folds_);
    options.alphas = {choice.alphas[choice.best]};
    if (choice.best + 1 == choice.alphas.size())
      report_.warnings.push_back(str("the best alpha, {:g}, is the smallest that was tried", options.alphas[0] / target.alpha));
  }
  chosen_ = folds_ > 0 ? options.alphas[0] / target.alpha : alpha_;
  const PathPoint point = elastic_net_path(data, options)[0];
  coef_.assign(static_cast<size_t>(data.x.width()), 0.0);
  for (size_t k = 0; k < point.column.size(); ++k) coef_[point.column[k]] = point.value[k];
  const DualityGap reached = duality_gap(data, options, coef_, point.intercept);
  for (double& w : coef_) w /= target.unit;
  intercept_ = {point.intercept / target.unit + target.centre};
  put_back();
  tell(reached, options, target.unit, point.sweeps);
  if (point.column.empty()) report_.warnings.push_back(str("every coefficient is 0: alpha {:g} is too large", chosen_));
}

void ElasticNet::tell(const DualityGap& reached, const PathOptions& options, double unit, int64_t sweeps) {
  report_.converged = reached.gap <= options.tolerance * reached.at_zero;
  report_.iterations = sweeps;
  report_.objective = reached.objective / unit / unit;
  report_.gap = reached.gap / unit / unit;
  const std::string gap = unit == 1 ? str("{:.3g}", report_.gap) : str("{:.3g} of the objective at 0", reached.gap / reached.at_zero);
  report_.stopped = report_.converged ? "duality gap " + gap : str("{} sweeps, duality gap {}", sweeps, gap);
  if (!report_.converged) report_.warnings.push_back("not converged: allow more sweeps, a larger tolerance, or a larger alpha");
}

void ElasticNet::write(State& state) const {
  LinearModel::write(state);
  state.set("chosen_alpha", Json(chosen_));
}
void ElasticNet::read(const State& state) {
  LinearModel::read(state);
  chosen_ = state.value("chosen_alpha").as_real();
}

}  // namespace grim
