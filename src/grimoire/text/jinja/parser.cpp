// A recursive descent over the tokens; the order of precedence, and what is allowed where, are jinja2/parser.py's.
#include <algorithm>
#include <initializer_list>

#include "grimoire/text/jinja/parser.h"

namespace grim::jinja {

Body parse_template(const std::string& source, const Limits& limits) {
  if (source.size() > limits.template_bytes) {
    throw Error(ErrorKind::resource, str("chat template: it has {} bytes, more than the {} that are read", source.size(), limits.template_bytes));
  }
  return Parser(source, limits).all();
}

Body Parser::all() {
  Body body = statements({});
  return body;
}

std::string Parser::found(const Token& token) {
  switch (token.kind) {
    case Token::Kind::name: return str("'{}'", token.text);
    case Token::Kind::sign:
    case Token::Kind::print_end:
    case Token::Kind::block_end: return str("'{}'", token.text);
    case Token::Kind::text: return "a text";
    case Token::Kind::number: return "a number";
    case Token::Kind::end: return "the end of the template";
    default: return "template text";
  }
}

void Parser::fail(size_t at, const std::string& problem) const { fail_at(source_, at, problem); }

void Parser::expect_sign(std::string_view sign) {
  if (!skip_sign(sign)) fail(now().at, str("got {}, expected '{}'", found(now()), sign));
}

std::string Parser::expect_name() {
  if (now().kind != Token::Kind::name) fail(now().at, str("got {}, expected a name", found(now())));
  return take().text;
}

void Parser::expect_block_end() {
  if (now().kind != Token::Kind::block_end) fail(now().at, str("got {}, expected '%}}'", found(now())));
  ++at_;
}

bool Parser::skip_sign(std::string_view sign) {
  const bool yes = now().is_sign(sign);
  at_ += yes;
  return yes;
}

bool Parser::skip_name(std::string_view name) {
  const bool yes = now().is_name(name);
  at_ += yes;
  return yes;
}

// Statements up to a block that begins with one of `ends`, which becomes the current token; to the end of the template without any.
Body Parser::statements(std::initializer_list<std::string_view> ends) {
  const Nested nested(*this);
  Body body;
  while (true) {
    const Token& token = now();
    switch (token.kind) {
      case Token::Kind::data:
        body.push_back(make(Statement::Kind::data));
        body.back()->text = take().text;
        break;
      case Token::Kind::print_begin:
        body.push_back(make(Statement::Kind::print));
        ++at_;
        body.back()->value = tuple(true);
        if (now().kind != Token::Kind::print_end) fail(now().at, str("got {}, expected '}}}}'", found(now())));
        ++at_;
        break;
      case Token::Kind::block_begin:
        ++at_;
        if (now().kind != Token::Kind::name) fail(now().at, str("got {}, expected the name of a tag", found(now())));
        if (std::find(ends.begin(), ends.end(), now().text) != ends.end()) return body;
        if (auto s = statement()) body.push_back(std::move(s));
        break;
      default:  // the end, as every tag takes what is inside it
        if (ends.size() == 0) return body;
        fail(tags_.back(), str("the template ends inside a block: expected '{{% {} %}}'", *(ends.end() - 1)));
    }
  }
}

// The body of a block whose tag ends here (a colon may stand before the end).
Body Parser::block(std::initializer_list<std::string_view> ends) {
  skip_sign(":");
  expect_block_end();
  return statements(ends);
}

std::unique_ptr<Statement> Parser::make(Statement::Kind kind) {
  auto made = std::make_unique<Statement>();
  made->kind = kind;
  made->at = now().at;
  return made;
}

std::unique_ptr<Statement> Parser::statement() {
  const size_t at = now().at;
  const std::string tag = now().text;
  std::unique_ptr<Statement> s;
  tags_.push_back(at);
  if (tag == "for") s = for_loop();
  else if (tag == "if") s = choice();
  else if (tag == "set") s = set();
  else if (tag == "macro" || tag == "call") s = macro(tag == "call");
  else if (tag == "filter") s = filter_block();
  else if (tag == "with") s = with();
  else if (tag == "generation") s = generation();
  else if (tag == "break" || tag == "continue") {
    if (!loops_) fail(at, str("'{}' outside a loop", tag));
    s = make(tag == "break" ? Statement::Kind::leave : Statement::Kind::next);
    ++at_;
  } else if (tag == "print") {
    s = make(Statement::Kind::print);
    ++at_;
    std::vector<ExpressionPtr> parts;
    do parts.push_back(expression());
    while (skip_sign(","));
    s->value = make(Expression::Kind::concat, at, std::move(parts));
  } else {
    constexpr std::string_view kOthers[] = {"include", "import", "from", "extends", "block", "autoescape", "do", "trans", "debug"};
    const bool known = std::find(std::begin(kOthers), std::end(kOthers), tag) != std::end(kOthers);
    fail(at, str(known ? "the tag '{}' is not supported in chat templates" : "unknown tag '{}'", tag));
  }
  expect_block_end();
  tags_.pop_back();
  return s;
}

std::unique_ptr<Statement> Parser::for_loop() {
  auto s = make(Statement::Kind::loop);
  ++at_;
  s->target = target("in", false);
  if (!skip_name("in")) fail(now().at, str("got {}, expected 'in'", found(now())));
  s->value = tuple(false, "recursive");
  if (skip_name("if")) s->condition = expression();
  if (now().is_name("recursive")) fail(now().at, "recursive loops are not supported: use a macro that calls itself");
  ++loops_;
  s->body = block({"else", "endfor"});
  --loops_;
  if (take().text == "else") {
    s->otherwise = block({"endfor"});
    ++at_;
  }
  return s;
}

std::unique_ptr<Statement> Parser::choice() {
  auto s = make(Statement::Kind::choice);
  std::string tag = take().text;
  while (tag == "if" || tag == "elif") {
    ExpressionPtr condition = tuple(false);
    Body body = block({"elif", "else", "endif"});
    s->branches.emplace_back(std::move(condition), std::move(body));
    tag = take().text;
  }
  if (tag == "else") {
    s->otherwise = block({"endif"});
    ++at_;
  }
  return s;
}

std::unique_ptr<Statement> Parser::set() {
  auto s = make(Statement::Kind::set);
  ++at_;
  s->target = target("", true);
  if (skip_sign("=")) {
    s->value = tuple(true);
    return s;
  }
  s->kind = Statement::Kind::set_block;
  s->value = filters(nullptr);
  s->body = block({"endset"});
  ++at_;
  return s;
}

void Parser::signature(Signature& s) {
  expect_sign("(");
  while (!now().is_sign(")")) {
    if (!s.parameters.empty()) expect_sign(",");
    s.parameters.push_back(expect_name());
    if (skip_sign("=")) s.defaults.push_back(expression());
    else if (!s.defaults.empty()) fail(now().at, "a parameter without a default stands behind one with a default");
  }
  ++at_;
}

std::unique_ptr<Statement> Parser::macro(bool is_call) {
  auto s = make(is_call ? Statement::Kind::call : Statement::Kind::macro);
  ++at_;
  if (!is_call) s->signature.name = expect_name();
  if (!is_call || now().is_sign("(")) signature(s->signature);
  if (is_call) {
    s->value = expression();
    if (s->value->kind != Expression::Kind::call) fail(s->value->at, "expected the call of a macro");
  }
  const int loops = std::exchange(loops_, 0);
  macros_.push_back(&s->signature);
  s->body = block({is_call ? "endcall" : "endmacro"});
  macros_.pop_back();
  loops_ = loops;
  ++at_;
  return s;
}

std::unique_ptr<Statement> Parser::filter_block() {
  auto s = make(Statement::Kind::filter);
  ++at_;
  s->value = filters(one_filter(nullptr));
  s->body = block({"endfilter"});
  ++at_;
  return s;
}

std::unique_ptr<Statement> Parser::with() {
  auto s = make(Statement::Kind::with);
  ++at_;
  while (now().kind != Token::Kind::block_end) {
    if (!s->assignments.empty()) expect_sign(",");
    ExpressionPtr name = target("", false);
    expect_sign("=");
    s->assignments.emplace_back(std::move(name), expression());
  }
  s->body = block({"endwith"});
  ++at_;
  return s;
}

std::unique_ptr<Statement> Parser::generation() {
  auto s = make(Statement::Kind::generation);
  ++at_;
  const int loops = std::exchange(loops_, 0);
  s->body = block({"endgeneration"});
  loops_ = loops;
  ++at_;
  return s;
}

// What can be assigned to: names, tuples of them, and with `members` name.member.
ExpressionPtr Parser::target(std::string_view end, bool members) {
  const Nested nested(*this);
  std::vector<ExpressionPtr> parts;
  const size_t at = now().at;
  bool several = false;
  while (!(several && (now().is_sign("=") || now().kind == Token::Kind::block_end || now().is_sign(")") || (!end.empty() && now().is_name(end))))) {
    if (skip_sign("(")) {
      parts.push_back(target("", members));
      expect_sign(")");
    } else {
      const size_t begin = now().at;
      const std::string name = expect_name();
      constexpr std::string_view kConstants[] = {"true", "True", "false", "False", "none", "None"};
      if (std::find(std::begin(kConstants), std::end(kConstants), name) != std::end(kConstants)) fail(begin, str("'{}' cannot be assigned to", name));
      parts.push_back(make(members && now().is_sign(".") ? Expression::Kind::member : Expression::Kind::name, begin));
      parts.back()->name = name;
      if (members && skip_sign(".")) parts.back()->text = expect_name();
    }
    if (!skip_sign(",")) break;
    several = true;
  }
  if (!several) return std::move(parts.front());
  return make(Expression::Kind::tuple, at, std::move(parts));
}

}  // namespace grim::jinja
