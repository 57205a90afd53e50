// Report: what there is to say, as data in reading order. One writer each turns it into text for a terminal, JSON for programs and
// HTML for a page; who makes a report knows none of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/report/chart.h"
#include "grimoire/report/heat_map.h"

namespace grim::report {

struct Number {  // a number that is shown its own way: "0.0120", "28 %"
  double value;
  std::string shown;
};
// By a format of str(); "-" for NaN, which is null in JSON.
Number number(double value, std::string_view format);
Number counted(int64_t n);  // "12,345"

struct Histogram {  // as a cell: a picture as high as a line
  double low = 0, high = 0;
  std::vector<int64_t> counts;  // of equal bins from low to high
};

using Value = std::variant<double, std::string, Number, Histogram>;
// A double with eight significant digits, whole ones whole; a histogram as blocks of eight heights, `columns` of them at most.
std::string to_text(const Value& value, size_t columns = 16);
Json to_json(const Value& value);

struct Heading {
  std::string text;
};
struct Prose {  // Markdown: report/markdown.h
  std::string text;
};
struct Steps {  // a calculation or a formula, set as it stands, one step a line
  std::vector<std::string> lines;
  std::string title = {};
};
enum class Tone : unsigned char { plain, faint, good, warning };
struct Remark {  // words as they stand, not Markdown; what is good or a warning is a verdict, and bears its mark
  std::string text;
  Tone tone = Tone::plain;
};
struct Samples {  // what a model wrote; short ones stand in columns on a page
  std::vector<std::string> texts;
};
struct Pieces {  // of one text, each told from its neighbours
  std::vector<std::string> texts;
};
struct Figure {  // a number or a word with its name
  std::string name;
  Value value;
};
struct Figures {  // those that matter most, large and side by side on a page
  std::vector<Figure> items;
};
struct Facts {  // names and values in two columns
  std::vector<Figure> items;
};
struct Table {  // a column of numbers stands to the right
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
  std::string title = {};
  std::vector<bool> numeric() const;  // of each column: it holds numbers, or texts that read as numbers, and no picture
};
struct Bars {  // one bar a label; lengths from 0, negative ones to the left of it
  std::string title;
  std::vector<std::string> labels;
  std::vector<double> values;  // finite
};
struct Node {
  std::string id, group;
};
struct Graph {  // nodes of one group stand together
  std::vector<Node> nodes;
  std::vector<std::pair<std::string, std::string>> edges;  // ids, from and to
};
struct Commands {  // whole command lines to try
  std::vector<std::string> lines;
};
struct Link {
  std::string to, why;  // the id of another page, and what is found there
};
struct Links {
  std::vector<Link> items;
};

using Block = std::variant<Heading, Prose, Remark, Steps, Samples, Pieces, Figure, Figures, Facts, Table, Bars, Chart, HeatMap, Graph, Commands, Links>;

struct Report {
  std::string title;
  std::vector<Block> blocks;
};

struct TextStyle {
  int width = 80;        // columns
  bool styled = false;   // bold and colours by escape sequences
  int chart_rows = 7;
};
std::string to_text(const Report& report, const TextStyle& style = {});

// {"title": ..., "blocks": [{"kind": "prose", ...}, ...]}; figures are named again in "figures".
Json to_json(const Report& report);

// The body of a page: an <article>; charts in a row stand side by side. A link to `id` becomes the address id + link_suffix; without a suffix it is text.
std::string to_html(const Report& report, const std::string& link_suffix = ".html");
// A whole page that needs nothing else, not even a network.
std::string html_page(const Report& report, const std::string& link_suffix = "");

}  // namespace grim::report
