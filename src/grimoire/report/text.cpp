#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/report/layout.h"
#include "grimoire/report/markdown.h"
#include "grimoire/report/report.h"

namespace grim::report {
namespace {

// Control characters as their signs: a line end as U+23CE, a tab as U+21E5.
std::string shown_on_a_line(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') out += "\u23ce";
    else if (c == '\t') out += "\u21e5";
    else out += c;
  }
  return shown(out);
}

struct TextWriter {
  TextStyle style;
  std::string out;

  std::string bold(const std::string& text) const { return style.styled ? "\033[1m" + text + "\033[22m" : text; }
  size_t width() const { return static_cast<size_t>(style.width); }

  void operator()(const Heading& h) { out += bold(h.text) + "\n"; }
  void operator()(const Prose& p) { out += markdown_to_text(p.text, style); }
  void operator()(const Remark& r) {
    const char* const before = r.tone == Tone::good ? "  ok  " : r.tone == Tone::warning ? "look: " : "";
    out += flowed(shown(r.text), before, *before ? "      " : "", width());
  }
  void operator()(const Steps& s) {
    if (!s.title.empty()) out += flowed(shown(s.title), "", "", width());
    for (const std::string& line : s.lines) out += "  " + shown(line) + "\n";
  }
  void operator()(const Samples& s) {
    for (const std::string& text : s.texts)
      for (std::string_view line : lines_in(text)) out += "  " + shown(line) + "\n";
  }
  // By background colours, or with a bar between them; line ends are written as signs, so that a piece stays on a line.
  void operator()(const Pieces& pieces) {
    constexpr int kColours[] = {153, 194, 229, 224, 189};
    size_t column = 0;
    for (size_t i = 0; i < pieces.texts.size(); ++i) {
      std::string piece = shown_on_a_line(pieces.texts[i]);
      if (!style.styled && i > 0) piece.insert(0, "|");
      const size_t wide = display_width(piece);
      if (column > 0 && column + wide > width()) out += "\n", column = 0;
      column += wide;
      out += style.styled ? str("\033[30;48;5;{}m{}\033[0m", kColours[i % std::size(kColours)], piece) : piece;
    }
    if (!pieces.texts.empty()) out += "\n";
  }
  void operator()(const Figures& all) {
    for (const Figure& f : all.items) (*this)(f);
  }
  void operator()(const Figure& f) { out += "  " + shown(f.name) + " = " + bold(to_text(f.value)) + "\n"; }
  void operator()(const Facts& facts) {
    size_t name = 0;
    for (const Figure& f : facts.items) name = std::max(name, display_width(shown(f.name)));
    for (const Figure& f : facts.items) {
      const std::string said = shown(f.name);
      out += "  " + said + std::string(name + 2 - display_width(said), ' ') + to_text(f.value) + "\n";
    }
  }
  void operator()(const Table& t) {
    std::vector<std::vector<std::string>> rows;
    for (const size_t columns : {16u, 8u, 4u}) {  // of a histogram: as many as there is room for
      rows = {t.columns};
      for (const auto& row : t.rows) {
        rows.emplace_back();
        for (const Value& v : row) rows.back().push_back(to_text(v, columns));
      }
      if (least_width(rows, "  ") <= width()) break;
    }
    if (!t.title.empty()) out += "  " + shown(t.title) + "\n";
    out += aligned_table(rows, {.first_is_head = true, .width = width(), .indent = "  ", .right = t.numeric()});
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
  void operator()(const Chart& c) { out += text_chart(c, std::clamp(style.width - 20, 10, 60), style.chart_rows); }
  void operator()(const HeatMap& m) { out += text_heat_map(m, width()); }
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

bool stand_close(const Block& before, const Block& b) {
  const bool figure = std::holds_alternative<Figure>(b) || std::holds_alternative<Figures>(b) || std::holds_alternative<Commands>(b);
  const bool remarks = std::holds_alternative<Remark>(b) && std::holds_alternative<Remark>(before);
  return figure || remarks || std::holds_alternative<Heading>(before);
}

}  // namespace

std::string to_text(const Report& report, const TextStyle& style) {
  TextWriter writer{style, {}};
  if (!report.title.empty()) writer.out += writer.bold(flowed(shown(report.title), "", "", writer.width())) + "\n";
  for (size_t i = 0; i < report.blocks.size(); ++i) {
    if (i > 0 && !stand_close(report.blocks[i - 1], report.blocks[i])) writer.out += "\n";
    std::visit(writer, report.blocks[i]);
  }
  return std::move(writer.out);
}

}  // namespace grim::report
