// str("{} of {}", 3, name): formatted text without a third-party type in a public header.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

class Shape;

// One value to be formatted: an integer, a real, text or a shape.
struct StrArg {
  enum class Kind { signed_int, unsigned_int, real, boolean, text, shape } kind;
  union {
    long long i;
    unsigned long long u;
    double d;
    bool b;
    const Shape* shape;
    std::string_view text;
  };
  template <std::signed_integral T> StrArg(T v) : kind(Kind::signed_int), i(v) {}
  template <std::unsigned_integral T> StrArg(T v) : kind(Kind::unsigned_int), u(v) {}
  template <std::floating_point T> StrArg(T v) : kind(Kind::real), d(v) {}
  StrArg(bool v) : kind(Kind::boolean), b(v) {}
  StrArg(const char* v) : kind(Kind::text), text(v) {}
  StrArg(std::string_view v) : kind(Kind::text), text(v) {}
  StrArg(const std::string& v) : kind(Kind::text), text(v) {}
  StrArg(const Shape& v) : kind(Kind::shape), shape(&v) {}
};

std::string format_args(std::string_view format, std::initializer_list<StrArg> args);

// The format language is that of std::format: {}, {:.3f}, {:>8}, {:,} is not supported.
template <class... Args> std::string str(std::string_view format, const Args&... args) {
  return format_args(format, {StrArg(args)...});
}

// 1234567 -> "1,234,567".
std::string with_commas(int64_t n);

// "a, b, c".
std::string joined(std::span<const std::string> words, std::string_view separator = ", ");
std::string first_few(std::span<const std::string> words, size_t most = 3);  // "a, b, c and 2 more"

// Lines of at most `width` characters, broken at spaces; words that are longer stand alone.
std::string wrapped(std::string_view text, size_t width);

std::string_view trimmed(std::string_view text);                            // without blanks at its ends
std::vector<std::string_view> split(std::string_view text, char separator);  // one part more than separators
std::vector<std::string_view> lines_in(std::string_view text);               // without their ends; nothing after the last end
template <std::same_as<std::string> S> void split(S&& gone, char separator) = delete;  // the parts would outlive the text
template <std::same_as<std::string> S> void lines_in(S&& gone) = delete;

// Insertions, deletions, replacements and swaps of neighbouring bytes, each 1 (optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b);

// The word of `known` nearest to `word` by edit distance, or the only one that begins with it; "" when there is none.
std::string nearest(std::string_view word, const std::string* known, size_t count);
// "did you mean 'forest'?", or `otherwise` when none of `known` is near: the hint of an error about a name.
std::string did_you_mean(std::string_view word, std::span<const std::string> known, std::string otherwise = "");

}  // namespace grim
