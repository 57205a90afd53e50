// The tree of a template: expressions and statements, each with its place in the source.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grimoire/text/jinja/value.h"

namespace grim::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;
struct Statement;
using Body = std::vector<std::unique_ptr<Statement>>;

enum class Operator : uint8_t {
  add, subtract, multiply, divide, floor_divide, modulo, power, equal, unequal, less, less_equal, greater, greater_equal, in, not_in
};

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr spread, spread_named;  // *args, **kwargs
};

struct Expression {
  enum class Kind : uint8_t {
    constant,   // value
    name,       // name
    member,     // name.text, to assign to a namespace
    list,       // parts
    tuple,      // parts
    dict,       // parts: key, value, key, value, ...
    attribute,  // parts[0].name
    item,       // parts[0][parts[1]]
    slice,      // parts[0][parts[1]:parts[2]:parts[3]], each but the first may be absent
    call,       // parts[0](arguments)
    filter,     // parts[0] | name(arguments); parts[0] is absent in {% filter %} and {% set x | filter %}
    test,       // parts[0] is name(arguments)
    negative,
    positive,
    negation,   // not
    conjunction,
    disjunction,
    condition,  // parts[0] if parts[1] else parts[2], which may be absent
    concat,     // parts joined by ~
    arithmetic, // parts[0] operators[0] parts[1]
    comparison, // parts[0] operators[0] parts[1] operators[1] parts[2] ...
  };
  Kind kind;
  size_t at = 0;
  int height = 1;  // of this tree
  std::string name, text;
  Value value;
  std::vector<ExpressionPtr> parts;
  std::vector<Operator> operators;
  CallArguments arguments;
};

struct Signature {  // of a macro or a call block
  std::string name;
  std::vector<std::string> parameters;
  std::vector<ExpressionPtr> defaults;  // of the last parameters
  bool varargs = false, kwargs = false, caller = false;  // named in the body
};

struct Statement {
  enum class Kind : uint8_t {
    data,        // text
    print,       // value
    loop,        // for target in value if condition: body, else otherwise
    choice,      // branches, otherwise
    set,         // target = value
    set_block,   // target = body | value
    macro,       // signature, body
    call,        // value is the call, signature, body
    filter,      // value, body
    with,        // assignments, body
    generation,  // body
    leave,       // break
    next,        // continue
  };
  Kind kind;
  size_t at = 0;
  std::string text;
  ExpressionPtr target, value, condition;
  Body body, otherwise;
  std::vector<std::pair<ExpressionPtr, Body>> branches;         // of a choice
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> assignments;  // of with
  Signature signature;
};

// throws: Error(input), with the place; Error(resource) beyond the limits
Body parse_template(const std::string& source, const Limits& limits);

}  // namespace grim::jinja
