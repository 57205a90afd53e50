#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "grimoire/base/str.h"
#include "grimoire/report/escape.h"
#include "grimoire/report/layout.h"
#include "grimoire/report/markdown.h"
#include "grimoire/report/report.h"

namespace grim::report {
namespace {

constexpr const char* kStyle =
    ":root{color-scheme:light dark;--s0:#1769aa}body{margin:2rem auto;max-width:46rem;padding:0 1rem;font:16px/1.55 system-ui,sans-serif}"
    "h1{font-size:1.6rem;margin-bottom:.3rem}h2{font-size:1.1rem;margin:1.4rem 0 .3rem}table{border-collapse:collapse;"
    "font-variant-numeric:tabular-nums}th,td{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}thead th,tr:first-child th"
    "{border-bottom:1px solid}pre,code{font:14px/1.45 ui-monospace,monospace}pre{overflow-x:auto;padding:.6rem .8rem;background:"
    "color-mix(in srgb,currentColor 7%,transparent);border-radius:.3rem}blockquote{margin:.5rem 0;padding-left:1rem;border-left:3px solid;"
    "opacity:.85}.figure{margin:.2rem 0}.bar{fill:var(--s0)}svg{max-width:100%;height:auto}"
    ".wide{overflow:auto;margin:0 calc(50% - 48vw)}.wide svg{width:100%;max-width:1400px}@media(max-width:600px){pre{white-space:pre-wrap}}a{color:inherit}";

std::string svg_bars(const Bars& b) {
  constexpr double kRoom = 380, kRow = 22, kLetter = 7.5;
  double low = 0, high = 0;
  size_t widest = 0;
  for (const std::string& l : b.labels) widest = std::max(widest, display_width(l));
  const double label = 12 + kLetter * static_cast<double>(std::min<size_t>(widest, 20));
  for (double v : b.values) low = std::min(low, v), high = std::max(high, v);
  const double scale = high - low > 1e-300 ? kRoom / (high - low) : 0;
  const double top = b.title.empty() ? 4 : 26, height = top + kRow * static_cast<double>(b.values.size()) + 4;
  std::string svg = str(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 {0:.0f}" width="620" height="{0:.0f}" font-family="system-ui, sans-serif" )"
                        R"(font-size="13" fill="currentColor" role="img" aria-label="{1}">)",
                        height, escape_html(b.title)) + "\n";
  if (!b.title.empty()) svg += str(R"(<text x="0" y="16" font-weight="600">{}</text>)", escape_html(b.title)) + "\n";
  for (size_t i = 0; i < b.values.size(); ++i) {
    const double y = top + kRow * static_cast<double>(i), v = b.values[i], x = label + (std::min(v, 0.0) - low) * scale;
    svg += str(R"(<text x="0" y="{:.1f}">{}</text><rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="15"/>)"
               R"(<text x="{:.1f}" y="{:.1f}">{:.4g}</text>)",
               y + 13, escape_html(i < b.labels.size() ? b.labels[i] : ""), x, y + 1, std::abs(v) * scale, label + (std::max(v, 0.0) - low) * scale + 6,
               y + 13, v) + "\n";
  }
  return svg + "</svg>\n";
}

// The nodes on a circle, a colour a group; what is linked is joined by a bow towards the middle.
std::string svg_graph(const Graph& g, const std::string& suffix) {
  const double count = static_cast<double>(std::max<size_t>(g.nodes.size(), 1)), radius = std::max(120.0, count * 2.1), size = 2 * radius + 340;
  std::map<std::string, std::pair<double, size_t>> place;  // angle and colour
  size_t group = 0;
  for (size_t i = 0; i < g.nodes.size(); ++i) {
    if (i > 0 && g.nodes[i].group != g.nodes[i - 1].group) ++group;
    place[g.nodes[i].id] = {2 * std::numbers::pi * static_cast<double>(i) / count, group};
  }
  std::string svg = str(R"(<div class="wide"><svg xmlns="http://www.w3.org/2000/svg" )"
                        R"(viewBox="{0:.0f} {0:.0f} {1:.0f} {1:.0f}" width="{1:.0f}" height="{1:.0f}" )"
                        R"(font-family="system-ui, sans-serif" font-size="11" role="img" aria-label="links">)",
                        -size / 2, size) + "\n";
  for (const auto& [from, to] : g.edges) {
    const auto a = place.find(from), b = place.find(to);
    if (a == place.end() || b == place.end()) continue;
    const double p = a->second.first, q = b->second.first;
    svg += str(R"(<path d="M{:.1f} {:.1f}Q0 0 {:.1f} {:.1f}" fill="none" stroke="{}" opacity=".35"/>)", radius * std::cos(p), radius * std::sin(p),
               radius * std::cos(q), radius * std::sin(q), series_colour(a->second.second)) + "\n";
  }
  for (const auto& [id, at] : place) {
    const double degrees = at.first * 180 / std::numbers::pi;
    const bool left = degrees > 90 && degrees < 270;
    const std::string open = suffix.empty() ? "" : str(R"(<a href="{}{}">)", escape_html(id), suffix), close = suffix.empty() ? "" : "</a>";
    svg += open + str(R"(<text transform="rotate({1:.2f}) translate({2:.1f} 4){3}" text-anchor="{4}" fill="{5}">{0}</text>)", escape_html(id), degrees,
                      radius + 6, left ? " rotate(180) translate(0 8)" : "", left ? "end" : "start", series_colour(at.second)) + close + "\n";
  }
  return svg + "</svg></div>\n";
}

struct HtmlWriter {
  const std::string& suffix;
  std::string out = {};

  void operator()(const Heading& h) { out += str("<h2>{}</h2>\n", escape_html(h.text)); }
  void operator()(const Prose& p) { out += markdown_to_html(p.text); }
  void operator()(const Steps& s) {
    if (!s.title.empty()) out += str("<p>{}</p>\n", escape_html(s.title));
    verbatim(s.lines, "");
  }
  void operator()(const Figure& f) {
    out += str("<p class=\"figure\">{} = <strong>{}</strong></p>\n", escape_html(f.name), escape_html(to_text(f.value)));
  }
  void operator()(const Table& t) {
    out += "<table><thead><tr>";
    for (const std::string& c : t.columns) out += str("<th>{}</th>", escape_html(c));
    out += "</tr></thead>\n";
    for (const auto& row : t.rows) {
      out += "<tr>";
      for (const Value& v : row) out += str("<td>{}</td>", escape_html(to_text(v)));
      out += "</tr>\n";
    }
    out += "</table>\n";
  }
  void operator()(const Bars& b) { out += svg_bars(b); }
  void operator()(const Chart& c) { out += svg_chart(c, 620, 320); }
  void operator()(const Graph& g) { out += svg_graph(g, suffix); }
  void operator()(const Commands& c) { verbatim(c.lines, "$ "); }
  void operator()(const Links& l) {
    out += "<p>See also: ";
    for (size_t i = 0; i < l.items.size(); ++i) {
      const Link& link = l.items[i];
      const std::string name = escape_html(link.to);
      out += str("{}{}{}", i ? "; " : "", suffix.empty() ? name : str("<a href=\"{0}{1}\">{0}</a>", name, suffix),
                 link.why.empty() ? "" : " (" + escape_html(link.why) + ")");
    }
    out += "</p>\n";
  }
  void verbatim(const std::vector<std::string>& lines, const char* before) {
    out += "<pre>";
    for (const std::string& line : lines) out += before + escape_html(line) + "\n";
    out += "</pre>\n";
  }
};

}  // namespace

std::string to_html(const Report& report, const std::string& link_suffix) {
  HtmlWriter writer{link_suffix};
  for (const Block& b : report.blocks) std::visit(writer, b);
  return str("<article>\n<h1>{}</h1>\n{}</article>\n", escape_html(report.title), writer.out);
}

std::string html_page(const std::string& title, const std::string& body) {
  return str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
             "<title>{}</title><style>{}</style></head>\n<body>\n{}</body></html>\n",
             escape_html(title), kStyle, body);
}

}  // namespace grim::report
