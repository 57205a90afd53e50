// What metrics do to a line before they cut it: white space and small letters, as Python's str has them, in which the reference programs are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

// str.isspace of one code point: white space of Unicode and the four information separators, U+001C to U+001F.
bool is_blank(char32_t c);
// str.split(): the parts between runs of blanks, none of them empty. They point into the text.
std::vector<std::string_view> blank_separated(std::string_view text);
void blank_separated(std::string_view text, std::vector<std::string_view>& parts);  // the same into a list that is reused
std::string_view without_blanks_behind(std::string_view text);  // str.rstrip()
std::string_view without_blanks_before(std::string_view text);  // str.lstrip()
// str.lower(), with the small sigma that ends a word (Unicode 3.13, Final_Sigma).
std::string lower_case(std::string_view text);

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
// string.punctuation: what of ASCII is neither blank nor letter nor digit.
constexpr bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}
std::string replaced(std::string_view text, std::string_view from, std::string_view to);  // str.replace

}  // namespace grim
