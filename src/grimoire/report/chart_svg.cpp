#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/report/axis.h"
#include "grimoire/report/escape.h"

namespace grim {
namespace {

std::string number(double v) {
  const bool whole = v == std::round(v) && std::abs(v) >= 1e3 && std::abs(v) < 1e7;
  return whole ? with_commas(static_cast<int64_t>(v)) : str("{:.4g}", v);
}

class Picture {
 public:
  Picture(const Chart& chart, int width, int height)
      : chart_(chart), axes_(axes_of(chart)), width_(width), height_(height), right_(width - 22.0), bottom_(height - (chart.field ? 62.0 : 44.0)) {}

  std::string drawn() {
    out_ = str(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" font-family="system-ui, sans-serif" )"
               R"(font-size="11" fill="currentColor" role="img" aria-label="{2}">)",
               width_, height_, escape_html(chart_.title)) + "\n";
    out_ += str(R"(<text x="{:.1f}" y="16" font-size="13" font-weight="600">{}</text>)", kLeft, escape_html(chart_.title)) + "\n";
    if (chart_.field) field(*chart_.field);
    axes();
    if (chart_.diagonal)
      out_ += str(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="currentColor" opacity=".5" stroke-dasharray="4 4"/>)", x(0), y(0), x(1),
                  y(1)) + "\n";
    for (const Level& l : chart_.levels) level(l);
    for (const bool behind : {true, false})
      for (size_t s = 0; s < chart_.series.size(); ++s)
        if ((chart_.series[s].stroke == Stroke::faint) == behind) series(chart_.series[s], colour(s));
    legend();
    return out_ + "</svg>\n";
  }

 private:
  static constexpr double kLeft = 56, kTop = 30;
  static constexpr const char* kHalo = R"halo( stroke="var(--paper, none)" stroke-width="3" style="paint-order: stroke")halo";  // words over lines

  double x(double v) const { return kLeft + axes_.x.place(v) * (right_ - kLeft); }
  double y(double v) const { return bottom_ - axes_.y.place(v) * (bottom_ - kTop); }
  std::string colour(size_t s) const {
    return chart_.series[s].stroke == Stroke::faint ? "var(--faint, #7f8fa3)" : str("var(--s{}, {})", s % 6, series_colour(s));
  }

  void axes() {
    for (double v : axes_.x.ticks(5))
      out_ += str(R"(<line x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}" stroke="currentColor" opacity=".12"/><text x="{0:.1f}" y="{3:.1f}" )"
                  R"(text-anchor="middle" opacity=".7">{4}</text>)",
                  x(v), kTop, bottom_, bottom_ + 15, number(v)) + "\n";
    for (double v : axes_.y.ticks(5))
      out_ += str(R"(<line x1="{1:.1f}" x2="{2:.1f}" y1="{0:.1f}" y2="{0:.1f}" stroke="currentColor" opacity=".12"/><text x="{3:.1f}" y="{4:.1f}" )"
                  R"(text-anchor="end" opacity=".7">{5}</text>)",
                  y(v), kLeft, right_, kLeft - 6, y(v) + 4, number(v)) + "\n";
    out_ += str(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle" opacity=".8">{}</text>)", (kLeft + right_) / 2, bottom_ + 30,
                escape_html(chart_.x_label)) + "\n";
    out_ += str(R"svg(<text transform="translate(13 {:.1f}) rotate(-90)" text-anchor="middle" opacity=".8">{}</text>)svg", (kTop + bottom_) / 2,
                escape_html(chart_.y_label)) + "\n";
  }

  void field(const Field& f) {
    const double wide = (right_ - kLeft) / static_cast<double>(f.columns), high = (bottom_ - kTop) / static_cast<double>(f.rows);
    const auto said = [&](size_t row, size_t column) { return f.series[row * f.columns + column]; };
    for (size_t r = 0; r < f.rows; ++r)
      for (size_t c = 0; c < f.columns;) {  // a run of one series is one rectangle
        size_t end = c;
        while (end < f.columns && said(r, end) == said(r, c)) ++end;
        out_ += str(R"(<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" fill="{}" opacity=".22" shape-rendering="crispEdges"/>)",
                    kLeft + static_cast<double>(c) * wide, kTop + static_cast<double>(r) * high, static_cast<double>(end - c) * wide, high, colour(said(r, c)));
        c = end;
      }
    out_ += "\n";
  }

  void level(const Level& l) {
    out_ += str(R"(<line x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" stroke="currentColor" opacity=".5" stroke-dasharray="4 4"/>)"
                R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end"{}>{}</text>)",
                kLeft, right_, y(l.y), y(l.y), right_ - 4, y(l.y) - 5, kHalo, escape_html(l.name)) + "\n";
  }

  bool can_be_drawn(const Series& s, size_t i) const { return std::isfinite(axes_.x.place(s.x[i])) && std::isfinite(axes_.y.place(s.y[i])); }

  void series(const Series& s, const std::string& colour) {
    if (s.points) {
      const char* const edge = chart_.field ? R"( stroke="currentColor" stroke-width=".4")" : R"( opacity=".75")";
      for (size_t i = 0; i < s.x.size(); ++i)
        if (can_be_drawn(s, i))
          out_ += str(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}"{}/>)", x(s.x[i]), y(s.y[i]), s.x.size() == 1 ? "4.5" : "2.2", colour, edge) + "\n";
      return;
    }
    std::string path;
    bool pen = false;
    for (size_t i = 0; i < s.x.size(); ++i) {
      const bool drawn = can_be_drawn(s, i);
      if (drawn) path += str("{}{:.1f} {:.1f}", pen ? "L" : "M", x(s.x[i]), y(s.y[i]));
      pen = drawn;
    }
    const char* const width = s.stroke == Stroke::faint ? "1.2" : s.stroke == Stroke::strong ? "2.4" : "1.8";
    out_ += str(R"(<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round"/>)", path, colour, width) + "\n";
  }

  // In the upper right corner; below everything where a field fills the picture.
  void legend() {
    double along = kLeft;
    for (size_t s = 0; s < chart_.series.size(); ++s) {
      const std::string& name = chart_.series[s].name;
      if (chart_.series.size() < 2 || name.empty()) continue;
      const double at = kTop + 13 + 14.0 * static_cast<double>(s);
      out_ += chart_.field ? str(R"(<text x="{:.1f}" y="{:.1f}" fill="{}">{}</text>)", along, height_ - 6.0, colour(s), escape_html(name))
                           : str(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end" fill="{}"{}>{}</text>)", right_ - 4, at, colour(s), kHalo,
                                 escape_html(name));
      out_ += "\n";
      along += 20 + 7.0 * static_cast<double>(name.size());
    }
  }

  const Chart& chart_;
  const ChartAxes axes_;
  const int width_, height_;
  const double right_, bottom_;
  std::string out_;
};

}  // namespace

const char* series_colour(size_t i) {
  static constexpr const char* kColours[] = {"#1769aa", "#b3541e", "#2d7a46", "#7a4fa3", "#8a6d1b", "#5c6b7a"};
  return kColours[i % std::size(kColours)];
}

std::string svg_chart(const Chart& chart, int width, int height) { return Picture(chart, width, chart.field ? height + 100 : height).drawn(); }

}  // namespace grim
