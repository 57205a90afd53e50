// Chart: lines and points over two axes, drawn with letters for a terminal or as SVG for a page.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace grim {

enum class Stroke : unsigned char { plain, faint, strong };

struct Series {
  std::string name;          // empty: not in the legend
  std::vector<double> x, y;  // equally many; NaN breaks a line
  bool points = false;       // dots instead of a line
  Stroke stroke = Stroke::plain;  // faint: behind the others and grey
};

struct Level {  // a dashed line across: what is to be reached
  std::string name;
  double y;
};

// Behind the series, whose region is it: a grid of equal cells over a rectangle, which the axes then show.
struct Field {
  double left, right, bottom, top;
  size_t columns, rows;
  std::vector<size_t> series;  // rows * columns places in Chart::series, row after row from the top
};

enum class Scale : unsigned char { linear, log };

struct Chart {
  std::string title = {}, x_label = {}, y_label = {};
  Scale x_scale = Scale::linear, y_scale = Scale::linear;
  std::vector<Series> series = {};
  std::vector<Level> levels = {};
  std::optional<Field> field = {};
  bool unit = false;      // both axes from 0 to 1
  bool diagonal = false;  // the same, with a dashed line from corner to corner: chance, or perfect calibration
};

// Title, `height` rows of `width` columns, axes with numbers. Series with a name are drawn with a, b, c, ... and a legend stands below;
// the others with stars, or o for points. A field is drawn in its series' letters, points on it in capitals.
std::string text_chart(const Chart& chart, int width = 60, int height = 14);
// A figure of its own, 100 higher where there is a field; colours follow the page's variables --s0 ... --s5 and text colour where they are defined.
std::string svg_chart(const Chart& chart, int width = 460, int height = 300);
// The colour of the i-th series, group or class; the first six differ.
const char* series_colour(size_t i);

}  // namespace grim
