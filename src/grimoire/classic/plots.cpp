#include "grimoire/classic/plots.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/metric/classification.h"

namespace grim {
namespace {

Series line_of(const std::vector<CurvePoint>& points, std::string name) {
  Series s{.name = std::move(name), .x = {}, .y = {}};
  for (const CurvePoint& p : points) s.x.push_back(p.x), s.y.push_back(p.y);
  return s;
}

// Of a pipeline, its last step's.
std::string learner_name(const Estimator& e) {
  const auto* pipeline = dynamic_cast<const Pipeline*>(&e);
  return pipeline ? pipeline->last().name() : e.name();
}

// A rectangle around the rows of a table of two columns, a little wider than they are, cut into cells * cells.
Field field_around(const Features& plane, size_t cells) {
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (int64_t r = 0; r < plane.rows(); ++r)
    for (int c = 0; c < 2; ++c) low[c] = std::min(low[c], plane.at(r, c)), high[c] = std::max(high[c], plane.at(r, c));
  for (int c = 0; c < 2; ++c) {
    const double margin = high[c] > low[c] ? 0.06 * (high[c] - low[c]) : 1;
    low[c] -= margin, high[c] += margin;
  }
  return {.left = low[0], .right = high[0], .bottom = low[1], .top = high[1], .columns = cells, .rows = cells, .series = {}};
}

// The middles of the cells, row after row from the top.
Tensor middles(const Field& f) {
  std::vector<double> grid;
  for (size_t i = 0; i < f.rows; ++i)
    for (size_t j = 0; j < f.columns; ++j) {
      grid.push_back(f.left + (f.right - f.left) * (static_cast<double>(j) + .5) / static_cast<double>(f.columns));
      grid.push_back(f.top - (f.top - f.bottom) * (static_cast<double>(i) + .5) / static_cast<double>(f.rows));
    }
  return Tensor::from(grid, {static_cast<int64_t>(f.rows * f.columns), 2});
}

}  // namespace

Chart roc_chart(const Dataset& data, const FoldScores& scores) {
  return {.title = str("ROC, area {:.3f}", roc_auc(data.y, scores.probability, data.weight)),
          .x_label = "false positives",
          .y_label = "true positives",
          .series = {line_of(roc_curve(data.y, scores.probability, data.weight), data.classes[1])},
          .diagonal = true};
}

Chart precision_recall_chart(const Dataset& data, const FoldScores& scores) {
  return {.title = str("precision and recall, average {:.3f}", average_precision(data.y, scores.probability, data.weight)),
          .x_label = "recall",
          .y_label = "precision",
          .series = {line_of(precision_recall_curve(data.y, scores.probability, data.weight), data.classes[1])},
          .unit = true};
}

Chart reliability_chart(const Dataset& data, const FoldScores& scores) {
  Series s{.name = "observed", .x = {}, .y = {}};
  for (const ReliabilityBin& b : reliability(data.y, scores.probability, 10, data.weight))
    s.x.push_back(b.predicted), s.y.push_back(b.observed);
  Series dots = s;
  dots.points = true;
  dots.name.clear();
  return {.title = str("reliability, Brier {:.4f}", brier_score(data.y, scores.probability, data.weight)),
          .x_label = "predicted probability",
          .y_label = "share observed",
          .series = {s, dots},
          .diagonal = true};
}

Chart curve_chart(const std::vector<CurveRow>& curve, const std::string& title, const std::string& x_label) {
  Chart chart{.title = title,
              .x_label = x_label,
              .y_label = "score",
              .series = {{.name = "training", .x = {}, .y = {}}, {.name = "held back", .x = {}, .y = {}}}};
  for (const CurveRow& row : curve) {
    for (Series& s : chart.series) s.x.push_back(row.x);
    chart.series[0].y.push_back(row.train), chart.series[1].y.push_back(row.test);
  }
  return chart;
}

Chart boundary_chart(const Estimator& prototype, const Dataset& data, int64_t column_x, int64_t column_y) {
  constexpr size_t kCells = 90;
  constexpr int64_t kMostPoints = 600;
  GRIM_CHECK(data.classifies(), usage, "boundary", "the target is a number: a border is drawn between classes");
  Dataset plane = data;
  plane.x = data.x.pick_columns(std::vector<int64_t>{column_x, column_y});
  for (const ColumnInfo& c : plane.x.columns())
    GRIM_CHECK(c.kind == ColumnKind::number, input, "boundary", "column '{}' is a category", c.name);
  const auto fitted = prototype.clone();
  fitted->fit(plane);
  Chart chart{.title = str("what {} says on two columns", learner_name(prototype)), .x_label = plane.x.columns()[0].name, .y_label = plane.x.columns()[1].name};
  for (const std::string& name : data.classes) chart.series.push_back({.name = name, .x = {}, .y = {}, .points = true});
  Field field = field_around(plane.x, kCells);
  for (double k : fitted->predict(Features(middles(field), plane.x.columns()))) field.series.push_back(static_cast<size_t>(k));
  const int64_t step = std::max<int64_t>(1, plane.rows() / kMostPoints);
  for (int64_t r = 0; r < plane.rows(); r += step) {
    Series& own = chart.series[static_cast<size_t>(plane.y[static_cast<size_t>(r)])];
    own.x.push_back(plane.x.at(r, 0)), own.y.push_back(plane.x.at(r, 1));
  }
  chart.field = std::move(field);
  return chart;
}

}  // namespace grim
