#include "grimoire/classic/plots.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/metric/classification.h"
#include "grimoire/report/escape.h"

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

std::string decision_boundary_svg(const Estimator& prototype, const Dataset& data, int64_t column_x, int64_t column_y, int size) {
  constexpr int64_t kCells = 90;
  GRIM_CHECK(data.classifies(), usage, "boundary", "the target is a number: a border is drawn between classes");
  Dataset plane = data;
  plane.x = data.x.pick_columns(std::vector<int64_t>{column_x, column_y});
  for (const ColumnInfo& c : plane.x.columns())
    GRIM_CHECK(c.kind == ColumnKind::number, input, "boundary", "column '{}' is a category", c.name);
  const auto fitted = prototype.clone();
  fitted->fit(plane);
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (int64_t r = 0; r < plane.rows(); ++r)
    for (int c = 0; c < 2; ++c) low[c] = std::min(low[c], plane.x.at(r, c)), high[c] = std::max(high[c], plane.x.at(r, c));
  for (int c = 0; c < 2; ++c) {
    const double margin = high[c] > low[c] ? 0.06 * (high[c] - low[c]) : 1;
    low[c] -= margin, high[c] += margin;
  }
  std::vector<double> grid;
  for (int64_t i = 0; i < kCells; ++i)
    for (int64_t j = 0; j < kCells; ++j) {
      grid.push_back(low[0] + (high[0] - low[0]) * (static_cast<double>(j) + .5) / kCells);
      grid.push_back(high[1] - (high[1] - low[1]) * (static_cast<double>(i) + .5) / kCells);
    }
  const std::vector<double> said = fitted->predict(Features(Tensor::from(grid, {kCells * kCells, 2}), plane.x.columns()));
  const double left = 50, top = 28, side = size - 70.0, cell = side / kCells;
  std::string svg =
      str(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" width="{0}" height="{0}" font-family="system-ui, sans-serif" )"
          R"(font-size="11" fill="currentColor">)",
          size) +
      str("\n<text x=\"{}\" y=\"16\" font-size=\"13\" font-weight=\"600\">what {} says on two columns</text>\n", left,
          escape_html(learner_name(prototype)));
  for (int64_t i = 0; i < kCells; ++i)
    for (int64_t j = 0; j < kCells;) {  // runs of one class are one rectangle
      int64_t end = j;
      while (end < kCells && said[static_cast<size_t>(i * kCells + end)] == said[static_cast<size_t>(i * kCells + j)]) ++end;
      svg += str(R"(<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" fill="{}" opacity=".22"/>)",
                 left + static_cast<double>(j) * cell, top + static_cast<double>(i) * cell, static_cast<double>(end - j) * cell + 0.15,
                 cell + 0.15, series_colour(static_cast<size_t>(said[static_cast<size_t>(i * kCells + j)])));
      j = end;
    }
  svg += "\n";
  const int64_t step = std::max<int64_t>(1, plane.rows() / 600);
  for (int64_t r = 0; r < plane.rows(); r += step)
    svg +=
        str(R"(<circle cx="{:.1f}" cy="{:.1f}" r="2.4" fill="{}" stroke="currentColor" stroke-width=".4"/>)",
            left + (plane.x.at(r, 0) - low[0]) / (high[0] - low[0]) * side, top + (high[1] - plane.x.at(r, 1)) / (high[1] - low[1]) * side,
            series_colour(static_cast<size_t>(plane.y[static_cast<size_t>(r)])));
  svg += str("\n<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", left + side / 2, top + side + 30,
             escape_html(plane.x.columns()[0].name));
  svg += str("<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>", top + side / 2,
             escape_html(plane.x.columns()[1].name));
  for (int e = 0; e < 2; ++e) {
    svg += str("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" opacity=\".7\">{:.4g}</text>", e ? left + side : left, top + side + 14,
               e ? "end" : "start", e ? high[0] : low[0]);
    svg += str("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\" opacity=\".7\">{:.4g}</text>", left - 5, e ? top + 9 : top + side,
               e ? high[1] : low[1]);
  }
  double x = left;
  for (size_t k = 0; k < data.classes.size() && k < 6; ++k) {
    svg += str("<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"{}\">{}</text>", x, size - 6.0, series_colour(k), escape_html(data.classes[k]));
    x += 20 + 7.0 * static_cast<double>(data.classes[k].size());
  }
  return svg + "</svg>\n";
}

}  // namespace grim
