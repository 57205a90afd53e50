#include "grimoire/report/heat_map.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/report/escape.h"
#include "grimoire/report/layout.h"

namespace grim::report {
namespace {

constexpr size_t kLongestName = 16;

const char* shade(double share) {
  constexpr const char* kShades[] = {"  ", "░░", "▒▒", "▓▓", "██"};
  return kShades[std::clamp<int64_t>(std::lround(4 * share), 0, 4)];
}

std::string padded(const std::string& text, size_t width) { return text + std::string(width - std::min(width, display_width(text)), ' '); }

}  // namespace

double HeatMap::largest() const {
  double most = 0;
  for (const auto& row : values)
    for (const double v : row) most = std::max(most, v);
  return most;
}

std::string text_heat_map(const HeatMap& map, size_t width) {
  size_t label = 0;
  std::vector<std::string> names;
  for (size_t r = 0; r < map.rows.size(); ++r) names.push_back(str("{:>3} {}", r, shortened(map.rows[r], kLongestName)));
  for (const std::string& name : names) label = std::max(label, display_width(name));
  const size_t room = std::max<size_t>(1, (std::max(width, label + 6) - label - 4) / 2);
  const double scale = map.largest() > 0 ? 1 / map.largest() : 0;
  std::string out = map.title.empty() ? "" : "  " + map.title + "\n";
  if (map.columns != map.rows) {
    std::string list;
    for (size_t c = 0; c < map.columns.size(); ++c) list += str("{}{} {}", c ? ", " : "", c, shown(map.columns[c]));
    out += flowed(list, "  columns: ", "    ", width);
  }
  for (size_t begin = 0; begin < map.columns.size(); begin += room) {
    const size_t end = std::min(map.columns.size(), begin + room);
    out += "  " + std::string(label + 1, ' ');
    for (size_t c = begin; c < end; ++c) out += str("{:>2}", c % 100);
    for (size_t r = 0; r < names.size(); ++r) {
      out += "\n  " + padded(names[r], label) + " ";
      for (size_t c = begin; c < end; ++c) out += shade(map.values[r][c] * scale);
    }
    out += "\n";
  }
  return out + str("  darkest: {:.3g}\n", map.largest());
}

std::string svg_heat_map(const HeatMap& map) {
  constexpr double kCell = 18, kLetter = 7.5;
  const auto longest = [](const std::vector<std::string>& names) {
    size_t most = 0;
    for (const std::string& name : names) most = std::max(most, std::min(display_width(name), kLongestName));
    return 10 + kLetter * static_cast<double>(most);
  };
  const double left = longest(map.rows), top = longest(map.columns) + 22;
  const double width = left + kCell * static_cast<double>(map.columns.size()) + 4, height = top + kCell * static_cast<double>(map.rows.size()) + 4;
  const double scale = map.largest() > 0 ? 1 / map.largest() : 0;
  std::string svg = str(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" height="{1:.0f}" )"
                        R"(font-family="system-ui, sans-serif" font-size="12" fill="currentColor" role="img" aria-label="{2}">)",
                        std::max(width, kLetter * static_cast<double>(map.title.size())), height, escape_html(map.title)) + "\n";
  svg += str(R"(<text x="0" y="13" font-weight="600">{}</text>)", escape_html(map.title)) + "\n";
  for (size_t c = 0; c < map.columns.size(); ++c)
    svg += str(R"x(<text transform="translate({:.1f} {:.1f}) rotate(-90)">{}</text>)x", left + kCell * static_cast<double>(c) + 13, top - 4,
               escape_html(shortened(map.columns[c], kLongestName))) + "\n";
  for (size_t r = 0; r < map.rows.size(); ++r) {
    const double y = top + kCell * static_cast<double>(r);
    svg += str(R"(<text x="0" y="{:.1f}">{}</text>)", y + 13, escape_html(shortened(map.rows[r], kLongestName)));
    for (size_t c = 0; c < map.columns.size(); ++c)
      svg += str(R"(<rect class="bar" x="{:.1f}" y="{:.1f}" width="17" height="17" fill-opacity="{:.3f}"><title>{}, {}: {:.4g}</title></rect>)",
                 left + kCell * static_cast<double>(c), y, map.values[r][c] * scale, escape_html(shown(map.rows[r])), escape_html(shown(map.columns[c])),
                 map.values[r][c]);
    svg += "\n";
  }
  return svg + "</svg>\n";
}

}  // namespace grim::report
