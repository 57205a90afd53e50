// The parser's parts: statements in parser.cpp, expressions in parser_expressions.cpp.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "grimoire/text/jinja/lexer.h"
#include "grimoire/text/jinja/syntax.h"

namespace grim::jinja {

class Parser {
 public:
  Parser(const std::string& source, const Limits& limits) : source_(source), limits_(limits), tokens_(tokens_of(source)) {}
  Body all();

 private:
  struct Nested {  // counts how deep the descent is
    explicit Nested(Parser& p) : parser(p) {
      if (++parser.depth_ > parser.limits_.depth / 2) {
        fail_at(parser.source_, parser.now().at, str("more than {} levels inside one another", parser.limits_.depth / 2), ErrorKind::resource);
      }
    }
    ~Nested() { --parser.depth_; }
    Parser& parser;
  };

  const Token& now() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  static std::string found(const Token& token);
  [[noreturn]] void fail(size_t at, const std::string& problem) const;
  void expect_sign(std::string_view sign);
  std::string expect_name();
  void expect_block_end();
  bool skip_sign(std::string_view sign);
  bool skip_name(std::string_view name);

  std::unique_ptr<Statement> make(Statement::Kind kind);
  Body statements(std::initializer_list<std::string_view> ends);
  Body block(std::initializer_list<std::string_view> ends);
  std::unique_ptr<Statement> statement();
  std::unique_ptr<Statement> for_loop();
  std::unique_ptr<Statement> choice();
  std::unique_ptr<Statement> set();
  std::unique_ptr<Statement> macro(bool is_call);
  std::unique_ptr<Statement> filter_block();
  std::unique_ptr<Statement> with();
  std::unique_ptr<Statement> generation();
  void signature(Signature& s);
  ExpressionPtr target(std::string_view end, bool members);

  ExpressionPtr make(Expression::Kind kind, size_t at, std::vector<ExpressionPtr> parts = {});
  ExpressionPtr make(Expression::Kind kind, size_t at, ExpressionPtr a, ExpressionPtr b = nullptr, ExpressionPtr c = nullptr);
  void grow(Expression& e, int height) const;
  // One expression, or several with commas between them as a tuple; `conditions`: x if y else z may stand here.
  ExpressionPtr tuple(bool conditions, std::string_view end = "", bool in_brackets = false);
  ExpressionPtr expression(bool conditions = true);
  ExpressionPtr disjunction();
  ExpressionPtr conjunction();
  ExpressionPtr negation();
  ExpressionPtr comparison();
  ExpressionPtr sum();
  ExpressionPtr concat();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary(bool with_filters = true);
  ExpressionPtr primary();
  ExpressionPtr named();
  ExpressionPtr list();
  ExpressionPtr dict();
  ExpressionPtr postfixes(ExpressionPtr e);
  ExpressionPtr filters_and_tests(ExpressionPtr e);
  ExpressionPtr attribute(ExpressionPtr of);
  ExpressionPtr subscript(ExpressionPtr of);
  ExpressionPtr call(ExpressionPtr callee);
  ExpressionPtr filters(ExpressionPtr e);
  ExpressionPtr one_filter(ExpressionPtr e);
  ExpressionPtr test(ExpressionPtr e);
  void arguments(Expression& e);

  const std::string& source_;
  const Limits& limits_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  std::vector<size_t> tags_;         // the places of the open ones
  int depth_ = 0;
  int loops_ = 0;                    // around the current statement, within its macro
  std::vector<Signature*> macros_;  // likewise
};

}  // namespace grim::jinja
