#include "grimoire/learn/expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/sigmoid.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"

namespace grim::learn {
namespace {

using Kind = Expression::Node::Kind;

struct Function {
  const char* name;
  double (*value)(double x);
  double (*slope)(double x, double y);  // y: the value
};
constexpr Function kFunctions[] = {
    {"sin", [](double x) { return std::sin(x); }, [](double x, double) { return std::cos(x); }},
    {"cos", [](double x) { return std::cos(x); }, [](double x, double) { return -std::sin(x); }},
    {"tan", [](double x) { return std::tan(x); }, [](double, double y) { return 1 + y * y; }},
    {"tanh", [](double x) { return std::tanh(x); }, [](double, double y) { return 1 - y * y; }},
    {"exp", [](double x) { return std::exp(x); }, [](double, double y) { return y; }},
    {"ln", [](double x) { return std::log(x); }, [](double x, double) { return 1 / x; }},
    {"log", [](double x) { return std::log(x); }, [](double x, double) { return 1 / x; }},
    {"sqrt", [](double x) { return std::sqrt(x); }, [](double, double y) { return 0.5 / y; }},
    {"abs", [](double x) { return std::abs(x); }, [](double x, double) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; }},
    {"relu", [](double x) { return std::max(x, 0.0); }, [](double x, double) { return x > 0 ? 1.0 : 0.0; }},
    {"sigmoid", sigmoid, [](double, double y) { return y * (1 - y); }}};

const Function* function_named(std::string_view name) {
  const auto found = std::ranges::find_if(kFunctions, [&](const Function& f) { return f.name == name; });
  return found == std::end(kFunctions) ? nullptr : &*found;
}

}  // namespace

// Precedence climbing: sums, products, signs, powers (to the right), then numbers, names, calls and parentheses.
struct Expression::Parser {
  static constexpr int kDeepest = 200;
  static constexpr size_t kMost = 2000;
  std::string_view text;
  std::vector<Node>& nodes;
  size_t at = 0;
  int depth = 0;

  [[noreturn]] void fail(const std::string& expected) const {
    size_t end = at;
    if (at < text.size()) next_code_point(text, end);
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) && std::isalnum(static_cast<unsigned char>(text[end]))) ++end;
    const std::string got = at < text.size() ? str("'{}'", text.substr(at, end - at)) : "the end";
    throw Error(ErrorKind::usage, str("{}: column {}: got {}, expected {}", whole_characters(text, 60), at + 1, got, expected));
  }
  void skip() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  }
  bool take(char c) {
    skip();
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  }
  bool sees(auto&& test) {
    skip();
    return at < text.size() && test(static_cast<unsigned char>(text[at]));
  }
  int make(Kind kind, size_t from, std::vector<int> inputs) {
    if (nodes.size() >= kMost) fail(str("at most {} operations", kMost));
    size_t end = at;
    while (end > from && text[end - 1] == ' ') --end;
    const bool constant = kind != Kind::name && std::ranges::all_of(inputs, [&](int i) { return nodes[static_cast<size_t>(i)].constant; });
    nodes.push_back({.kind = kind, .text = std::string(text.substr(from, end - from)), .inputs = std::move(inputs), .constant = constant});
    return static_cast<int>(nodes.size()) - 1;
  }
  int sum() {
    if (++depth > kDeepest) fail(str("at most {} parentheses inside each other", kDeepest));
    skip();
    const size_t from = at;
    int left = product();
    for (;;) {
      if (take('+')) {
        const int right = product();
        left = make(Kind::add, from, {left, right});
      } else if (take('-')) {
        const int right = product();
        left = make(Kind::subtract, from, {left, right});
      } else {
        --depth;
        return left;
      }
    }
  }
  int product() {
    skip();
    const size_t from = at;
    int left = sign();
    for (;;) {
      if (take('*')) {
        const int right = sign();
        left = make(Kind::multiply, from, {left, right});
      } else if (take('/')) {
        const int right = sign();
        left = make(Kind::divide, from, {left, right});
      } else if (nodes[static_cast<size_t>(left)].kind == Kind::number && sees([](unsigned char c) { return std::isalpha(c) || c == '(' || c == '_'; })) {
        const int right = power();
        left = make(Kind::multiply, from, {left, right});
      } else {
        return left;
      }
    }
  }
  int sign() {
    skip();
    const size_t from = at;
    if (++depth > kDeepest) fail("fewer signs");
    int node;
    if (take('-')) {
      const int inner = sign();
      node = make(Kind::negate, from, {inner});
    } else {
      node = power();
    }
    --depth;
    return node;
  }
  int power() {
    skip();
    const size_t from = at;
    const int base = leaf();
    if (!take('^')) return base;
    const int exponent = sign();
    return make(Kind::power, from, {base, exponent});
  }
  int leaf() {
    skip();
    const size_t from = at;
    if (take('(')) {
      const int inner = sum();
      if (!take(')')) fail("')'");
      return inner;
    }
    if (sees([](unsigned char c) { return std::isdigit(c) || c == '.'; })) {
      double value;
      const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
      if (error != std::errc()) fail("a number");
      at = static_cast<size_t>(end - text.data());
      const int node = make(Kind::number, from, {});
      nodes[static_cast<size_t>(node)].value = value;
      return node;
    }
    if (!sees([](unsigned char c) { return std::isalpha(c) || c == '_'; })) fail("a number, a name or '('");
    while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_')) ++at;
    const std::string name(text.substr(from, at - from));
    if (function_named(name) && take('(')) {
      const int inner = sum();
      if (!take(')')) fail("')'");
      const int node = make(Kind::call, from, {inner});
      nodes[static_cast<size_t>(node)].function = name;
      return node;
    }
    if (sees([](unsigned char c) { return c == '('; })) {
      std::string known;
      for (const Function& f : kFunctions) known += str("{}{}", known.empty() ? "" : ", ", f.name);
      at = from;
      fail("a function out of " + known);
    }
    for (size_t i = 0; i < nodes.size(); ++i)
      if (nodes[i].kind == Kind::name && nodes[i].text == name) return static_cast<int>(i);
    return make(Kind::name, from, {});
  }
};

Expression::Expression(std::string_view text) {
  Parser parser{text.substr(0, 10000), nodes_};
  parser.sum();
  parser.skip();
  if (parser.at < text.size()) parser.fail("an operation or the end");
}

std::vector<std::string> Expression::names() const {
  std::vector<std::string> all;
  for (const Node& n : nodes_)
    if (n.kind == Kind::name) all.push_back(n.text);
  return all;
}

void Expression::forward(const std::map<std::string, double>& values) {
  for (Node& n : nodes_) {
    const auto in = [&](size_t k) { return nodes_[static_cast<size_t>(n.inputs[k])].value; };
    switch (n.kind) {
      case Kind::number: break;
      case Kind::name: {
        const auto found = values.find(n.text);
        if (found == values.end()) throw Error(ErrorKind::usage, str("'{}' has no value", n.text), str("for example " GRIM_SETTING("value={}=0.5"), n.text));
        n.value = found->second;
        break;
      }
      case Kind::add: n.value = in(0) + in(1), n.local = {1, 1}; break;
      case Kind::subtract: n.value = in(0) - in(1), n.local = {1, -1}; break;
      case Kind::multiply: n.value = in(0) * in(1), n.local = {in(1), in(0)}; break;
      case Kind::divide: n.value = in(0) / in(1), n.local = {1 / in(1), -in(0) / (in(1) * in(1))}; break;
      case Kind::power: {
        const bool fixed = nodes_[static_cast<size_t>(n.inputs[1])].constant;
        n.value = std::pow(in(0), in(1));
        n.local = {in(1) == 0 ? 0 : in(1) * std::pow(in(0), in(1) - 1), fixed || n.value == 0 ? 0 : n.value * std::log(in(0))};
        break;
      }
      case Kind::negate: n.value = -in(0), n.local = {-1}; break;
      case Kind::call: {
        const Function& f = *function_named(n.function);
        n.value = f.value(in(0)), n.local = {f.slope(in(0), n.value)};
        break;
      }
    }
    if (!std::isfinite(n.value)) throw Error(ErrorKind::usage, str("{} has no finite value here", n.text), "other values of its variables may do");
  }
}

const std::vector<Expression::Node>& Expression::differentiate(const std::map<std::string, double>& values) {
  forward(values);
  for (Node& n : nodes_) {
    n.slope = 0;
    for (double s : n.local)
      if (!std::isfinite(s)) throw Error(ErrorKind::usage, str("{} has no finite slope here", n.text), "other values of its variables may do");
  }
  nodes_.back().slope = 1;
  for (size_t i = nodes_.size(); i-- > 0;)
    for (size_t k = 0; k < nodes_[i].inputs.size(); ++k) nodes_[static_cast<size_t>(nodes_[i].inputs[k])].slope += nodes_[i].slope * nodes_[i].local[k];
  return nodes_;
}

double Expression::value(const std::map<std::string, double>& values) {
  forward(values);
  return nodes_.back().value;
}

Expression::Moved Expression::by_moving(const std::string& name, std::map<std::string, double> values) {
  const double x = values[name];
  const auto at = [&](double moved) {
    values[name] = moved;
    try {
      return value(values);
    } catch (const Error&) {
      return std::nan("");
    }
  };
  const double here = at(x);
  Moved best{.slope = std::nan(""), .down = std::nan(""), .up = std::nan("")};
  double last = std::nan(""), agreement = INFINITY;
  for (double step = 0.01 * std::max(1.0, std::abs(x)); step > 1e-13 * std::max(1e-3, std::abs(x)); step /= 10) {
    const double above = x + step, below = x - step, high = at(above), low = at(below);
    const double slope = (high - low) / (above - below), size = std::max(std::abs(slope), std::abs(last));
    const double differs = slope == last ? 0 : std::abs(slope - last) / size;
    if (differs < agreement || std::isnan(best.slope))
      best = {step, slope, (here - low) / (x - below), (high - here) / (above - x)};
    if (differs < agreement) agreement = differs;
    last = slope;
  }
  return best;
}

double Expression::slope_in(std::string_view name) const {
  for (const Node& n : nodes_)
    if (n.kind == Kind::name && n.text == name) return n.slope;
  return 0;
}

}  // namespace grim::learn
