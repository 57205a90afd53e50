#include "grimoire/report/axis.h"

#include <algorithm>

namespace grim {

void Axis::take(double v) {
  if (!std::isfinite(v) || (log && v <= 0)) return;
  low = std::min(low, v), high = std::max(high, v);
}

void Axis::settle() {
  if (!(low <= high)) low = log ? 1 : 0, high = log ? 10 : 1;
  // Values that differ in their last digits alone are one value: no step between ticks would lead from one to the other.
  if (high - low <= 1e-9 * std::max(std::abs(low), std::abs(high))) low = log ? low / 2 : low - 0.5, high = log ? high * 2 : high + 0.5;
}

void Axis::round_out() {
  if (log) return;
  const std::vector<double> inside = ticks(3);
  if (inside.size() < 2) return;
  const double step = inside[1] - inside[0], near = 0.1 * (high - low), below = inside.front() - step, above = inside.back() + step;
  if (low - below < near) low = below;
  if (above - high < near) high = above;
}

double Axis::place(double v) const {
  if (log) return v > 0 ? std::log(v / low) / std::log(high / low) : NAN;
  return (v - low) / (high - low);
}

std::vector<double> Axis::ticks(int about) const {
  std::vector<double> t;
  if (log && high / low > 50) {
    const double first = std::ceil(std::log10(low) - 1e-9), last = std::floor(std::log10(high) + 1e-9),
                 step = std::max(1.0, std::ceil((last - first) / about));
    for (double e = first; e <= last; e += step) t.push_back(std::pow(10, e));
    return t;
  }
  const double raw = (high - low) / about, power = std::pow(10, std::floor(std::log10(raw))), share = raw / power;
  const double step = power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
  for (double v = std::ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step; v += step) t.push_back(std::abs(v) < step * 1e-9 ? 0 : v);
  return t;
}

std::vector<double> Axis::labelled(int about) const {
  std::vector<double> t = ticks(about);
  return t.size() < 2 ? std::vector<double>{low, high} : t;
}

ChartAxes axes_of(const Chart& chart) {
  ChartAxes axes;
  auto& [x, y] = axes;
  x.log = chart.x_scale == Scale::log, y.log = chart.y_scale == Scale::log;
  if (chart.field) {
    x.low = chart.field->left, x.high = chart.field->right, y.low = chart.field->bottom, y.high = chart.field->top;
    return axes;
  }
  for (const Series& s : chart.series) {
    for (double v : s.x) x.take(v);
    for (double v : s.y) y.take(v);
  }
  for (const Level& level : chart.levels) y.take(level.y);
  if (chart.unit || chart.diagonal) x.take(0), x.take(1), y.take(0), y.take(1);
  x.settle(), y.settle();
  y.round_out();
  return axes;
}

}  // namespace grim
