// Chart: lines and points over two axes, drawn with letters for a terminal or as SVG for a page.
#pragma once

#include <string>
#include <vector>

namespace grim {

struct Series {
  std::string name;          // empty: not in the legend
  std::vector<double> x, y;  // equally many; NaN breaks a line
  bool points = false;       // dots instead of a line
};

enum class Scale : unsigned char { linear, log };

struct Chart {
  std::string title = {}, x_label = {}, y_label = {};
  Scale x_scale = Scale::linear, y_scale = Scale::linear;
  std::vector<Series> series = {};
  bool unit = false;      // both axes from 0 to 1
  bool diagonal = false;  // the same, with a dashed line from corner to corner: chance, or perfect calibration
};

// Title, `height` rows of `width` columns, axes with numbers. Series with a name are drawn with a, b, c, ... and a legend stands below;
// the others with stars, or o for points.
std::string text_chart(const Chart& chart, int width = 60, int height = 14);
// A figure of its own; colours follow the page's variables --s0 ... --s5 and text colour where they are defined.
std::string svg_chart(const Chart& chart, int width = 460, int height = 300);
// The colour of the i-th series, group or class; the first six differ.
const char* series_colour(size_t i);

}  // namespace grim
