// A decision tree in words: as indented text, as JSON, as a Graphviz drawing, and as the path of one row.
#include <algorithm>
#include <charconv>

#include "grimoire/base/error.h"
#include "grimoire/classic/tree.h"

namespace grim {
namespace {

template <class T> std::string shortest(T x) {  // as a float 0.8, not 0.800000011920929
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return out;
}

}  // namespace

std::string DecisionTree::condition(size_t i, bool left) const {
  const tree::Node& n = trees_.node(i);
  const ColumnInfo& column = columns()[n.column()];
  const std::string missing = n.missing_left() == left ? " or missing" : "";
  if (!n.category()) {
    const double threshold = trees_.threshold(i);
    if (std::isinf(threshold)) return column.name + (left ? " is present" : " is missing");
    const std::string number = trees_.in_doubles() ? shortest(threshold) : shortest(n.threshold());
    return str("{} {} {}{}", column.name, left ? "<=" : ">", number, missing);
  }
  std::string levels;
  for (size_t l = 0; l < column.levels.size(); ++l)
    if (trees_.level_goes_left(n, static_cast<int64_t>(l)) == left) levels += (levels.empty() ? "" : ", ") + column.levels[l];
  return str("{} in {{{}}}{}", column.name, levels, missing);
}

std::string DecisionTree::commonest(size_t i) const {
  const auto first = value_.begin() + static_cast<ptrdiff_t>(i) * class_count();
  return class_name(std::max_element(first, first + class_count()) - first);
}

std::string DecisionTree::answer(size_t i) const {
  if (!is_classifier()) return str("{:.6g} (weight {:g})", value_[i], weight_[i]);
  const auto first = value_.begin() + static_cast<ptrdiff_t>(i) * class_count();
  return str("{} ({:g} of {:g})", commonest(i), *std::max_element(first, first + class_count()), weight_[i]);
}

std::string DecisionTree::to_text() const {
  std::string out;
  struct Item {
    size_t node;
    int depth;
    std::string text;
  };
  std::vector<Item> stack{{0, 0, ""}};
  while (!stack.empty()) {
    const Item item = std::move(stack.back());
    stack.pop_back();
    const bool leaf = trees_.is_leaf(item.node);
    if (item.node != 0)
      out += std::string(static_cast<size_t>(item.depth - 1) * 2, ' ') + item.text + (leaf ? ": " + answer(item.node) : "") + "\n";
    else if (leaf) out += answer(0) + "\n";
    if (leaf) continue;
    const uint32_t left = trees_.node(item.node).left;
    stack.push_back({left + size_t{1}, item.depth + 1, condition(item.node, false)});
    stack.push_back({left, item.depth + 1, condition(item.node, true)});
  }
  return out;
}

Json DecisionTree::to_json() const {
  Json nodes = Json::array();
  const auto K = static_cast<size_t>(outputs());
  for (size_t i = 0; i < trees_.nodes().size(); ++i) {
    Json node = Json::object({{"weight", weight_[i]}, {"impurity", impurity_[i]}});
    if (is_classifier()) node.append("class_weights", Json::array_of(std::span(value_).subspan(i * K, K)));
    else node.append("value", value_[i]);
    if (!trees_.is_leaf(i)) {
      const tree::Node& n = trees_.node(i);
      const ColumnInfo& column = columns()[n.column()];
      node.append("column", column.name);
      if (n.category()) {
        Json levels = Json::array();
        for (size_t l = 0; l < column.levels.size(); ++l)
          if (trees_.level_goes_left(n, static_cast<int64_t>(l))) levels.push(column.levels[l]);
        node.append("levels_left", std::move(levels));
      } else {
        node.append("threshold", trees_.threshold(i));
      }
      node.append("missing_goes", n.missing_left() ? "left" : "right");
      node.append("gain", n.gain());
      node.append("left", n.left);
      node.append("right", n.left + 1);
    }
    nodes.push(std::move(node));
  }
  return Json::object({{"classes", Json::array_of(classes())}, {"nodes", std::move(nodes)}});
}

std::string DecisionTree::to_dot() const {
  std::string out = "digraph tree {\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (size_t i = 0; i < trees_.nodes().size(); ++i) {
    const bool leaf = trees_.is_leaf(i);
    out += str("  {} [label=\"{}\\nimpurity {:.4g}, weight {:g}\"{}];\n", i, escaped(leaf ? answer(i) : condition(i, true)), impurity_[i],
               weight_[i], leaf ? ", style=rounded" : "");
    if (!leaf) out += str("  {} -> {} [label=\"yes\"];\n  {} -> {} [label=\"no\"];\n", i, trees_.node(i).left, i, trees_.node(i).left + 1);
  }
  return out + "}\n";
}

template <class T> std::string DecisionTree::explain_in(std::span<const T> row) const {
  GRIM_CHECK(fitted(), state, name(), "not fitted yet: call fit() first");
  GRIM_CHECK(row.size() == columns().size(), shape, name(), "got {} columns, expected {}", row.size(), columns().size());
  std::string out;
  const std::vector<uint32_t> path = trees_.path_of(0, row.data());
  for (size_t step = 0; step + 1 < path.size(); ++step) {
    const tree::Node& n = trees_.node(path[step]);
    const ColumnInfo& column = columns()[n.column()];
    const T x = row[n.column()];
    std::string value = "missing";
    if (n.category() && x >= 0 && x < static_cast<T>(column.levels.size())) value = column.levels[static_cast<size_t>(x)];
    else if (n.category() && x == x) value = "a level never seen";
    else if (x == x) value = shortest(x);
    out += str("{} is {}, so {}\n", column.name, value, condition(path[step], path[step + 1] == n.left));
  }
  return out + "answer: " + answer(path.back()) + "\n";
}

std::string DecisionTree::explain(std::span<const float> row) const {
  if (!trees_.in_doubles()) return explain_in<float>(row);
  return explain_in<double>(std::vector<double>(row.begin(), row.end()));
}

std::string DecisionTree::explain(const Features& x, int64_t row) const {
  GRIM_CHECK(row >= 0 && row < x.rows(), argument, name(), "got row {}, expected 0 to {}", row, x.rows() - 1);
  std::vector<double> cells(static_cast<size_t>(x.width()));
  x.read_rows(row, row + 1, cells.data());
  if (trees_.in_doubles()) return explain_in<double>(cells);
  return explain_in<float>(std::vector<float>(cells.begin(), cells.end()));
}

}  // namespace grim
