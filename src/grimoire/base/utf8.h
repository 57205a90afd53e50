// UTF-8: checking it, with the place of the first fault, and walking it by code points.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

struct Utf8Fault {
  size_t byte;      // offset of the first bad byte
  int64_t line;     // from 1
  int64_t column;   // in code points, from 1
  std::string what; // "byte 0xff cannot begin a character"
};

// The first place that is not well-formed (overlong forms, surrogates, beyond U+10FFFF, cut sequences), or nothing.
std::optional<Utf8Fault> find_utf8_fault(std::string_view text);
// throws: input, "FILE: line 3, column 5 (byte 17): not UTF-8: ..."
void check_utf8(std::string_view text, std::string_view source);

// The code point at `at`, and `at` moves behind it. A malformed byte gives U+FFFD and moves one byte.
char32_t next_code_point(std::string_view text, size_t& at);
std::vector<char32_t> code_points(std::string_view text);
int64_t count_code_points(std::string_view text);
void append_utf8(std::string& text, char32_t c);  // U+FFFD for what is no code point

constexpr bool continues_character(char byte) { return (static_cast<uint8_t>(byte) & 0xc0) == 0x80; }  // is it one behind a character's first byte?
bool ends_in_part_of_character(std::string_view text);  // with a byte or more of one that further bytes could complete

struct TextPlace {
  int64_t line, column;  // from 1; columns in code points
};
TextPlace place_of(std::string_view text, size_t byte);

std::string describe(char32_t c);  // "'é' (U+00E9)", "U+0007" when it cannot be shown

}  // namespace grim
