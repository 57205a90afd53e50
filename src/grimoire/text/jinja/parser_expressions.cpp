#include <algorithm>

#include "grimoire/text/jinja/parser.h"

namespace grim::jinja {

// Trees are walked by recursion, also those that grow to the left without any here (a + b + c + ...).
void Parser::grow(Expression& e, int height) const {
  e.height = std::max(e.height, height + 1);
  if (e.height > limits_.depth) fail_at(source_, e.at, str("an expression of more than {} levels", limits_.depth), ErrorKind::resource);
}

ExpressionPtr Parser::make(Expression::Kind kind, size_t at, std::vector<ExpressionPtr> parts) {
  auto made = std::make_unique<Expression>();
  made->kind = kind;
  made->at = at;
  for (const ExpressionPtr& part : parts) {
    if (part) grow(*made, part->height);
  }
  made->parts = std::move(parts);
  return made;
}

ExpressionPtr Parser::make(Expression::Kind kind, size_t at, ExpressionPtr a, ExpressionPtr b, ExpressionPtr c) {
  std::vector<ExpressionPtr> parts;
  parts.push_back(std::move(a));
  if (b || c) parts.push_back(std::move(b));
  if (c) parts.push_back(std::move(c));
  return make(kind, at, std::move(parts));
}

ExpressionPtr Parser::tuple(bool conditions, std::string_view end, bool in_brackets) {
  const size_t at = now().at;
  std::vector<ExpressionPtr> parts;
  bool several = false;
  const auto ends = [&] {
    const Token::Kind k = now().kind;
    return k == Token::Kind::print_end || k == Token::Kind::block_end || now().is_sign(")") || (!end.empty() && now().is_name(end));
  };
  while (!ends()) {
    parts.push_back(expression(conditions));
    if (!skip_sign(",")) break;
    several = true;
  }
  if (!several && !parts.empty()) return std::move(parts.front());
  if (!several && !in_brackets) fail(now().at, str("got {}, expected an expression", found(now())));
  return make(Expression::Kind::tuple, at, std::move(parts));
}

ExpressionPtr Parser::expression(bool conditions) {
  const Nested nested(*this);
  ExpressionPtr e = disjunction();
  while (conditions && now().is_name("if")) {
    const size_t at = take().at;
    std::vector<ExpressionPtr> parts;
    parts.push_back(std::move(e));
    parts.push_back(disjunction());
    parts.push_back(skip_name("else") ? expression() : nullptr);
    e = make(Expression::Kind::condition, at, std::move(parts));
  }
  return e;
}

ExpressionPtr Parser::disjunction() {
  ExpressionPtr e = conjunction();
  while (now().is_name("or")) {
    const size_t at = take().at;
    e = make(Expression::Kind::disjunction, at, std::move(e), conjunction());
  }
  return e;
}

ExpressionPtr Parser::conjunction() {
  ExpressionPtr e = negation();
  while (now().is_name("and")) {
    const size_t at = take().at;
    e = make(Expression::Kind::conjunction, at, std::move(e), negation());
  }
  return e;
}

ExpressionPtr Parser::negation() {
  if (!now().is_name("not")) return comparison();
  const Nested nested(*this);
  const size_t at = take().at;
  return make(Expression::Kind::negation, at, negation());
}

ExpressionPtr Parser::comparison() {
  constexpr std::pair<std::string_view, Operator> kSigns[] = {{"==", Operator::equal}, {"!=", Operator::unequal}, {"<", Operator::less},
    {"<=", Operator::less_equal}, {">", Operator::greater}, {">=", Operator::greater_equal}};
  const size_t at = now().at;
  std::vector<ExpressionPtr> parts;
  std::vector<Operator> operators;
  parts.push_back(sum());
  while (true) {
    const auto* sign = std::find_if(std::begin(kSigns), std::end(kSigns), [&](const auto& s) { return now().is_sign(s.first); });
    if (sign != std::end(kSigns)) {
      operators.push_back(sign->second);
      ++at_;
    } else if (skip_name("in")) {
      operators.push_back(Operator::in);
    } else if (now().is_name("not") && ahead().is_name("in")) {
      operators.push_back(Operator::not_in);
      at_ += 2;
    } else {
      break;
    }
    parts.push_back(sum());
  }
  if (operators.empty()) return std::move(parts.front());
  ExpressionPtr e = make(Expression::Kind::comparison, at, std::move(parts));
  e->operators = std::move(operators);
  return e;
}

ExpressionPtr Parser::sum() {
  ExpressionPtr e = concat();
  while (now().is_sign("+") || now().is_sign("-")) {
    const Token& sign = take();
    e = make(Expression::Kind::arithmetic, sign.at, std::move(e), concat());
    e->operators = {sign.text == "+" ? Operator::add : Operator::subtract};
  }
  return e;
}

ExpressionPtr Parser::concat() {
  const size_t at = now().at;
  std::vector<ExpressionPtr> parts;
  parts.push_back(product());
  while (skip_sign("~")) parts.push_back(product());
  return parts.size() == 1 ? std::move(parts.front()) : make(Expression::Kind::concat, at, std::move(parts));
}

ExpressionPtr Parser::product() {
  ExpressionPtr e = power();
  while (now().is_sign("*") || now().is_sign("/") || now().is_sign("//") || now().is_sign("%")) {
    const Token& sign = take();
    e = make(Expression::Kind::arithmetic, sign.at, std::move(e), power());
    e->operators = {sign.text == "*" ? Operator::multiply : sign.text == "/" ? Operator::divide : sign.text == "%" ? Operator::modulo : Operator::floor_divide};
  }
  return e;
}

ExpressionPtr Parser::power() {  // Jinja's groups to the left, unlike Python's
  ExpressionPtr e = unary();
  while (now().is_sign("**")) {
    const size_t at = take().at;
    e = make(Expression::Kind::arithmetic, at, std::move(e), unary());
    e->operators = {Operator::power};
  }
  return e;
}

ExpressionPtr Parser::unary(bool with_filters) {
  const Nested nested(*this);
  ExpressionPtr e;
  if (now().is_sign("-") || now().is_sign("+")) {
    const Token& sign = take();
    e = make(sign.text == "-" ? Expression::Kind::negative : Expression::Kind::positive, sign.at, unary(false));
  } else {
    e = primary();
  }
  e = postfixes(std::move(e));
  return with_filters ? filters_and_tests(std::move(e)) : std::move(e);
}

ExpressionPtr Parser::primary() {
  const Token& token = now();
  if (token.kind == Token::Kind::name) return named();
  if (token.kind == Token::Kind::text) {
    std::string text;
    while (now().kind == Token::Kind::text) text += take().text;
    ExpressionPtr e = make(Expression::Kind::constant, token.at);
    e->value = constant_text(std::move(text));
    return e;
  }
  if (token.kind == Token::Kind::number) {
    ExpressionPtr e = make(Expression::Kind::constant, token.at);
    e->value = take().number;
    return e;
  }
  if (skip_sign("(")) {
    ExpressionPtr e = tuple(true, "", true);
    expect_sign(")");
    return e;
  }
  if (token.is_sign("[")) return list();
  if (token.is_sign("{")) return dict();
  fail(token.at, str("got {}, expected an expression", found(token)));
}

ExpressionPtr Parser::named() {
  const Token& token = take();
  const std::string& name = token.text;
  const bool yes = name == "true" || name == "True";
  if (yes || name == "false" || name == "False" || name == "none" || name == "None") {
    ExpressionPtr e = make(Expression::Kind::constant, token.at);
    if (name != "none" && name != "None") e->value = yes;
    return e;
  }
  for (Signature* macro : macros_) {
    macro->varargs = macro->varargs || name == "varargs";
    macro->kwargs = macro->kwargs || name == "kwargs";
    macro->caller = macro->caller || name == "caller";
  }
  ExpressionPtr e = make(Expression::Kind::name, token.at);
  e->name = name;
  return e;
}

ExpressionPtr Parser::list() {
  const size_t at = take().at;
  std::vector<ExpressionPtr> parts;
  while (!now().is_sign("]")) {
    if (!parts.empty()) expect_sign(",");
    if (now().is_sign("]")) break;
    parts.push_back(expression());
  }
  ++at_;
  return make(Expression::Kind::list, at, std::move(parts));
}

ExpressionPtr Parser::dict() {
  const size_t at = take().at;
  std::vector<ExpressionPtr> parts;
  while (!now().is_sign("}")) {
    if (!parts.empty()) expect_sign(",");
    if (now().is_sign("}")) break;
    parts.push_back(expression());
    expect_sign(":");
    parts.push_back(expression());
  }
  ++at_;
  return make(Expression::Kind::dict, at, std::move(parts));
}

ExpressionPtr Parser::postfixes(ExpressionPtr e) {
  while (true) {
    if (now().is_sign(".")) e = attribute(std::move(e));
    else if (now().is_sign("[")) e = subscript(std::move(e));
    else if (now().is_sign("(")) e = call(std::move(e));
    else return e;
  }
}

ExpressionPtr Parser::filters_and_tests(ExpressionPtr e) {
  while (true) {
    if (now().is_sign("|")) e = filters(std::move(e));
    else if (now().is_name("is")) e = test(std::move(e));
    else if (now().is_sign("(")) e = call(std::move(e));
    else return e;
  }
}

ExpressionPtr Parser::attribute(ExpressionPtr of) {
  const size_t at = take().at;
  if (now().kind == Token::Kind::number && now().number.is(Kind::integer)) {
    ExpressionPtr index = make(Expression::Kind::constant, now().at);
    index->value = take().number;
    return make(Expression::Kind::item, at, std::move(of), std::move(index));
  }
  ExpressionPtr e = make(Expression::Kind::attribute, at, std::move(of));
  e->name = expect_name();
  return e;
}

ExpressionPtr Parser::subscript(ExpressionPtr of) {
  const size_t at = take().at;
  std::vector<ExpressionPtr> parts;
  parts.push_back(std::move(of));
  const auto absent = [&] { return now().is_sign(":") || now().is_sign("]") || now().is_sign(","); };
  parts.push_back(now().is_sign(":") || now().is_sign("]") ? nullptr : expression());
  const bool is_slice = now().is_sign(":");
  for (int i = 0; i < 2 && is_slice; ++i) {
    const bool there = skip_sign(":");
    parts.push_back(!there || absent() ? nullptr : expression());
  }
  if (!is_slice && now().is_sign(",")) {  // x[1, 2]: a tuple is the key
    std::vector<ExpressionPtr> keys;
    keys.push_back(std::move(parts[1]));
    while (skip_sign(",")) keys.push_back(expression());
    parts[1] = make(Expression::Kind::tuple, at, std::move(keys));
  }
  if (!is_slice && !parts[1]) parts[1] = make(Expression::Kind::tuple, at, std::vector<ExpressionPtr>());  // x[]
  expect_sign("]");
  return make(is_slice ? Expression::Kind::slice : Expression::Kind::item, at, std::move(parts));
}

void Parser::arguments(Expression& e) {
  CallArguments& a = e.arguments;
  expect_sign("(");
  const auto add = [&] {
    ExpressionPtr v = expression();
    grow(e, v->height);
    return v;
  };
  for (bool first = true; !now().is_sign(")"); first = false) {
    if (!first) expect_sign(",");
    if (!first && now().is_sign(")")) break;
    const size_t at = now().at;
    if (a.positional.size() + a.named.size() >= limits_.names) {
      fail_at(source_, at, str("a call with more than {} arguments", limits_.names), ErrorKind::resource);
    }
    const bool named = now().kind == Token::Kind::name && ahead().is_sign("=");
    const bool after_spread = a.spread || a.spread_named;
    if (now().is_sign("*") ? after_spread : now().is_sign("**") || named ? !!a.spread_named : after_spread || !a.named.empty()) {
      fail(at, "arguments stand in the order: positions, names, *list, **names");
    }
    if (skip_sign("*")) {
      a.spread = add();
    } else if (skip_sign("**")) {
      a.spread_named = add();
    } else if (named) {
      std::string name = take().text;
      ++at_;
      a.named.emplace_back(std::move(name), add());
    } else {
      a.positional.push_back(add());
    }
  }
  ++at_;
}

ExpressionPtr Parser::call(ExpressionPtr callee) {
  ExpressionPtr e = make(Expression::Kind::call, now().at, std::move(callee));
  arguments(*e);
  return e;
}

ExpressionPtr Parser::filters(ExpressionPtr e) {
  while (skip_sign("|")) e = one_filter(std::move(e));
  return e;
}

ExpressionPtr Parser::one_filter(ExpressionPtr e) {
  ExpressionPtr filter = make(Expression::Kind::filter, now().at, std::move(e));
  filter->name = expect_name();
  while (skip_sign(".")) filter->name += "." + expect_name();
  if (now().is_sign("(")) arguments(*filter);
  return filter;
}

ExpressionPtr Parser::test(ExpressionPtr e) {
  const size_t at = take().at;
  const bool negated = skip_name("not");
  ExpressionPtr t = make(Expression::Kind::test, now().at, std::move(e));
  t->name = expect_name();
  const Token& next = now();
  const bool literal = next.kind == Token::Kind::text || next.kind == Token::Kind::number || next.is_sign("[") || next.is_sign("{");
  const bool argument = literal || next.kind == Token::Kind::name;
  if (next.is_sign("(")) {
    arguments(*t);
  } else if (argument && !next.is_name("else") && !next.is_name("or") && !next.is_name("and")) {
    if (next.is_name("is")) fail(next.at, "tests with 'is' cannot be chained");
    const Nested nested(*this);
    t->arguments.positional.push_back(postfixes(primary()));
    grow(*t, t->arguments.positional.back()->height);
  }
  return negated ? make(Expression::Kind::negation, at, std::move(t)) : std::move(t);
}

}  // namespace grim::jinja
