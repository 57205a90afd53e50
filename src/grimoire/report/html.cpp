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

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1c2530; --faint: #6b7785; --line: #d9dee4; --paper: #fbfcfd; --good: #2d7a46; --warn: #b3541e;
  --s0: #1769aa; --s1: #b3541e; --s2: #2d7a46; --s3: #7a4fa3; --s4: #8a6d1b; --s5: #5c6b7a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ed; --faint: #9aa6b2; --line: #38424d; --paper: #14191f; --good: #6cc38a; --warn: #e58e57;
  --s0: #5aa9e6; --s1: #e08a55; --s2: #5fb37c; --s3: #b18ad6; --s4: #c9a93f; --s5: #9aa8b5; } }
body { margin: 2rem auto; max-width: 46rem; padding: 0 1rem; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
body:has(article.broad) { max-width: 60rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
a { color: inherit; } p { margin: .5rem 0; } .faint { color: var(--faint); } .good { color: var(--good); } .warning { color: var(--warn); }
.good::before { content: "\2713\2002"; } .warning::before { content: "\25b2\2002"; }
.scroll { overflow-x: auto; margin: .8rem 0; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; } td { border-bottom: 1px solid var(--line); }
th { border-bottom: 1px solid; font-weight: 500; color: var(--faint); } th.n, td.n { text-align: right; } td svg { vertical-align: middle; }
p:has(+ .scroll) { margin-bottom: -.4rem; }
pre, code { font: 14px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .6rem .8rem; background: color-mix(in srgb, currentColor 7%, transparent); border-radius: .3rem; }
p.pieces { white-space: pre-wrap; } p.pieces span { background: #d7e9fb; color: #111; } p.pieces span:nth-child(even) { background: #fbeed7; }
pre.samples { white-space: pre-wrap; } pre.columns { columns: 3 12rem; }
blockquote { margin: .5rem 0; padding-left: 1rem; border-left: 3px solid; opacity: .85; }
.figure { margin: .2rem 0; } .figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1rem 0; } .figures div { min-width: 6rem; }
.figures b { display: block; font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures span { color: var(--faint); font-size: .85rem; }
.bar { fill: var(--s0); } svg { max-width: 100%; height: auto; } .charts { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.wide { overflow: auto; margin: 0 calc(50% - 48vw); } .wide svg { width: 100%; max-width: 1400px; }
@media (max-width: 600px) { pre { white-space: pre-wrap; } }
)";

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

std::string svg_histogram(const Histogram& h) {
  constexpr double kWidth = 160, kHeight = 28;
  const int64_t top = h.counts.empty() ? 1 : std::max<int64_t>(1, *std::ranges::max_element(h.counts));
  const double bar = kWidth / static_cast<double>(std::max<size_t>(1, h.counts.size()));
  std::string svg = str(R"(<svg width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="histogram from {2:.3g} to {3:.3g}">)", kWidth, kHeight,
                        h.low, h.high);
  for (size_t i = 0; i < h.counts.size(); ++i) {
    const double high = static_cast<double>(h.counts[i]) / static_cast<double>(top) * kHeight;
    if (high > 0)
      svg += str(R"(<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)", static_cast<double>(i) * bar, kHeight - high, bar - 0.6, high);
  }
  return svg + "</svg>";
}

std::string cell_html(const Value& v) {
  const auto* const histogram = std::get_if<Histogram>(&v);
  return histogram ? svg_histogram(*histogram) : escape_html(to_text(v));
}

struct HtmlWriter {
  const std::string& suffix;
  bool broad;           // the page: it has small pictures in tables, or charts side by side
  bool in_row = false;  // the chart stands beside others
  std::string out = {};

  void operator()(const Heading& h) { out += str("<h2>{}</h2>\n", escape_html(h.text)); }
  void operator()(const Prose& p) { out += markdown_to_html(p.text); }
  void operator()(const Remark& r) {
    constexpr const char* kClasses[] = {"", " class=\"faint\"", " class=\"good\"", " class=\"warning\""};
    out += str("<p{}>{}</p>\n", kClasses[static_cast<int>(r.tone)], escape_html(r.text));
  }
  void operator()(const Samples& s) {
    constexpr size_t kShort = 24, kMany = 6;
    const bool columns = s.texts.size() >= kMany && std::ranges::all_of(s.texts, [](const std::string& t) { return display_width(t) <= kShort; });
    out += columns ? "<pre class=\"samples columns\">" : "<pre class=\"samples\">";
    for (const std::string& text : s.texts) out += escape_html(text) + "\n";
    out += "</pre>\n";
  }
  void operator()(const Pieces& pieces) {
    out += "<p class=\"pieces\">";
    for (const std::string& text : pieces.texts) out += str("<span>{}</span>", escape_html(text));
    out += "</p>\n";
  }
  void operator()(const Figures& all) {
    out += "<div class=\"figures\">";
    for (const Figure& f : all.items) out += str("<div><b>{}</b><span>{}</span></div>", escape_html(to_text(f.value)), escape_html(f.name));
    out += "</div>\n";
  }
  void operator()(const Steps& s) {
    if (!s.title.empty()) out += str("<p>{}</p>\n", escape_html(s.title));
    verbatim(s.lines, "");
  }
  void operator()(const Figure& f) {
    out += str("<p class=\"figure\">{} = <strong>{}</strong></p>\n", escape_html(f.name), escape_html(to_text(f.value)));
  }
  void operator()(const Facts& facts) {
    out += "<div class=\"scroll\"><table>\n";
    for (const Figure& f : facts.items) out += str("<tr><th>{}</th><td>{}</td></tr>\n", escape_html(f.name), escape_html(to_text(f.value)));
    out += "</table></div>\n";
  }
  void operator()(const Table& t) {
    const std::vector<bool> numeric = t.numeric();
    const auto kind = [&](size_t c) { return c < numeric.size() && numeric[c] ? " class=\"n\"" : ""; };
    if (!t.title.empty()) out += str("<p><strong>{}</strong></p>\n", escape_html(t.title));
    out += "<div class=\"scroll\"><table><thead><tr>";
    for (size_t c = 0; c < t.columns.size(); ++c) out += str("<th{}>{}</th>", kind(c), escape_html(t.columns[c]));
    out += "</tr></thead>\n";
    for (const auto& row : t.rows) {
      out += "<tr>";
      for (size_t c = 0; c < row.size(); ++c) out += str("<td{}>{}</td>", kind(c), cell_html(row[c]));
      out += "</tr>\n";
    }
    out += "</table></div>\n";
  }
  void operator()(const Bars& b) { out += svg_bars(b); }
  void operator()(const Chart& c) { out += in_row || c.field ? svg_chart(c) : svg_chart(c, broad ? 930 : 720, 320); }
  void operator()(const HeatMap& m) { out += "<div class=\"scroll\">" + svg_heat_map(m) + "</div>\n"; }
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

bool has_pictures(const Block& b) {
  const auto* const table = std::get_if<Table>(&b);
  return table && std::ranges::any_of(table->rows, [](const auto& row) {
    return std::ranges::any_of(row, [](const Value& v) { return std::holds_alternative<Histogram>(v); });
  });
}

}  // namespace

std::string to_html(const Report& report, const std::string& link_suffix) {
  const auto is_chart = [&](size_t i) { return i < report.blocks.size() && std::holds_alternative<Chart>(report.blocks[i]); };
  bool broad = false;
  for (size_t i = 0; i < report.blocks.size(); ++i) broad = broad || (is_chart(i) && is_chart(i + 1)) || has_pictures(report.blocks[i]);
  HtmlWriter writer{link_suffix, broad};
  for (size_t i = 0; i < report.blocks.size(); ++i) {
    if (is_chart(i) && is_chart(i + 1) && !writer.in_row) writer.in_row = true, writer.out += "<div class=\"charts\">\n";
    std::visit(writer, report.blocks[i]);
    if (writer.in_row && !is_chart(i + 1)) writer.in_row = false, writer.out += "</div>\n";
  }
  return str("<article{}>\n<h1>{}</h1>\n{}</article>\n", broad ? " class=\"broad\"" : "", escape_html(report.title), writer.out);
}

std::string html_page(const Report& report, const std::string& link_suffix) {
  return str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
             "<title>{}</title><style>{}</style></head>\n<body>\n{}</body></html>\n",
             escape_html(report.title), kStyle, to_html(report, link_suffix));
}

}  // namespace grim::report
