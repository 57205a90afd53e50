#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/report/layout.h"
#include "grimoire/report/report.h"

namespace grim::report {
namespace {

struct ValueText {
  size_t columns;

  std::string operator()(const std::string& text) const { return shown(text); }
  std::string operator()(double v) const {
    if (v == std::round(v) && std::abs(v) < 1e15) return str("{:.0f}", v == 0 ? 0.0 : v);
    return str("{:.8g}", v);
  }
  std::string operator()(const Number& n) const { return shown(n.shown); }
  std::string operator()(const Histogram& h) const {
    static constexpr const char* kHeights[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const size_t bins = std::min(columns, h.counts.size());
    std::vector<int64_t> folded(bins, 0);
    for (size_t i = 0; i < h.counts.size(); ++i) folded[i * bins / h.counts.size()] += h.counts[i];
    const int64_t top = bins == 0 ? 0 : *std::ranges::max_element(folded);
    std::string s;
    for (int64_t n : folded) s += kHeights[top == 0 || n == 0 ? 0 : 1 + std::min<int64_t>(7, n * 8 / (top + 1))];
    return s;
  }
};

struct ValueJson {
  Json operator()(const std::string& text) const { return Json(text); }
  Json operator()(double v) const { return Json(v); }
  Json operator()(const Number& n) const { return value_or_null(n.value); }
  Json operator()(const Histogram& h) const { return Json::object({{"low", h.low}, {"high", h.high}, {"counts", Json::array_of(h.counts)}}); }
};

}  // namespace

Number number(double value, std::string_view format) { return {value, std::isnan(value) ? "-" : str(format, value)}; }
Number counted(int64_t n) { return {static_cast<double>(n), with_commas(n)}; }

std::string to_text(const Value& value, size_t columns) { return std::visit(ValueText{columns}, value); }
Json to_json(const Value& value) { return std::visit(ValueJson(), value); }

std::vector<bool> Table::numeric() const {
  const auto is_number = [](const Value& v) {
    const auto* const text = std::get_if<std::string>(&v);
    return text ? reads_as_number(*text) : !std::holds_alternative<Histogram>(v);
  };
  std::vector<bool> all(columns.size(), true);
  for (const auto& row : rows)
    for (size_t c = 0; c < std::min(row.size(), all.size()); ++c) all[c] = all[c] && is_number(row[c]);
  return all;
}

}  // namespace grim::report
