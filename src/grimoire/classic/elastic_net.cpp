#include "grimoire/classic/elastic_net.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"

namespace grim {

PathChoice cross_validate_path(const Dataset& data, const PathOptions& given, int64_t folds) {
  const int64_t N = data.rows();
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

Options ElasticNet::params() {
  return {{.name = "alpha", .help = "strength of the penalty", .target = &alpha_, .low = 0, .basic = true},
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

void ElasticNet::fit_on(const Dataset& given) {
  Dataset moved;
  offset_.clear();
  const Dataset& data = options_.intercept ? less_offsets_of(given, moved) : given;
  chosen_ = alpha_;
  PathOptions options = options_;
  if (folds_ > 0) {
    const PathChoice choice = cross_validate_path(data, options, folds_);
    chosen_ = choice.alphas[choice.best];
    if (choice.best + 1 == choice.alphas.size())
      report_.warnings.push_back(str("the best alpha, {:g}, is the smallest that was tried", chosen_));
  }
  options.alphas = {chosen_};
  const PathPoint point = elastic_net_path(data, options)[0];
  coef_.assign(static_cast<size_t>(data.x.width()), 0.0);
  for (size_t k = 0; k < point.column.size(); ++k) coef_[point.column[k]] = point.value[k];
  intercept_ = {point.intercept};
  put_back();
  report_.converged = point.converged;
  report_.iterations = point.sweeps;
  report_.objective = point.objective;
  report_.gap = point.gap;
  report_.stopped = point.converged ? str("duality gap {:.3g}", point.gap) : str("{} sweeps, duality gap {:.3g}", point.sweeps, point.gap);
  if (!point.converged) report_.warnings.push_back("not converged: allow more sweeps, a larger tolerance, or a larger alpha");
  if (point.column.empty()) report_.warnings.push_back(str("every coefficient is 0: alpha {:g} is too large", chosen_));
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
