#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/report/layout.h"
#include "grimoire/report/markdown.h"
#include "grimoire/report/report.h"

namespace grim::report {
namespace {

struct TextWriter {
  TextStyle style;
  std::string out;

  std::string bold(const std::string& text) const { return style.styled ? "\033[1m" + text + "\033[22m" : text; }
  size_t width() const { return static_cast<size_t>(style.width); }

  void operator()(const Heading& h) { out += bold(h.text) + "\n"; }
  void operator()(const Prose& p) { out += markdown_to_text(p.text, style); }
  void operator()(const Steps& s) {
    if (!s.title.empty()) out += flowed(shown(s.title), "", "", width());
    for (const std::string& line : s.lines) out += "  " + shown(line) + "\n";
  }
  void operator()(const Figure& f) { out += "  " + shown(f.name) + " = " + bold(to_text(f.value)) + "\n"; }
  void operator()(const Table& t) {
    std::vector<std::vector<std::string>> rows = {t.columns};
    for (const auto& row : t.rows) {
      rows.emplace_back();
      for (const Value& v : row) rows.back().push_back(to_text(v));
    }
    out += aligned_table(rows, {.first_is_head = true, .width = width(), .indent = "  ", .numbers_right = true});
  }
  void operator()(const Bars& b) {
    size_t label = 0, number = 0;
    double low = 0, high = 0;
    for (const std::string& l : b.labels) label = std::max(label, display_width(shown(l)));
    for (double v : b.values) low = std::min(low, v), high = std::max(high, v), number = std::max(number, str("{:.4g}", v).size());
    const size_t room = std::min<size_t>(40, width() - std::min(width() - 10, label + number + 6));
    const double scale = high - low > 1e-300 ? static_cast<double>(room) / (high - low) : 0;
    const auto zero = static_cast<size_t>(std::lround(-low * scale));
    if (!b.title.empty()) out += "  " + b.title + "\n";
    for (size_t i = 0; i < b.values.size(); ++i) {
      const auto length = static_cast<size_t>(std::lround(std::abs(b.values[i]) * scale));
      std::string bar(zero, ' ');
      if (b.values[i] < 0) std::fill(bar.end() - static_cast<std::ptrdiff_t>(std::min(length, zero)), bar.end(), '#');
      else bar += std::string(length, '#');
      const std::string name = i < b.labels.size() ? shown(b.labels[i]) : "", value = str("{:.4g}", b.values[i]);
      out += "  " + name + std::string(label - display_width(name) + 2 + number - value.size(), ' ') + value + (bar.empty() ? "" : "  " + bar) + "\n";
    }
  }
  void operator()(const Chart& c) { out += text_chart(c, std::clamp(style.width - 20, 10, 60), 7); }
  void operator()(const Graph& g) {
    std::string group;
    for (const Node& n : g.nodes) {
      if (n.group != group) out += (group.empty() ? "" : "\n") + bold(n.group) + "\n", group = n.group;
      std::string to;
      for (const auto& [from, target] : g.edges)
        if (from == n.id) to += (to.empty() ? "" : ", ") + target;
      out += flowed(n.id + (to.empty() ? "" : " -> " + to), "  ", "      ", width());
    }
  }
  void operator()(const Commands& c) {
    for (const std::string& line : c.lines) out += "  $ " + bold(line) + "\n";
  }
  void operator()(const Links& l) {
    std::string all;
    for (const Link& link : l.items) all += (all.empty() ? "" : "; ") + bold(link.to) + (link.why.empty() ? "" : " (" + link.why + ")");
    out += flowed(all, "See also: ", "  ", width());
  }
};

}  // namespace

std::string to_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return shown(*text);
  const double v = std::get<double>(value);
  if (v == std::round(v) && std::abs(v) < 1e15) return str("{:.0f}", v == 0 ? 0.0 : v);
  return str("{:.8g}", v);
}

std::string to_text(const Report& report, const TextStyle& style) {
  TextWriter writer{style, {}};
  if (!report.title.empty()) writer.out += writer.bold(shown(report.title)) + "\n\n";
  for (size_t i = 0; i < report.blocks.size(); ++i) {
    const auto tight = [](const Block& b) {  // stands close to what is before it
      return std::holds_alternative<Figure>(b) || std::holds_alternative<Commands>(b);
    };
    const bool close = i == 0 || tight(report.blocks[i]) || std::holds_alternative<Heading>(report.blocks[i - 1]);
    if (!close) writer.out += "\n";
    std::visit(writer, report.blocks[i]);
  }
  return std::move(writer.out);
}

}  // namespace grim::report
