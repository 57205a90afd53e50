// Report: what there is to say, as data in reading order. One writer each turns it into text for a terminal, JSON for programs and
// HTML for a page; who makes a report knows none of them.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/report/chart.h"

namespace grim::report {

using Value = std::variant<double, std::string>;
// Eight significant digits; whole numbers whole.
std::string to_text(const Value& value);
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
struct Figure {  // a number or a word with its name
  std::string name;
  Value value;
};
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
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

using Block = std::variant<Heading, Prose, Steps, Figure, Table, Bars, Chart, Graph, Commands, Links>;

struct Report {
  std::string title;
  std::vector<Block> blocks;
};

struct TextStyle {
  int width = 80;        // columns
  bool styled = false;   // bold and colours by escape sequences
};
std::string to_text(const Report& report, const TextStyle& style = {});

// {"title": ..., "blocks": [{"kind": "prose", ...}, ...]}; figures are named again in "figures".
Json to_json(const Report& report);

// The body of a page: an <article>. A link to `id` becomes the address id + link_suffix; without a suffix it is text.
std::string to_html(const Report& report, const std::string& link_suffix = ".html");
// A whole page that needs nothing else, not even a network.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace grim::report
