// A template cut into tokens, as Jinja's lexer does with trim_blocks and lstrip_blocks on: the first line end behind a block goes, and so do the
// blanks before a block that opens its line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/text/jinja/value.h"

namespace grim::jinja {

struct Token {
  enum class Kind : uint8_t { data, print_begin, print_end, block_begin, block_end, name, text, number, sign, end };
  Kind kind;
  size_t at;         // its first byte in the source
  std::string text;  // of data, names and texts (unescaped), and the sign itself
  Value number = {};
  bool is(Kind k, std::string_view t) const { return kind == k && text == t; }
  bool is_sign(std::string_view t) const { return is(Kind::sign, t); }
  bool is_name(std::string_view t) const { return is(Kind::name, t); }
};

// Line ends are made "\n", and a last one is dropped: what the places of tokens count in.
std::string normal_source(std::string_view source);
// The last token is `end`. throws: Error(input), with the place
std::vector<Token> tokens_of(const std::string& source);

// throws: Error(kind), "chat template: line 3, column 14: ..."
[[noreturn]] void fail_at(std::string_view source, size_t at, const std::string& problem, ErrorKind kind = ErrorKind::input, std::string hint = "");

}  // namespace grim::jinja
