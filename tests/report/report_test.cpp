// Every kind of block as text, as HTML and as JSON.
#include "grimoire/report/report.h"

#include <gtest/gtest.h>

namespace grim::report {
namespace {

std::string text(const Block& b, TextStyle style = {}) { return to_text(Report{"", {b}}, style); }
std::string html(const Block& b) {
  const std::string page = to_html(Report{"T", {b}});
  const std::string before = "<article>\n<h1>T</h1>\n", after = "</article>\n";
  EXPECT_TRUE(page.starts_with(before) && page.ends_with(after)) << page;
  return page.substr(before.size(), page.size() - before.size() - after.size());
}
std::string json(const Block& b) { return to_json(Report{"T", {b}}).at("blocks").dump(); }

TEST(Report, Headings) {
  EXPECT_EQ(text(Heading{"A & B"}), "A & B\n");
  EXPECT_EQ(text(Heading{"A"}, {.styled = true}), "\x1b[1mA\x1b[22m\n");
  EXPECT_EQ(html(Heading{"A & B"}), "<h2>A &amp; B</h2>\n");
  EXPECT_EQ(json(Heading{"A & B"}), R"([{"kind": "heading", "text": "A & B"}])");
}

TEST(Report, ProseIsMarkdown) {
  EXPECT_EQ(text(Prose{"a **b**"}), "a b\n");
  EXPECT_EQ(html(Prose{"a **b**"}), "<p>a <strong>b</strong></p>\n");
  EXPECT_EQ(json(Prose{"a **b**"}), R"([{"kind": "prose", "markdown": "a **b**"}])");
}

TEST(Report, StepsStandAsTheyAre) {
  const Steps s{{"x  = 1", "y < 2"}, "By hand"};
  EXPECT_EQ(text(s), "By hand\n  x  = 1\n  y < 2\n");
  EXPECT_EQ(html(s), "<p>By hand</p>\n<pre>x  = 1\ny &lt; 2\n</pre>\n");
  EXPECT_EQ(json(s), R"([{"kind": "steps", "title": "By hand", "lines": ["x  = 1", "y < 2"]}])");
}

TEST(Report, Figures) {
  EXPECT_EQ(text(Figure{"loss", 0.69314718056}), "  loss = 0.69314718\n");
  EXPECT_EQ(text(Figure{"steps", 12000.0}), "  steps = 12000\n");
  EXPECT_EQ(text(Figure{"zero", -0.0}), "  zero = 0\n");
  EXPECT_EQ(text(Figure{"word", std::string("a\x1b")}), "  word = a\\x1b\n");
  EXPECT_EQ(text(Figure{"word", std::string("a\xe2\x82")}), "  word = a\ufffd\n");
  EXPECT_EQ(html(Figure{"p<", std::string("<1")}), "<p class=\"figure\">p&lt; = <strong>&lt;1</strong></p>\n");
  EXPECT_EQ(json(Figure{"loss", 0.5}), R"([{"kind": "figure", "name": "loss", "value": 0.5}])");
  EXPECT_EQ(to_json(Report{"T", {Figure{"loss", 0.5}, Figure{"word", std::string("w")}}}).at("figures").dump(), R"({"loss": 0.5, "word": "w"})");
}

TEST(Report, Tables) {
  const Table t{{"name", "n"}, {{std::string("a|<b>"), 1.5}, {std::string("c"), 10.0}}};
  EXPECT_EQ(text(t), "  name     n\n  -----  ---\n  a|<b>  1.5\n  c       10\n");
  EXPECT_EQ(html(t), "<div class=\"scroll\"><table><thead><tr><th>name</th><th class=\"n\">n</th></tr></thead>\n"
                     "<tr><td>a|&lt;b&gt;</td><td class=\"n\">1.5</td></tr>\n<tr><td>c</td><td class=\"n\">10</td></tr>\n</table></div>\n");
  EXPECT_EQ(json(t), R"([{"kind": "table", "columns": ["name", "n"], "rows": [["a|<b>", 1.5], ["c", 10.0]]}])");
}

TEST(Report, NumbersShownTheirOwnWay) {
  const Table t{{"a", "b"}, {{Number{0.28, "28 %"}, number(1.0 / 3, "{:.2f}")}, {number(NAN, "{:.2f}"), 2.0}}, "t<"};
  EXPECT_EQ(text(t), "  t<\n     a     b\n  ----  ----\n  28 %  0.33\n     -     2\n");
  EXPECT_TRUE(html(t).starts_with("<p><strong>t&lt;</strong></p>\n<div class=\"scroll\"><table><thead><tr><th class=\"n\">a</th>")) << html(t);
  EXPECT_EQ(json(t), R"([{"kind": "table", "columns": ["a", "b"], "rows": [[0.28, 0.3333333333333333], [null, 2.0]], "title": "t<"}])");
}

// Small pictures in cells: eight heights in a terminal, as wide as there is room for, SVG on a page, which is then broader.
TEST(Report, Histograms) {
  std::vector<int64_t> counts(32, 1);
  counts[0] = 8, counts[31] = 0;
  const Table t{{"name", "values"}, {{std::string("w"), Histogram{-1, 1, counts}}}};
  EXPECT_EQ(text(t), "  name  values\n  ----  ----------------\n  w     █▂▂▂▂▂▂▂▂▂▂▂▂▂▂▁\n");
  EXPECT_EQ(text(t, {.width = 20}), "  name  values\n  ----  --------\n  w     █▃▃▃▃▃▃▃\n");
  const std::string page = to_html(Report{"T", {t}});
  EXPECT_TRUE(page.starts_with("<article class=\"broad\">")) << page;
  EXPECT_NE(page.find("aria-label=\"histogram from -1 to 1\""), std::string::npos);
  const auto bars = [](const std::string& svg) {
    size_t n = 0;
    for (size_t at = 0; (at = svg.find("<rect", at)) != std::string::npos; ++at) ++n;
    return n;
  };
  EXPECT_EQ(bars(page), 31u);  // an empty bin has none
  EXPECT_EQ(to_json(Value(Histogram{0, 1, {2, 3}})).dump(), R"({"low": 0.0, "high": 1.0, "counts": [2, 3]})");
  EXPECT_EQ(to_text(Value(Histogram{})), "");
}

TEST(Report, RemarksAreNotMarkdown) {
  EXPECT_EQ(text(Remark{"a **b** <c>"}), "a **b** <c>\n");
  EXPECT_EQ(text(Remark{"fine", Tone::good}), "  ok  fine\n");
  EXPECT_EQ(text(Remark{"one two three", Tone::warning}, {.width = 14}), "look: one two\n      three\n");
  EXPECT_EQ(html(Remark{"a **b** <c>", Tone::warning}), "<p class=\"warning\">a **b** &lt;c&gt;</p>\n");
  EXPECT_EQ(html(Remark{"a"}), "<p>a</p>\n");
  EXPECT_EQ(json(Remark{"a", Tone::faint}), R"([{"kind": "remark", "text": "a", "tone": "faint"}])");
  EXPECT_EQ(to_text(Report{"", {Remark{"a", Tone::good}, Remark{"b", Tone::warning}, Prose{"c"}}}), "  ok  a\nlook: b\n\nc\n");
}

TEST(Report, SamplesStandInColumnsWhereTheyAreShort) {
  EXPECT_EQ(text(Samples{{"ann", "two\nlines"}}), "  ann\n  two\n  lines\n");
  EXPECT_EQ(html(Samples{{"a<", "b"}}), "<pre class=\"samples\">a&lt;\nb\n</pre>\n");
  EXPECT_TRUE(html(Samples{std::vector<std::string>(30, "ann")}).starts_with("<pre class=\"samples columns\">"));
  EXPECT_TRUE(html(Samples{std::vector<std::string>(30, std::string(25, 'x'))}).starts_with("<pre class=\"samples\">"));
  EXPECT_EQ(json(Samples{{"a"}}), R"([{"kind": "samples", "texts": ["a"]}])");
}

TEST(Report, FactsInTwoColumns) {
  const Facts f{{{"mean", 2.5}, {"écart", number(3, "{:.2f}")}, {"p<", std::string("<1")}}};
  EXPECT_EQ(text(f), "  mean   2.5\n  écart  3.00\n  p<     <1\n");
  EXPECT_EQ(html(f), "<div class=\"scroll\"><table>\n<tr><th>mean</th><td>2.5</td></tr>\n<tr><th>écart</th><td>3.00</td></tr>\n"
                     "<tr><th>p&lt;</th><td>&lt;1</td></tr>\n</table></div>\n");
  EXPECT_EQ(json(Facts{{{"mean", 2.5}}}), R"([{"kind": "facts", "items": [{"name": "mean", "value": 2.5}]}])");
  EXPECT_EQ(to_json(Report{"", {Facts{{{"mean", 2.5}}}}}).at("figures").dump(), R"({"mean": 2.5})");
}

TEST(Report, FiguresSideBySide) {
  const Figures f{{{"dev", number(2.5, "{:.4f}")}, {"steps", 3.0}}};
  EXPECT_EQ(text(f), "  dev = 2.5000\n  steps = 3\n");
  EXPECT_EQ(html(f), "<div class=\"figures\"><div><b>2.5000</b><span>dev</span></div><div><b>3</b><span>steps</span></div></div>\n");
  EXPECT_EQ(json(f), R"([{"kind": "figures", "items": [{"name": "dev", "value": 2.5}, {"name": "steps", "value": 3.0}]}])");
  EXPECT_EQ(to_json(Report{"T", {f}}).at("figures").dump(), R"({"dev": 2.5, "steps": 3.0})");
}

TEST(Report, BarsGoBothWays) {
  const Bars b{"shares", {"a", "bb"}, {2, -1}};
  const std::string drawn = text(b);
  EXPECT_TRUE(drawn.starts_with("  shares\n  a    2  "));
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '#'), 40);
  EXPECT_EQ(text(Bars{"", {"a"}, {0}}), "  a  0\n");
  const std::string svg = html(Bars{"<t>", {"a<"}, {1}});
  EXPECT_NE(svg.find("aria-label=\"&lt;t&gt;\""), std::string::npos);
  EXPECT_NE(svg.find(">a&lt;</text>"), std::string::npos);
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_EQ(json(b), R"([{"kind": "bars", "title": "shares", "labels": ["a", "bb"], "values": [2.0, -1.0]}])");
}

TEST(Report, Charts) {
  const Chart c{.title = "t<", .x_label = "x", .y_label = "y", .series = {{"s", {0, 1, 2}, {0, 1, 4}, false}}};
  EXPECT_NE(text(c).find('a'), std::string::npos);
  EXPECT_NE(html(c).find("<path d=\"M"), std::string::npos);
  EXPECT_EQ(html(c).find("t<<"), std::string::npos);
  EXPECT_EQ(json(c), R"([{"kind": "chart", "title": "t<", "x": "x", "y": "y", "x_log": false, "y_log": false, )"
                     R"("series": [{"name": "s", "points": false, "x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 4.0]}]}])");
}

// A line without a name in stars, a point in o, one with a name in its letter and below; round numbers at both axes, nothing behind.
TEST(Report, ChartsInATerminal) {
  Chart c{.title = "t", .x_label = "x", .series = {{.name = "", .x = {0, 4}, .y = {0.1, 9.8}}, {.name = "", .x = {2}, .y = {5}, .points = true}}};
  EXPECT_EQ(text_chart(c, 21, 7),
            "  t\n"
            "  10+                   **\n"
            "    |                ***\n"
            "    |            ****\n"
            "   5+         *o*\n"
            "    |      ***\n"
            "    |  ****\n"
            "   0+**\n"
            "    ++---------+---------+ x\n"
            "     0         2         4\n");
  c.series[0].name = "line", c.x_label = "a long label", c.title = "";
  const std::string drawn = text_chart(c, 21, 7);
  EXPECT_TRUE(drawn.starts_with("  10+                   aa\n")) << drawn;
  EXPECT_TRUE(drawn.ends_with("----+\n     0         2         4\n         a long label\n     a line\n")) << drawn;
  c.y_scale = Scale::log, c.series[1].y = {-1}, c.x_label = "";  // what a logarithm cannot show is left out
  EXPECT_EQ(text_chart(c, 21, 7).find('o'), std::string::npos);
}

// A level is a dashed line; what is faint is drawn first, however late it stands.
TEST(Report, ChartsWithLevelsAndStrokes) {
  Chart c{.series = {{.name = "dev", .x = {0, 1}, .y = {4, 2}, .stroke = Stroke::strong}, {.name = "train", .x = {0, 1}, .y = {4, 1}, .stroke = Stroke::faint}},
          .levels = {{"goal <", 3}}};
  const std::string svg = svg_chart(c);
  EXPECT_LT(svg.find("var(--faint"), svg.find("stroke-width=\"2.4\""));
  EXPECT_NE(svg.find(">goal &lt;</text>"), std::string::npos);
  EXPECT_EQ(text_chart(c, 21, 7).find("c goal"), std::string::npos);
  const std::string drawn = text_chart(c, 21, 7);
  EXPECT_NE(drawn.find("a dev   b train   - - goal <"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("- - - "), std::string::npos) << drawn;
  EXPECT_NE(json(c).find(R"("levels": [{"name": "goal <", "y": 3.0}])"), std::string::npos) << json(c);
  c.levels[0].y = 30;  // the axis reaches it
  EXPECT_NE(svg_chart(c).find(">30</text>"), std::string::npos);
}

// Two regions one above the other, a point of each kind, and the axes are the field's.
TEST(Report, ChartsOfValuesThatDifferInTheirLastDigits) {
  const double v = 0.3, next = std::nextafter(v, 1);
  for (const bool upright : {false, true}) {
    const std::vector<double> near = {v, next}, far = {1, 2};
    const Chart c{.title = "t", .series = {{.name = "", .x = upright ? far : near, .y = upright ? near : far}}};
    const std::string svg = svg_chart(c);
    EXPECT_NE(svg.find("<svg"), std::string::npos);
    EXPECT_LT(svg.size(), 20000u);
  }
}

TEST(Report, ChartsWithAField) {
  const Chart c{.series = {{.name = "oak", .x = {1}, .y = {3}, .points = true}, {.name = "elm", .x = {3}, .y = {1}, .points = true}},
                .field = Field{.left = 0, .right = 4, .bottom = 0, .top = 4, .columns = 1, .rows = 2, .series = {0, 1}}};
  EXPECT_EQ(text_chart(c, 9, 5),
            "   4+aaaaaaaaa\n"
            "    |aaAaaaaaa\n"
            "    |bbbbbbbbb\n"
            "    |bbbbbbBbb\n"
            "   0+bbbbbbbbb\n"
            "    ++---+---+\n"
            "     0   2   4\n"
            "     a oak   b elm\n");
  const std::string svg = html(c);
  EXPECT_EQ(svg.find("<rect"), svg.find("<rect x=\"56.00\" y=\"30.00\""));
  EXPECT_NE(svg.find("fill=\"var(--s1, #b3541e)\" opacity=\".22\""), std::string::npos) << svg;
  EXPECT_NE(json(c).find(R"("field": {"left": 0.0, "right": 4.0, "bottom": 0.0, "top": 4.0, "columns": 1, "rows": 2, "series": [0, 1]})"), std::string::npos);
}

TEST(Report, ChartsInARow) {
  const Chart c{.series = {{"", {0, 1}, {0, 1}, false}}};
  const std::string page = to_html(Report{"T", {c, c, Prose{"x"}, c}});
  EXPECT_TRUE(page.starts_with("<article class=\"broad\">"));
  const size_t row = page.find("<div class=\"charts\">"), end = page.find("</div>"), prose = page.find("<p>x</p>");
  EXPECT_TRUE(row < end && end < prose) << page;
  EXPECT_EQ(page.find("<div class=\"charts\">", row + 1), std::string::npos);  // one alone is no row
  EXPECT_TRUE(to_html(Report{"T", {c}}).starts_with("<article>"));
}

TEST(Report, Graphs) {
  const Graph g{{{"a", "one"}, {"b", "one"}, {"c", "two"}}, {{"a", "b"}, {"a", "c"}}};
  EXPECT_EQ(text(g), "one\n  a -> b, c\n  b\n\ntwo\n  c\n");
  EXPECT_NE(html(g).find("href=\"a.html\""), std::string::npos) << html(g);
  EXPECT_EQ(json(g), R"([{"kind": "graph", "nodes": [{"id": "a", "group": "one"}, {"id": "b", "group": "one"}, {"id": "c", "group": "two"}], )"
                     R"("edges": [["a", "b"], ["a", "c"]]}])");
}

TEST(Report, CommandsAndLinks) {
  EXPECT_EQ(text(Commands{{"grimoire train"}}), "  $ grimoire train\n");
  EXPECT_EQ(html(Commands{{"a > b"}}), "<pre>$ a &gt; b\n</pre>\n");
  EXPECT_EQ(json(Commands{{"x"}}), R"([{"kind": "commands", "lines": ["x"]}])");
  const Links l{{{"loss", "what is made small"}, {"gradient", ""}}};
  EXPECT_EQ(text(l), "See also: loss (what is made small); gradient\n");
  EXPECT_EQ(html(l), "<p>See also: <a href=\"loss.html\">loss</a> (what is made small); <a href=\"gradient.html\">gradient</a></p>\n");
  EXPECT_EQ(json(l), R"([{"kind": "links", "items": [{"to": "loss", "why": "what is made small"}, {"to": "gradient", "why": ""}]}])");
}

TEST(Report, WholeReports) {
  const Report r{"Title", {Prose{"Words."}, Figure{"a", 1.0}, Figure{"b", 2.0}, Heading{"Part"}, Prose{"More."}}};
  EXPECT_EQ(to_text(r), "Title\n\nWords.\n  a = 1\n  b = 2\n\nPart\nMore.\n");
  EXPECT_EQ(to_json(r).at("title").dump(), "\"Title\"");
  const std::string page = html_page({"a<b", r.blocks});
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_NE(page.find("<title>a&lt;b</title>"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos);  // it needs no network
  const Report linked{"T", {Links{{{"loss", ""}}}}};
  EXPECT_EQ(html_page(linked).find("href"), std::string::npos);
  EXPECT_NE(html_page(linked, ".html").find("href=\"loss.html\""), std::string::npos);
}

TEST(HeatMap, ShadesAndNumbers) {
  const HeatMap map{"looks", {"the", "cat"}, {"le", "chat", "<s>"}, {{1, 0, 0}, {0, 0.5, 0.25}}};
  EXPECT_EQ(to_text({"", {map}}), "  looks\n  columns: 0 le, 1 chat, 2 <s>\n           0 1 2\n    0 the ██    \n    1 cat   ▒▒░░\n  darkest: 1\n");
  EXPECT_EQ(text_heat_map({"", {"a"}, {"a"}, {{0}}}, 80), "         0\n    0 a   \n  darkest: 0\n");
  const std::string narrow = text_heat_map(map, 14);  // a column at a time
  EXPECT_NE(narrow.find("    1 cat ▒▒\n"), std::string::npos) << narrow;
  const std::string page = to_html({"", {map}});
  EXPECT_NE(page.find("fill-opacity=\"0.250\"><title>cat, &lt;s&gt;: 0.25</title>"), std::string::npos) << page;
}

}  // namespace
}  // namespace grim::report
