#include "grimoire/text/jinja/evaluator.h"

#include <algorithm>

#include "grimoire/text/jinja/lexer.h"
#include "grimoire/text/jinja/python_text.h"

namespace grim::jinja {

void Scope::set(std::string_view name, Value v) {
  for (auto& [known, value] : names) {
    if (known == name) {
      value = std::move(v);
      return;
    }
  }
  names.emplace_back(name, std::move(v));
}

Evaluator::~Evaluator() {
  for (const ScopePtr& scope : captured_) scope->names.clear();
  outermost_->names.clear();
}

void Evaluator::define(std::string_view name, const Json& value) {
  try {
    outermost_->set(name, from_json(meter, value));
  } catch (const Fault& fault) {
    throw Error(fault.kind, str("chat template: the variable '{}': {}", name, fault.what()), fault.hint);
  }
}

std::string Evaluator::render(const Body& body, std::vector<ByteRange>& generated) {
  try {
    Output out(meter);
    whole_ = &out;
    execute(body, std::make_shared<Scope>(Scope{outermost_, {}}), out);
    generated = std::move(generated_);
    return out.text();
  } catch (const Fault& fault) {
    fail_at(source_, here_, fault.what(), fault.kind, fault.hint);
  }
}

Evaluator::Flow Evaluator::execute(const Body& body, const ScopePtr& scope, Output& out) {
  const Nested nested(*this);
  for (const auto& s : body) {
    if (const Flow flow = execute(*s, scope, out); flow != Flow::on) return flow;
  }
  return Flow::on;
}

Evaluator::Flow Evaluator::execute(const Statement& s, const ScopePtr& scope, Output& out) {
  here_ = s.at;
  meter.step();
  switch (s.kind) {
    case Statement::Kind::data: out.append(s.text); break;
    case Statement::Kind::print: {
      const Value v = evaluate(*s.value, scope);
      here_ = s.value->at;
      out.append(v.is(Kind::text) ? v.text() : to_text(meter, v));
      break;
    }
    case Statement::Kind::loop: return loop(s, scope, out);
    case Statement::Kind::choice: return choice(s, scope, out);
    case Statement::Kind::set: assign(*s.target, evaluate(*s.value, scope), scope); break;
    case Statement::Kind::set_block: return set_block(s, scope);
    case Statement::Kind::macro: scope->set(s.signature.name, make_macro(s, scope)); break;
    case Statement::Kind::call: call_block(s, scope, out); break;
    case Statement::Kind::filter: {
      Output inner(meter);
      const Flow flow = execute(s.body, std::make_shared<Scope>(Scope{scope, {}}), inner);
      if (flow != Flow::on) return flow;
      out.append(to_text(meter, filtered(*s.value, text(inner.text()), scope)));
      break;
    }
    case Statement::Kind::with: return with(s, scope, out);
    case Statement::Kind::generation: return generation(s, scope, out);
    case Statement::Kind::leave: return Flow::leave;
    case Statement::Kind::next: return Flow::next;
  }
  return Flow::on;
}

// In a macro or a block that is captured, what it writes is taken to come next, as transformers takes it.
Evaluator::Flow Evaluator::generation(const Statement& s, const ScopePtr& scope, Output& out) {
  const size_t begin = whole_->text().size(), before = out.text().size();
  const Flow flow = execute(s.body, std::make_shared<Scope>(Scope{scope, {}}), out);
  generated_.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + out.text().size() - before)});
  return flow;
}

// What the loop passes: the items, those of them that its condition lets through.
Value Evaluator::loop_items(const Statement& s, const ScopePtr& scope) {
  const Value all = evaluate(*s.value, scope);
  here_ = s.value->at;
  const Value items = items_of(meter, all);
  if (!s.condition) return items;
  std::vector<Value> kept;
  for (const Value& item : items.sequence().values) {
    const auto inner = std::make_shared<Scope>(Scope{scope, {}});
    assign(*s.target, item, inner);
    if (is_true(evaluate(*s.condition, inner))) kept.push_back(item);
  }
  return list(std::move(kept));
}

Evaluator::Flow Evaluator::loop(const Statement& s, const ScopePtr& scope, Output& out) {
  const Value items = loop_items(s, scope);
  const std::vector<Value>& values = items.sequence().values;
  if (values.empty()) return execute(s.otherwise, std::make_shared<Scope>(Scope{scope, {}}), out);
  auto state = std::make_shared<Loop>();
  admit(meter, *state, sizeof(Loop) + values.size() * sizeof(Value), items.identity()->level);
  state->values = values;
  const Value loop(Kind::loop, state);
  ScopePtr inner;
  for (size_t i = 0; i < values.size(); ++i) {
    if (inner && inner.use_count() == 1) inner->names.clear();
    else inner = std::make_shared<Scope>(Scope{scope, {}});
    meter.step();
    state->at = i;
    inner->set("loop", loop);
    assign(*s.target, values[i], inner);
    if (execute(s.body, inner, out) == Flow::leave) break;
  }
  return Flow::on;
}

Evaluator::Flow Evaluator::choice(const Statement& s, const ScopePtr& scope, Output& out) {
  for (const auto& [condition, body] : s.branches) {
    if (is_true(evaluate(*condition, scope))) return execute(body, scope, out);
  }
  return execute(s.otherwise, scope, out);
}

Evaluator::Flow Evaluator::with(const Statement& s, const ScopePtr& scope, Output& out) {
  const auto inner = std::make_shared<Scope>(Scope{scope, {}});
  for (const auto& [target, value] : s.assignments) assign(*target, evaluate(*value, scope), inner);
  return execute(s.body, inner, out);
}

Evaluator::Flow Evaluator::set_block(const Statement& s, const ScopePtr& scope) {
  Output inner(meter);
  const Flow flow = execute(s.body, std::make_shared<Scope>(Scope{scope, {}}), inner);
  if (flow != Flow::on) return flow;
  Value v = text(inner.text());
  assign(*s.target, s.value ? filtered(*s.value, std::move(v), scope) : std::move(v), scope);
  return Flow::on;
}

void Evaluator::assign(const Expression& target, Value v, const ScopePtr& scope) {
  here_ = target.at;
  meter.step(4);  // a name takes memory for as long as its scope lives
  if (target.kind == Expression::Kind::name) return scope->set(target.name, std::move(v));
  if (target.kind == Expression::Kind::member) {
    const Value space = lookup(target.name, scope);
    if (!space.is(Kind::space)) throw Fault(str("cannot assign to '{}.{}': '{}' is no namespace()", target.name, target.text, target.name));
    if (target.text.starts_with('_')) throw Fault(str("a namespace cannot hold the name '{}': it begins with an underscore", target.text));
    auto& members = space.space().members;
    const auto known = std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.first == target.text; });
    if (known == members.end()) members.emplace_back(target.text, std::move(v));
    else known->second = std::move(v);
    return;
  }
  const Value items = items_of(meter, v);
  const size_t got = items.sequence().values.size(), expected = target.parts.size();
  if (got != expected) throw Fault(str("{} values to unpack: expected {}, got {}", got < expected ? "not enough" : "too many", expected, got));
  for (size_t i = 0; i < expected; ++i) assign(*target.parts[i], items.sequence().values[i], scope);
}

struct Macro : Callable {
  Macro(Evaluator& e, const Statement& s, ScopePtr sc) : evaluator(e), statement(s), scope(std::move(sc)) { name = s.signature.name; }
  Evaluator& evaluator;
  const Statement& statement;
  ScopePtr scope;
  Value call(Run&, Arguments given) override { return evaluator.run_macro(statement, scope, std::move(given)); }
};

Value Evaluator::make_macro(const Statement& s, const ScopePtr& scope) {
  auto made = std::make_shared<Macro>(*this, s, scope);
  admit(meter, *made, sizeof(Macro) + sizeof(Scope), 1);
  captured_.push_back(scope);
  return Value(Kind::callable, std::move(made));
}

Value Evaluator::run_macro(const Statement& s, const ScopePtr& around, Arguments given) {
  const Signature& signature = s.signature;
  const size_t n = signature.parameters.size(), first_default = n - signature.defaults.size();
  const auto inner = std::make_shared<Scope>(Scope{around, {}});
  const auto take_named = [&](std::string_view name) -> std::optional<Value> {
    const auto found = std::find_if(given.named.begin(), given.named.end(), [&](const auto& a) { return a.first == name; });
    if (found == given.named.end()) return std::nullopt;
    Value v = std::move(found->second);
    given.named.erase(found);
    return v;
  };
  bool caller_given = false;
  for (size_t i = 0; i < n; ++i) {
    const std::string& name = signature.parameters[i];
    std::optional<Value> v = i < given.positional.size() ? std::optional(given.positional[i]) : take_named(name);
    caller_given = caller_given || name == "caller";
    if (!v) v = i >= first_default ? evaluate(*signature.defaults[i - first_default], inner) : undefined(str("parameter '{}' was not provided", name));
    inner->set(name, std::move(*v));
  }
  if (signature.caller && !caller_given) {
    std::optional<Value> caller = take_named("caller");
    inner->set("caller", caller ? std::move(*caller) : undefined("no caller defined"));
  }
  if (!given.named.empty() && !signature.kwargs) throw Fault(str("macro '{}' takes no keyword argument '{}'", signature.name, given.named.front().first));
  if (signature.kwargs) {
    std::vector<std::pair<Value, Value>> members;
    for (auto& [name, value] : given.named) members.emplace_back(text(name), std::move(value));
    inner->set("kwargs", make_dict(meter, std::move(members)));
  }
  if (given.positional.size() > n && !signature.varargs) throw Fault(str("macro '{}' takes not more than {} argument(s)", signature.name, n));
  if (signature.varargs) {
    given.positional.erase(given.positional.begin(), given.positional.begin() + static_cast<std::ptrdiff_t>(std::min(n, given.positional.size())));
    inner->set("varargs", list(std::move(given.positional), Sequence::Form::tuple));
  }
  Output out(meter);
  execute(s.body, inner, out);
  return text(out.text());
}

void Evaluator::call_block(const Statement& s, const ScopePtr& scope, Output& out) {
  const Value callee = evaluate(*s.value->parts[0], scope);
  Arguments given = arguments(s.value->arguments, scope);
  given.named.emplace_back("caller", make_macro(s, scope));
  here_ = s.value->at;
  out.append(to_text(meter, call_value(*this, callee, std::move(given))));
}

}  // namespace grim::jinja
