#include <algorithm>
#include <cctype>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/report/axis.h"

namespace grim {
namespace {

// A letter each for what the legend names; else stars for lines and o for points.
char mark_of(const Chart& chart, size_t s) {
  const Series& series = chart.series[s];
  return !series.name.empty() ? static_cast<char>('a' + s % 26) : series.points ? 'o' : '*';
}

std::string number(double v) { return str("{:.4g}", v); }
std::string padded_left(const std::string& s, size_t width) { return std::string(width > s.size() ? width - s.size() : 0, ' ') + s; }

// The line below the picture with a + at each tick, the ticks' numbers, and the label: behind the line where it is short.
std::string text_x_axis(const Chart& chart, const Axis& x, size_t width, size_t margin) {
  constexpr size_t kShort = 9;
  std::string line(width, '-'), numbers(width + margin + 1, ' ');
  size_t free = 0;
  for (double v : x.labelled(std::max(2, static_cast<int>(width) / 10))) {
    const size_t column = static_cast<size_t>(std::lround(x.place(v) * static_cast<double>(width - 1))), at = margin + 1 + column;
    const std::string label = number(v);
    const size_t begin = std::min(at - std::min(at, label.size() / 2), numbers.size() - label.size());
    line[column] = '+';
    if (begin < free) continue;
    numbers.replace(begin, label.size(), label);
    free = begin + label.size() + 2;
  }
  numbers.erase(numbers.find_last_not_of(' ') + 1);
  const bool behind = !chart.x_label.empty() && chart.x_label.size() <= kShort;
  std::string out = std::string(margin, ' ') + "+" + line + (behind ? " " + chart.x_label : "") + "\n" + numbers + "\n";
  if (!chart.x_label.empty() && !behind)
    out += std::string(margin + 1 + (width - std::min(width, chart.x_label.size())) / 2, ' ') + chart.x_label + "\n";
  return out;
}

std::string text_legend(const Chart& chart, size_t margin) {
  std::string legend;
  const auto add = [&](const std::string& mark, const std::string& name) { legend += str("{}{} {}", legend.empty() ? "" : "   ", mark, name); };
  for (size_t s = 0; s < chart.series.size(); ++s)
    if (!chart.series[s].name.empty()) add(std::string(1, mark_of(chart, s)), chart.series[s].name);
  for (const Level& level : chart.levels) add("- -", level.name);
  return legend.empty() ? "" : std::string(margin + 1, ' ') + legend + "\n";
}

class Canvas {
 public:
  Canvas(const ChartAxes& axes, int width, int height)
      : axes_(axes), width_(width), height_(height), rows_(static_cast<size_t>(height), std::string(static_cast<size_t>(width), ' ')) {}

  size_t row_of(double y) const { return static_cast<size_t>(std::lround((1 - axes_.y.place(y)) * (height_ - 1))); }

  void field(const Chart& chart) {
    const Field& f = *chart.field;
    for (int r = 0; r < height_; ++r)
      for (int c = 0; c < width_; ++c) {
        const auto row = static_cast<size_t>((r + .5) / height_ * static_cast<double>(f.rows));
        const auto column = static_cast<size_t>((c + .5) / width_ * static_cast<double>(f.columns));
        rows_[static_cast<size_t>(r)][static_cast<size_t>(c)] = mark_of(chart, f.series[row * f.columns + column]);
      }
  }
  void diagonal() {
    for (int i = 0; i < width_; ++i) put(i / (width_ - 1.0), i / (width_ - 1.0), '.');
  }
  void level(const Level& level) {
    for (int i = 0; i < width_; i += 2) put(i / (width_ - 1.0), axes_.y.place(level.y), '-');
  }
  void series(const Series& line, char mark) {
    for (size_t i = 0; i < line.x.size(); ++i) {
      const double px = axes_.x.place(line.x[i]), py = axes_.y.place(line.y[i]);
      if (!line.points && i > 0) {  // the way from the point before
        const double qx = axes_.x.place(line.x[i - 1]), qy = axes_.y.place(line.y[i - 1]);
        for (int k = 1; k < width_; ++k) put(qx + (px - qx) * k / width_, qy + (py - qy) * k / width_, mark);
      }
      put(px, py, mark);
    }
  }
  // With numbers at the left, `margin` columns wide.
  std::string drawn(const std::vector<std::string>& labels, size_t margin) const {
    std::string out;
    for (size_t r = 0; r < rows_.size(); ++r) {
      const std::string row = rows_[r].substr(0, rows_[r].find_last_not_of(' ') + 1);
      out += padded_left(labels[r], margin) + (labels[r].empty() ? "|" : "+") + row + "\n";
    }
    return out;
  }

 private:
  void put(double px, double py, char mark) {
    if (!(px >= -1e-9 && px <= 1 + 1e-9 && py >= -1e-9 && py <= 1 + 1e-9)) return;
    rows_[static_cast<size_t>(std::lround((1 - py) * (height_ - 1)))][static_cast<size_t>(std::lround(px * (width_ - 1)))] = mark;
  }

  const ChartAxes& axes_;
  int width_, height_;
  std::vector<std::string> rows_;
};

}  // namespace

std::string text_chart(const Chart& chart, int width, int height) {
  const ChartAxes axes = axes_of(chart);
  Canvas canvas(axes, width, height);
  if (chart.field) canvas.field(chart);
  if (chart.diagonal) canvas.diagonal();
  for (const Level& level : chart.levels) canvas.level(level);
  for (size_t s = 0; s < chart.series.size(); ++s) {
    const char mark = mark_of(chart, s);
    canvas.series(chart.series[s], chart.field ? static_cast<char>(std::toupper(mark)) : mark);
  }
  std::vector<std::string> labels(static_cast<size_t>(height));
  for (double v : axes.y.labelled(height / 3)) labels[canvas.row_of(v)] = number(v);
  size_t margin = 4;
  for (const std::string& label : labels) margin = std::max(margin, label.size() + 2);
  std::string out = chart.title.empty() ? "" : "  " + chart.title + "\n";
  if (!chart.y_label.empty()) out += std::string(margin + 1, ' ') + chart.y_label + "\n";
  return out + canvas.drawn(labels, margin) + text_x_axis(chart, axes.x, static_cast<size_t>(width), margin) + text_legend(chart, margin);
}

}  // namespace grim
