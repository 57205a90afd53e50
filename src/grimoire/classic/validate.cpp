#include "grimoire/classic/validate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/regression.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/summary.h"

namespace grim {
namespace {

// `p`: the probabilities, undefined when the learner has none.
std::vector<double> metrics_of(const Estimator& e, const Dataset& test, const std::vector<double>& predicted, const Tensor& p) {
  if (!e.is_classifier()) {
    const RegressionScores s = regression_scores(test.y, predicted, test.weight);
    return {s.r2, s.rmse, s.mae};
  }
  std::vector<double> values{accuracy(test.y, predicted, test.weight)};
  if (!p.defined()) return values;
  values.push_back(log_loss(test.y, p, test.weight));
  const std::set<double> seen(test.y.begin(), test.y.end());
  if (seen.size() != test.classes.size()) return values.push_back(NAN), values;  // a fold without some class has no AUC
  if (test.classes.size() > 2) return values.push_back(roc_auc_one_vs_rest(test.y, p, test.weight)), values;
  std::vector<double> score;
  for (int64_t r = 0; r < p.dim(0); ++r) score.push_back(p.data<double>()[2 * r + 1]);
  values.push_back(roc_auc(test.y, score, test.weight));
  return values;
}

std::vector<std::string> metric_names(const Estimator& e) {
  if (!e.is_classifier()) return {"R2", "RMSE", "MAE"};
  if (e.has_proba()) return {"accuracy", "log loss", "AUC"};
  return {"accuracy"};
}

void tell(const FitProgress& progress, int64_t done, int64_t all) {
  GRIM_CHECK(!progress || progress(done, all), state, "validate", "stopped after {} of {} fits", done, all);
}

void add_fold(FoldScores& scores, const Estimator& e, const Dataset& train, const Dataset& test, const Fold& fold, double seconds) {
  const std::vector<double> predicted = e.predict(test.x);
  scores.metrics = metric_names(e);
  const Tensor p = e.is_classifier() && e.has_proba() ? e.predict_proba(test.x) : Tensor();
  scores.test.push_back(metrics_of(e, test, predicted, p));
  scores.train_score.push_back(e.score(train));
  scores.seconds.push_back(seconds);
  for (size_t i = 0; i < fold.test.size(); ++i) scores.predicted[static_cast<size_t>(fold.test[i])] = predicted[i];
  if (p.defined() && test.class_count() == 2) {
    scores.probability.resize(scores.predicted.size(), NAN);
    for (size_t i = 0; i < fold.test.size(); ++i) scores.probability[static_cast<size_t>(fold.test[i])] = p.data<double>()[2 * i + 1];
  }
  for (const std::string& w : e.report().warnings)
    if (std::find(scores.warnings.begin(), scores.warnings.end(), w) == scores.warnings.end()) scores.warnings.push_back(w);
}

}  // namespace

std::vector<Fold> shuffled(const Dataset& data, int64_t k, uint64_t seed) {
  return shuffled_folds(data.classifies() ? data.y : std::vector<double>(), data.rows(), k, seed);
}

std::vector<Fold> folds_for(const Dataset& data, int64_t k) {
  return data.classifies() ? stratified_folds(data.y, k) : k_folds(data.rows(), k);
}

double deviation_of_scores(std::span<const double> v) {
  for (double x : v)
    if (!std::isfinite(x)) return NAN;
  return v.size() > 1 ? stats::sample_of(v).deviation_of() : 0;
}

double FoldScores::mean(size_t metric) const {
  std::vector<double> v;
  for (const auto& fold : test) v.push_back(fold[metric]);
  return stats::mean(v);
}
double FoldScores::std(size_t metric) const {
  std::vector<double> v;
  for (const auto& fold : test) v.push_back(fold[metric]);
  return deviation_of_scores(v);
}

FoldScores cross_validate(const Estimator& prototype, const Dataset& data, const std::vector<Fold>& folds, const FitProgress& progress) {
  FoldScores scores;
  scores.predicted.assign(static_cast<size_t>(data.rows()), NAN);
  for (size_t f = 0; f < folds.size(); ++f) {
    tell(progress, static_cast<int64_t>(f), static_cast<int64_t>(folds.size()));
    const Dataset train = data.pick(folds[f].train), test = data.pick(folds[f].test);
    const auto fold = prototype.clone();
    const double start = monotonic_seconds();
    fold->fit(train);
    add_fold(scores, *fold, train, test, folds[f], monotonic_seconds() - start);
  }
  return scores;
}

Grid Grid::parse(const std::vector<std::string>& texts) {
  Grid grid;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals + 1 == text.size())
      throw Error(ErrorKind::usage, str("'{}': expected NAME=VALUE,VALUE,...", text));
    std::vector<std::string> values;
    for (size_t at = equals + 1; at <= text.size();) {
      const size_t end = std::min(text.find(',', at), text.size());
      values.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    grid.axes.emplace_back(text.substr(0, equals), std::move(values));
  }
  return grid;
}

std::vector<std::vector<std::string>> Grid::points() const {
  std::vector<std::vector<std::string>> points{{}};
  for (const auto& [name, values] : axes) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& point : points)
      for (const std::string& value : values) {
        longer.push_back(point);
        longer.back().push_back(name + "=" + value);
      }
    points = std::move(longer);
  }
  return points;
}

GridSearch grid_search(const Estimator& prototype, const Dataset& data, const Grid& grid, const std::vector<Fold>& folds,
                       const FitProgress& progress) {
  GridSearch search;
  const auto points = grid.points();
  const int64_t all = static_cast<int64_t>(points.size() * folds.size());
  for (const auto& point : points) {
    const int64_t before = static_cast<int64_t>(search.points.size() * folds.size());
    const auto candidate = prototype.clone();
    set_params(*candidate, point);
    const FoldScores scores =
        cross_validate(*candidate, data, folds, [&](int64_t done, int64_t) { return !progress || progress(before + done, all); });
    search.points.push_back({point, scores.mean(), scores.std()});
    if (scores.mean() > search.points[search.best].mean) search.best = search.points.size() - 1;
  }
  return search;
}

FoldScores nested_validation(const Estimator& prototype, const Dataset& data, const Grid& grid, const std::vector<Fold>& outer,
                             int64_t inner_folds, const FitProgress& progress) {
  FoldScores scores;
  scores.predicted.assign(static_cast<size_t>(data.rows()), NAN);
  const int64_t each = static_cast<int64_t>(grid.points().size()) * inner_folds + 1, all = each * static_cast<int64_t>(outer.size());
  for (size_t f = 0; f < outer.size(); ++f) {
    const Dataset train = data.pick(outer[f].train), test = data.pick(outer[f].test);
    const GridSearch search = grid_search(prototype, train, grid, folds_for(train, inner_folds), [&](int64_t done, int64_t) {
      return !progress || progress(static_cast<int64_t>(f) * each + done, all);
    });
    const auto best = prototype.clone();
    set_params(*best, search.points[search.best].params);
    const double start = monotonic_seconds();
    best->fit(train);
    add_fold(scores, *best, train, test, outer[f], monotonic_seconds() - start);
  }
  return scores;
}

// --- curves ----------------------------------------------------------------------------------------------------------

namespace {

// Do these rows hold but one class, of several?
bool one_class_alone(const Dataset& part) {
  return part.class_count() > 1 && std::adjacent_find(part.y.begin(), part.y.end(), std::not_equal_to<>()) == part.y.end();
}

// Is there a column without a value among these rows? So few rows are no case to learn from.
bool a_column_is_empty(const Dataset& part) {
  if (part.x.is_sparse()) return false;
  std::vector<double> column(static_cast<size_t>(part.rows()));
  for (int64_t c = 0; c < part.x.width(); ++c) {
    part.x.read_column(c, column.data());
    if (std::all_of(column.begin(), column.end(), [](double v) { return std::isnan(v); })) return true;
  }
  return false;
}

}  // namespace

std::vector<CurveRow> learning_curve(const Estimator& prototype, const Dataset& data, const std::vector<Fold>& folds,
                                     const std::vector<double>& shares, RowOrder row_order, const FitProgress& progress) {
  std::vector<CurveRow> curve;
  int64_t done = 0;
  const int64_t all = static_cast<int64_t>(shares.size() * folds.size());
  for (double share : shares) {
    std::vector<double> train_scores, test_scores;
    size_t smallest = SIZE_MAX;
    for (const Fold& fold : folds) smallest = std::min(smallest, fold.train.size());
    const size_t rows = std::max<size_t>(1, static_cast<size_t>(share * static_cast<double>(smallest) + 1e-9));
    bool too_few = false;
    for (const Fold& fold : folds) {
      tell(progress, done++, all);
      std::vector<int64_t> order = fold.train;
      if (rows < order.size() && row_order == RowOrder::shuffled) {  // the same rows first for every share
        Rng rng(RngMode::philox, 0);
        const std::vector<int64_t> shuffle = rng.permutation(static_cast<int64_t>(order.size()));
        for (size_t i = 0; i < rows; ++i) order[i] = fold.train[static_cast<size_t>(shuffle[i])];
      }
      order.resize(rows);
      const Dataset train = data.pick(order);
      if (rows < fold.train.size() && (one_class_alone(train) || a_column_is_empty(train))) {
        too_few = true;
        break;
      }
      const auto e = prototype.clone();
      e->fit(train);
      train_scores.push_back(e->score(train));
      test_scores.push_back(e->score(data.pick(fold.test)));
    }
    if (!too_few)
      curve.push_back({std::to_string(rows), static_cast<double>(rows), stats::mean(train_scores), stats::mean(test_scores),
                       deviation_of_scores(test_scores)});
  }
  return curve;
}

std::vector<CurveRow> validation_curve(const Estimator& prototype, const Dataset& data, const std::vector<Fold>& folds,
                                       const std::string& param, const std::vector<std::string>& values, const FitProgress& progress) {
  std::vector<CurveRow> curve;
  const int64_t all = static_cast<int64_t>(values.size() * folds.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto candidate = prototype.clone();
    set_params(*candidate, {param + "=" + values[i]});
    const FoldScores s = cross_validate(*candidate, data, folds, [&](int64_t done, int64_t) {
      return !progress || progress(static_cast<int64_t>(i * folds.size()) + done, all);
    });
    curve.push_back({values[i], static_cast<double>(i), stats::mean(s.train_score), s.mean(), s.std()});
  }
  return curve;
}

namespace {
// Scores are accuracies or R^2: what is missing to 1 is error. A twentieth of the scale is called much.
constexpr double kMuch = 0.05, kStillRising = 0.005;
}  // namespace

CurveVerdict judge_learning_curve(const std::vector<CurveRow>& curve, bool classifies) {
  GRIM_CHECK(!curve.empty(), argument, "learning curve", "got no sizes, expected at least 1");
  const CurveRow& end = curve.back();
  const CurveRow& before = curve.size() > 1 ? curve[curve.size() - 2] : end;
  CurveVerdict v{"", "", end.train, end.test, end.train - end.test, end.test - before.test};
  const bool rising = v.slope > kStillRising, gap = v.gap > kMuch / 2, poor = 1 - end.train > kMuch * (classifies ? 1 : 6);
  const std::string figures =
      str("At {} rows: training {:.3f}, held back {:.3f}, gap {:.3f}, last step {:+.3f}.", end.label, v.train, v.test, v.gap, v.slope);
  if (gap && (rising || !poor)) {
    v.kind = "variance";
    v.text =
        figures +
        (rising
             ? " The model fits its rows better than new ones and more rows still help: get more data, or simplify (stronger penalty, fewer features)."
             : " The model fits its rows much better than new ones: simplify (stronger penalty, fewer features, shallower trees) or get more data.");
  } else if (poor && !gap) {
    v.kind = "bias";
    v.text = figures + " Both curves meet below what is wanted: more rows will not help; change the model or add features.";
  } else if (poor) {
    v.kind = "both";
    v.text = figures + " The model neither fits its rows well nor carries over: try another model first, then more data.";
  } else {
    v.kind = "good";
    v.text = figures + (rising ? " Training and held-back scores agree, and more rows still help a little."
                               : " Training and held-back scores agree and have levelled off: little is left to gain from more rows.");
  }
  return v;
}

CurveVerdict judge_validation_curve(const std::vector<CurveRow>& curve, const std::string& param) {
  GRIM_CHECK(curve.size() >= 2, argument, "validation curve", "got {} values, expected at least 2", curve.size());
  size_t best = 0;
  for (size_t i = 1; i < curve.size(); ++i)
    if (curve[i].test > curve[best].test) best = i;
  const CurveRow& b = curve[best];
  CurveVerdict v{"peak", "", b.train, b.test, b.train - b.test, b.test - curve[best ? best - 1 : 0].test};
  const auto side = [&](const CurveRow& c) {
    return c.train - c.test > b.train - b.test + kMuch ? "overfits" : c.train < b.train - kMuch ? "underfits" : "does as well";
  };
  v.text = str("Best at {}={}: held back {:.3f}, training {:.3f}.", param, b.label, b.test, b.train);
  if (best > 0)
    v.text += str(" Below, {}={} {} ({:.3f} / {:.3f}).", param, curve.front().label, side(curve.front()), curve.front().train,
                  curve.front().test);
  if (best + 1 < curve.size())
    v.text +=
        str(" Above, {}={} {} ({:.3f} / {:.3f}).", param, curve.back().label, side(curve.back()), curve.back().train, curve.back().test);
  if (best == 0 || best + 1 == curve.size()) {
    v.kind = best == 0 ? "edge-low" : "edge-high";
    v.text += " The best lies at the edge: look further out.";
  }
  return v;
}

}  // namespace grim
