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
size_t part_at_end(std::string_view text);  // bytes at its end of a character that further bytes could complete; 0: none
inline bool ends_in_part_of_character(std::string_view text) { return part_at_end(text) > 0; }
// The text with U+FFFD in place of each fault; what there is of a character that is cut off is one.
std::string well_formed(std::string_view text);
// The front of the text, of at most so many bytes, up to the end of a character.
std::string_view whole_characters(std::string_view text, size_t most_bytes);

// U+FEFF, which some programs write before a text.
constexpr std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  return text.substr(text.starts_with(kMark) ? kMark.size() : 0);
}

struct TextPlace {
  int64_t line, column;  // from 1; columns in code points
};
TextPlace place_of(std::string_view text, size_t byte);

std::string describe(char32_t c);  // "'é' (U+00E9)", "U+0007" when it cannot be shown

}  // namespace grim
