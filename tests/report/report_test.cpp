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
  EXPECT_EQ(html(Figure{"p<", std::string("<1")}), "<p class=\"figure\">p&lt; = <strong>&lt;1</strong></p>\n");
  EXPECT_EQ(json(Figure{"loss", 0.5}), R"([{"kind": "figure", "name": "loss", "value": 0.5}])");
  EXPECT_EQ(to_json(Report{"T", {Figure{"loss", 0.5}, Figure{"word", std::string("w")}}}).at("figures").dump(), R"({"loss": 0.5, "word": "w"})");
}

TEST(Report, Tables) {
  const Table t{{"name", "n"}, {{std::string("a|<b>"), 1.5}, {std::string("c"), 10.0}}};
  EXPECT_EQ(text(t), "  name     n\n  -----  ---\n  a|<b>  1.5\n  c       10\n");
  EXPECT_EQ(html(t), "<table><thead><tr><th>name</th><th>n</th></tr></thead>\n"
                     "<tr><td>a|&lt;b&gt;</td><td>1.5</td></tr>\n<tr><td>c</td><td>10</td></tr>\n</table>\n");
  EXPECT_EQ(json(t), R"([{"kind": "table", "columns": ["name", "n"], "rows": [["a|<b>", 1.5], ["c", 10.0]]}])");
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
  const std::string page = html_page("a<b", to_html(r));
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_NE(page.find("<title>a&lt;b</title>"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos);  // it needs no network
}

}  // namespace
}  // namespace grim::report
