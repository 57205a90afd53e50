// HeatMap: a matrix of numbers from 0 up as shades.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace grim::report {

struct HeatMap {
  std::string title;
  std::vector<std::string> rows, columns;   // names
  std::vector<std::vector<double>> values;  // finite, from 0; a row each
  double largest() const;                   // 0 of none: what the darkest shade is
};

// A cell is two letters wide, in five shades; what `width` has no room for stands below. Columns are numbered, and named where the rows' names differ.
std::string text_heat_map(const HeatMap& map, size_t width);
std::string svg_heat_map(const HeatMap& map);  // a cell tells its numbers where it is pointed at

}  // namespace grim::report
