// Renders the tree of a template: statements in evaluator.cpp, expressions in evaluator_expressions.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grimoire/text/aligned_text.h"
#include "grimoire/text/jinja/run.h"
#include "grimoire/text/jinja/syntax.h"

namespace grim::jinja {

// Variables of a block. Loops, macros, with, call, filter and the blocks of set open one; if does not, as in Jinja.
struct Scope {
  std::shared_ptr<Scope> around;
  std::vector<std::pair<std::string_view, Value>> names;
  void set(std::string_view name, Value v);
};
using ScopePtr = std::shared_ptr<Scope>;

class Evaluator : Run {
 public:
  // Both outlive it.
  Evaluator(const std::string& source, const Limits& limits) : Run(limits), source_(source), outermost_(std::make_shared<Scope>()) {}
  ~Evaluator();
  void define(std::string_view name, const Json& value);  // `name` outlives it too; throws: Error(resource), too large or too deep
  // With the bytes that generation blocks wrote, in order. throws: Error, with the place in the template
  std::string render(const Body& body, std::vector<ByteRange>& generated);

 private:
  friend struct Macro;
  enum class Flow : uint8_t { on, leave, next };

  Flow execute(const Body& body, const ScopePtr& scope, Output& out);
  Flow execute(const Statement& s, const ScopePtr& scope, Output& out);
  Flow loop(const Statement& s, const ScopePtr& scope, Output& out);
  Flow choice(const Statement& s, const ScopePtr& scope, Output& out);
  Flow with(const Statement& s, const ScopePtr& scope, Output& out);
  Flow generation(const Statement& s, const ScopePtr& scope, Output& out);
  Flow set_block(const Statement& s, const ScopePtr& scope);
  void call_block(const Statement& s, const ScopePtr& scope, Output& out);
  Value loop_items(const Statement& s, const ScopePtr& scope);
  Value make_macro(const Statement& s, const ScopePtr& scope);
  Value run_macro(const Statement& s, const ScopePtr& around, Arguments given);
  void assign(const Expression& target, Value v, const ScopePtr& scope);

  Value evaluate(const Expression& e, const ScopePtr& scope);
  Value compute(const Expression& e, const ScopePtr& scope);
  Value lookup(const std::string& name, const ScopePtr& scope);
  std::vector<Value> evaluate_all(const std::vector<ExpressionPtr>& parts, const ScopePtr& scope);
  Arguments arguments(const CallArguments& a, const ScopePtr& scope);
  Value filtered(const Expression& e, Value v, const ScopePtr& scope);  // through a chain whose innermost operand is absent
  Value concat(const Expression& e, const ScopePtr& scope);
  Value dict(const Expression& e, const ScopePtr& scope);
  Value slice(const Expression& e, const ScopePtr& scope);
  Value condition(const Expression& e, const ScopePtr& scope);
  Value arithmetic(const Expression& e, const ScopePtr& scope);
  Value comparison(const Expression& e, const ScopePtr& scope);
  bool compare(Operator op, const Value& a, const Value& b);

  const std::string& source_;
  ScopePtr outermost_;
  std::vector<ScopePtr> captured_;  // by macros, which these scopes hold in turn
  const Output* whole_ = nullptr;   // what is rendered; macros and captured blocks write elsewhere first
  std::vector<ByteRange> generated_;
  size_t here_ = 0;                 // the place of what runs now
};

}  // namespace grim::jinja
