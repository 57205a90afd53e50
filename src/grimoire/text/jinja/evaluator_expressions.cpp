#include "grimoire/text/jinja/evaluator.h"
#include "grimoire/text/jinja/python_text.h"

namespace grim::jinja {

Value Evaluator::lookup(const std::string& name, const ScopePtr& scope) {
  for (const Scope* s = scope.get(); s; s = s->around.get()) {
    for (const auto& [known, value] : s->names) {
      if (known == name) return value;
    }
  }
  Value storage;
  if (const Value* global = find_global(*this, name, storage)) return *global;
  return undefined(str("'{}' is undefined", name));
}

Value Evaluator::evaluate(const Expression& e, const ScopePtr& scope) {
  const Nested nested(*this);
  here_ = e.at;
  meter.step();
  return compute(e, scope);
}

// `here_` is set again after the operands, which moved it.
Value Evaluator::compute(const Expression& e, const ScopePtr& scope) {
  using Kind = Expression::Kind;
  const auto operand = [&](size_t i) {
    Value v = evaluate(*e.parts[i], scope);
    here_ = e.at;
    return v;
  };
  switch (e.kind) {
    case Kind::constant: return e.value;
    case Kind::name: return lookup(e.name, scope);
    case Kind::member: return attribute_of(*this, lookup(e.name, scope), e.text);
    case Kind::list: return list(evaluate_all(e.parts, scope));
    case Kind::tuple: return list(evaluate_all(e.parts, scope), Sequence::Form::tuple);
    case Kind::dict: return dict(e, scope);
    case Kind::attribute: return attribute_of(*this, operand(0), e.name);
    case Kind::item: {
      const Value object = operand(0);
      return item_of(*this, object, operand(1));
    }
    case Kind::slice: return slice(e, scope);
    case Kind::call: {
      const Value callee = operand(0);
      Arguments a = arguments(e.arguments, scope);
      here_ = e.at;
      return call_value(*this, callee, std::move(a));
    }
    case Kind::filter: return filtered(e, {}, scope);
    case Kind::test: {
      const Value v = operand(0);
      const Arguments a = arguments(e.arguments, scope);
      here_ = e.at;
      return apply_test(*this, e.name, v, a);
    }
    case Kind::negative: return negated(operand(0));
    case Kind::positive: {
      const Value v = operand(0);
      if (!v.is_number()) throw Fault(v.is(jinja::Kind::undefined) ? v.why_undefined() : str("bad operand type for unary +: '{}'", type_name(v)));
      return v.is_integer() ? Value(v.integer()) : v;
    }
    case Kind::negation: return !is_true(operand(0));
    case Kind::conjunction: {
      Value v = operand(0);
      return is_true(v) ? operand(1) : v;
    }
    case Kind::disjunction: {
      Value v = operand(0);
      return is_true(v) ? v : operand(1);
    }
    case Kind::condition: return condition(e, scope);
    case Kind::concat: return concat(e, scope);
    case Kind::arithmetic: return arithmetic(e, scope);
    case Kind::comparison: return comparison(e, scope);
  }
  return {};
}

std::vector<Value> Evaluator::evaluate_all(const std::vector<ExpressionPtr>& parts, const ScopePtr& scope) {
  const Held held(meter, parts.size() * sizeof(Value));
  std::vector<Value> values;
  values.reserve(parts.size());
  for (const ExpressionPtr& part : parts) values.push_back(evaluate(*part, scope));
  return values;
}

Arguments Evaluator::arguments(const CallArguments& a, const ScopePtr& scope) {
  if (a.positional.empty() && a.named.empty() && !a.spread && !a.spread_named) return {};
  Arguments out{evaluate_all(a.positional, scope), {}};
  for (const auto& [name, value] : a.named) out.named.emplace_back(name, evaluate(*value, scope));
  if (a.spread) {
    for (const Value& v : listed(*this, evaluate(*a.spread, scope))) out.positional.push_back(v);
  }
  if (out.positional.size() > meter.limits().names) throw Fault(str("a call with more than {} arguments", meter.limits().names), ErrorKind::resource);
  if (a.spread_named) {
    const Value members = evaluate(*a.spread_named, scope);
    if (!members.is(Kind::dict)) throw Fault(str("argument after ** must be a mapping, not {}", type_name(members)));
    for (const auto& [key, value] : members.dict().members) out.named.emplace_back(need_text(key, "keywords"), value);
  }
  return out;
}

Value Evaluator::filtered(const Expression& e, Value v, const ScopePtr& scope) {
  const Nested nested(*this);
  if (e.parts[0]) v = e.parts[0]->kind == Expression::Kind::filter ? filtered(*e.parts[0], std::move(v), scope) : evaluate(*e.parts[0], scope);
  const Arguments a = arguments(e.arguments, scope);
  here_ = e.at;
  return apply_filter(*this, e.name, v, a);
}

Value Evaluator::concat(const Expression& e, const ScopePtr& scope) {
  Output out(meter);
  for (const Value& v : evaluate_all(e.parts, scope)) {
    here_ = e.at;
    out.append(v.is(Kind::text) ? v.text() : to_text(meter, v));
  }
  return text(out.text());
}

Value Evaluator::dict(const Expression& e, const ScopePtr& scope) {
  std::vector<Value> values = evaluate_all(e.parts, scope);
  std::vector<std::pair<Value, Value>> members;
  for (size_t i = 0; i < values.size(); i += 2) members.emplace_back(std::move(values[i]), std::move(values[i + 1]));
  here_ = e.at;
  return make_dict(meter, std::move(members));
}

Value Evaluator::slice(const Expression& e, const ScopePtr& scope) {
  Value parts[4];
  for (size_t i = 0; i < 4; ++i) {
    if (e.parts[i]) parts[i] = evaluate(*e.parts[i], scope);
  }
  here_ = e.at;
  return slice_of(*this, parts[0], parts[1], parts[2], parts[3]);
}

Value Evaluator::condition(const Expression& e, const ScopePtr& scope) {
  if (is_true(evaluate(*e.parts[1], scope))) return evaluate(*e.parts[0], scope);
  if (e.parts[2]) return evaluate(*e.parts[2], scope);
  return undefined("the inline if-expression is false and has no else");
}

Value Evaluator::arithmetic(const Expression& e, const ScopePtr& scope) {
  const Value a = evaluate(*e.parts[0], scope), b = evaluate(*e.parts[1], scope);
  here_ = e.at;
  switch (e.operators[0]) {
    case Operator::add: return added(*this, a, b);
    case Operator::subtract: return subtracted(a, b);
    case Operator::multiply: return multiplied(*this, a, b);
    case Operator::divide: return divided(a, b);
    case Operator::floor_divide: return floor_divided(a, b);
    case Operator::modulo: return remainder(*this, a, b);
    default: return powered(a, b);
  }
}

bool Evaluator::compare(Operator op, const Value& a, const Value& b) {
  switch (op) {
    case Operator::equal: return equal(meter, a, b);
    case Operator::unequal: return !equal(meter, a, b);
    case Operator::less: return less(meter, a, b);
    case Operator::less_equal: return less(meter, a, b, "<=") || equal(meter, a, b);
    case Operator::greater: return less(meter, b, a, ">");
    case Operator::greater_equal: return less(meter, b, a, ">=") || equal(meter, a, b);
    case Operator::in: return contains(meter, b, a);
    default: return !contains(meter, b, a);
  }
}

Value Evaluator::comparison(const Expression& e, const ScopePtr& scope) {
  Value left = evaluate(*e.parts[0], scope);
  for (size_t i = 0; i < e.operators.size(); ++i) {
    Value right = evaluate(*e.parts[i + 1], scope);
    here_ = e.at;
    if (!compare(e.operators[i], left, right)) return false;
    left = std::move(right);
  }
  return true;
}

}  // namespace grim::jinja
