#include "grimoire/report/chart.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/report/escape.h"

namespace grim {
namespace {

struct Axis {
  double low = INFINITY, high = -INFINITY;
  bool log = false;

  void take(double v) {
    if (!std::isfinite(v) || (log && v <= 0)) return;
    low = std::min(low, v), high = std::max(high, v);
  }
  void settle() {
    if (!(low <= high)) low = log ? 1 : 0, high = log ? 10 : 1;
    if (low == high) low = log ? low / 2 : low - 0.5, high = log ? high * 2 : high + 0.5;
  }
  // Out to a round number that lies just beyond an end.
  void round_out() {
    if (log) return;
    const std::vector<double> inside = ticks(3);
    if (inside.size() < 2) return;
    const double step = inside[1] - inside[0], near = 0.1 * (high - low), below = inside.front() - step, above = inside.back() + step;
    if (low - below < near) low = below;
    if (above - high < near) high = above;
  }
  double place(double v) const {  // 0 .. 1; NaN where it cannot be drawn
    if (log) return v > 0 ? std::log(v / low) / std::log(high / low) : NAN;
    return (v - low) / (high - low);
  }
  // Round numbers inside: 1, 2 or 5 times a power of ten; powers of ten alone on a long log axis.
  std::vector<double> ticks(int about) const {
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
  // Where numbers stand: the ticks, or the ends where there are fewer than two.
  std::vector<double> labelled(int about) const {
    std::vector<double> t = ticks(about);
    return t.size() < 2 ? std::vector<double>{low, high} : t;
  }
};

void fit_axes(const Chart& chart, Axis& x, Axis& y) {
  x.log = chart.x_scale == Scale::log, y.log = chart.y_scale == Scale::log;
  for (const Series& s : chart.series) {
    for (double v : s.x) x.take(v);
    for (double v : s.y) y.take(v);
  }
  if (chart.unit || chart.diagonal) x.take(0), x.take(1), y.take(0), y.take(1);
  x.settle(), y.settle();
  y.round_out();
}

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
  for (size_t s = 0; s < chart.series.size(); ++s)
    if (!chart.series[s].name.empty()) legend += str("{}{} {}", legend.empty() ? "" : "   ", std::string(1, mark_of(chart, s)), chart.series[s].name);
  return legend.empty() ? "" : std::string(margin + 1, ' ') + legend + "\n";
}

}  // namespace

std::string text_chart(const Chart& chart, int width, int height) {
  Axis x, y;
  fit_axes(chart, x, y);
  const auto column_of = [&](double px) { return static_cast<size_t>(std::lround(px * (width - 1))); };
  const auto row_of = [&](double py) { return static_cast<size_t>(std::lround((1 - py) * (height - 1))); };
  std::vector<std::string> grid(static_cast<size_t>(height), std::string(static_cast<size_t>(width), ' '));
  const auto put = [&](double px, double py, char mark) {
    if (px >= -1e-9 && px <= 1 + 1e-9 && py >= -1e-9 && py <= 1 + 1e-9) grid[row_of(py)][column_of(px)] = mark;
  };
  if (chart.diagonal)
    for (int i = 0; i < width; ++i) put(i / (width - 1.0), i / (width - 1.0), '.');
  for (size_t s = 0; s < chart.series.size(); ++s) {
    const Series& line = chart.series[s];
    const char mark = mark_of(chart, s);
    for (size_t i = 0; i < line.x.size(); ++i) {
      const double px = x.place(line.x[i]), py = y.place(line.y[i]);
      if (!line.points && i > 0) {  // the way from the point before
        const double qx = x.place(line.x[i - 1]), qy = y.place(line.y[i - 1]);
        for (int k = 1; k < width; ++k) put(qx + (px - qx) * k / width, qy + (py - qy) * k / width, mark);
      }
      put(px, py, mark);
    }
  }
  std::vector<std::string> labels(static_cast<size_t>(height));
  for (double v : y.labelled(height / 3)) labels[row_of(y.place(v))] = number(v);
  size_t margin = 4;
  for (const std::string& label : labels) margin = std::max(margin, label.size() + 2);
  std::string out = chart.title.empty() ? "" : "  " + chart.title + "\n";
  if (!chart.y_label.empty()) out += std::string(margin + 1, ' ') + chart.y_label + "\n";
  for (size_t r = 0; r < grid.size(); ++r) {
    const std::string row = grid[r].substr(0, grid[r].find_last_not_of(' ') + 1);
    out += padded_left(labels[r], margin) + (labels[r].empty() ? "|" : "+") + row + "\n";
  }
  return out + text_x_axis(chart, x, static_cast<size_t>(width), margin) + text_legend(chart, margin);
}

const char* series_colour(size_t i) {
  static constexpr const char* kColours[] = {"#1769aa", "#b3541e", "#2d7a46", "#7a4fa3", "#8a6d1b", "#5c6b7a"};
  return kColours[i % std::size(kColours)];
}

std::string svg_chart(const Chart& chart, int width, int height) {
  Axis x, y;
  fit_axes(chart, x, y);
  const double left = 56, right = width - 14.0, top = 30, bottom = height - 44.0;
  const auto px = [&](double v) { return left + x.place(v) * (right - left); };
  const auto py = [&](double v) { return bottom - y.place(v) * (bottom - top); };
  std::string svg =
      str(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" font-family="system-ui, sans-serif" )"
          R"(font-size="11" fill="currentColor" role="img" aria-label="{2}">)",
          width, height, escape_html(chart.title)) +
      "\n";
  svg += str(R"(<text x="{:.1f}" y="16" font-size="13" font-weight="600">{}</text>)", left, escape_html(chart.title)) + "\n";
  for (double v : x.ticks(5))
    svg +=
        str(R"(<line x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}" stroke="currentColor" opacity=".12"/><text x="{0:.1f}" y="{3:.1f}" )"
            R"(text-anchor="middle" opacity=".7">{4}</text>)",
            px(v), top, bottom, bottom + 15, number(v)) +
        "\n";
  for (double v : y.ticks(5))
    svg +=
        str(R"(<line x1="{1:.1f}" x2="{2:.1f}" y1="{0:.1f}" y2="{0:.1f}" stroke="currentColor" opacity=".12"/><text x="{3:.1f}" y="{4:.1f}" )"
            R"(text-anchor="end" opacity=".7">{5}</text>)",
            py(v), left, right, left - 6, py(v) + 4, number(v)) +
        "\n";
  svg += str(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle" opacity=".8">{}</text>)", (left + right) / 2, height - 14.0,
             escape_html(chart.x_label)) +
         "\n";
  svg += str(R"svg(<text transform="translate(13 {:.1f}) rotate(-90)" text-anchor="middle" opacity=".8">{}</text>)svg", (top + bottom) / 2,
             escape_html(chart.y_label)) +
         "\n";
  if (chart.diagonal)
    svg += str(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="currentColor" opacity=".5" stroke-dasharray="4 4"/>)",
               px(0), py(0), px(1), py(1)) +
           "\n";
  for (size_t s = 0; s < chart.series.size(); ++s) {
    const Series& line = chart.series[s];
    const std::string colour = str("var(--s{}, {})", s % 6, series_colour(s));
    if (line.points) {
      for (size_t i = 0; i < line.x.size(); ++i)
        if (std::isfinite(x.place(line.x[i])) && std::isfinite(y.place(line.y[i])))
          svg += str(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}" opacity=".75"/>)", px(line.x[i]), py(line.y[i]), line.x.size() == 1 ? "4.5" : "2.2",
                     colour) + "\n";
    } else {
      std::string path;
      bool pen = false;
      for (size_t i = 0; i < line.x.size(); ++i) {
        const bool drawn = std::isfinite(x.place(line.x[i])) && std::isfinite(y.place(line.y[i]));
        if (drawn) path += str("{}{:.1f} {:.1f}", pen ? "L" : "M", px(line.x[i]), py(line.y[i]));
        pen = drawn;
      }
      svg += str(R"(<path d="{}" fill="none" stroke="{}" stroke-width="1.8" stroke-linejoin="round"/>)", path, colour) + "\n";
    }
    if (chart.series.size() > 1 && !line.name.empty())
      svg += str(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end" fill="{}">{}</text>)", right - 4,
                 top + 13 + 14.0 * static_cast<double>(s), colour, escape_html(line.name)) +
             "\n";
  }
  return svg + "</svg>\n";
}

}  // namespace grim
