// A formula that somebody typed, differentiated before their eyes: every operation with its value, its local slopes, and the slope of the
// whole in it, which is the sum over all paths of the product of local slopes (reverse mode).
//   + - * / ^, numbers, names, parentheses, sin cos tan tanh exp ln log (natural) sqrt abs relu sigmoid; 3x means 3*x.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace grim::learn {

class Expression {
 public:
  struct Node {
    enum class Kind : unsigned char { number, name, add, subtract, multiply, divide, power, negate, call } kind;
    std::string text;             // the part of the formula
    std::string function = {};    // of a call
    std::vector<int> inputs = {};  // earlier nodes
    double value = 0;
    std::vector<double> local = {};  // d value / d input
    double slope = 0;                // d whole / d value
    bool constant = false;           // no name stands in it
  };

  explicit Expression(std::string_view text);  // throws: usage, with the column
  std::vector<std::string> names() const;      // each once, in order of appearance
  // Values and slopes of all nodes; the last one is the whole. throws: usage, a name without a value, a value that does not exist (ln -1)
  const std::vector<Node>& differentiate(const std::map<std::string, double>& values);
  double value(const std::map<std::string, double>& values);
  double slope_in(std::string_view name) const;  // after differentiate()

  // The slope by moving one variable a little: differences over steps of tenfold sizes, of which those two are believed that agree best.
  // One side is NaN where the formula has no value there.
  struct Moved {
    double step = 0, slope = 0;  // NaN: there is no step that both sides allow
    double down = 0, up = 0;     // slopes towards each side
  };
  Moved by_moving(const std::string& name, std::map<std::string, double> values);

 private:
  struct Parser;
  void forward(const std::map<std::string, double>& values);
  std::vector<Node> nodes_;  // inputs before users; a name has one node
};

}  // namespace grim::learn
