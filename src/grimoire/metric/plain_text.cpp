#include "grimoire/metric/plain_text.h"

#include <array>

#include "grimoire/base/utf8.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
constexpr bool is_ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); }

// Skips blanks, or what is none, from `at` on.
enum class Skip : uint8_t { blanks, others };
size_t end_of(std::string_view text, size_t at, Skip skip) {
  static constexpr auto kKinds = [] {  // of a byte: what `skip` goes over, or a part of something longer
    std::array<uint8_t, 256> kinds{};
    for (int c = 0; c < 256; ++c) kinds[static_cast<size_t>(c)] = static_cast<uint8_t>(c > 127 ? 2 : is_ascii_blank(static_cast<char>(c)) ? 0 : 1);
    return kinds;
  }();
  const auto wanted = static_cast<uint8_t>(skip);
  while (at < text.size()) {
    const uint8_t kind = kKinds[static_cast<unsigned char>(text[at])];
    if (kind == wanted) {
      ++at;
      continue;
    }
    if (kind != 2) return at;
    size_t next = at;
    if (is_blank(next_code_point(text, next)) != (skip == Skip::blanks)) return at;
    at = next;
  }
  return at;
}

// Letters of either case, and what a word goes on through, for Final_Sigma.
bool is_cased(char32_t c) {
  const Category k = class_of(c).category();
  return k == Category::Lu || k == Category::Ll || k == Category::Lt;
}
bool is_case_ignorable(char32_t c) {
  const Category k = class_of(c).category();
  return k == Category::Mn || k == Category::Me || k == Category::Cf || k == Category::Lm || k == Category::Sk || c == '\'' || c == '.' || c == ':' ||
         c == 0xb7 || c == 0x387 || c == 0x2018 || c == 0x2019 || c == 0x2024 || c == 0x2027;
}
bool ends_word(const std::vector<char32_t>& c, size_t at) {
  size_t i = at;
  while (i > 0 && is_case_ignorable(c[i - 1])) --i;
  if (i == 0 || !is_cased(c[i - 1])) return false;
  for (i = at + 1; i < c.size() && is_case_ignorable(c[i]);) ++i;
  return i == c.size() || !is_cased(c[i]);
}

}  // namespace

bool is_blank(char32_t c) { return c < 0x80 ? is_ascii_blank(static_cast<char>(c)) : class_of(c).space(); }

void blank_separated(std::string_view text, std::vector<std::string_view>& parts) {
  parts.clear();
  for (size_t at = end_of(text, 0, Skip::blanks); at < text.size();) {
    const size_t end = end_of(text, at, Skip::others);
    parts.push_back(text.substr(at, end - at));
    at = end_of(text, end, Skip::blanks);
  }
}

std::vector<std::string_view> blank_separated(std::string_view text) {
  std::vector<std::string_view> parts;
  blank_separated(text, parts);
  return parts;
}

std::string_view without_blanks_behind(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t begin = end - 1;
    while (begin > 0 && continues_character(text[begin])) --begin;
    size_t at = begin;
    if (!is_blank(next_code_point(text, at))) break;
    end = begin;
  }
  return text.substr(0, end);
}

std::string_view without_blanks_before(std::string_view text) { return text.substr(end_of(text, 0, Skip::blanks)); }

std::string lower_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  constexpr char32_t kSigma = U'\u03a3', kFinalSigma = U'\u03c2';
  std::vector<char32_t> all;  // only where there is a sigma
  for (size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      const char c = text[at++];
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      continue;
    }
    const size_t here = at;
    const char32_t c = next_code_point(text, at);
    if (c != kSigma) {
      append_lower(out, c);
      continue;
    }
    if (all.empty()) all = code_points(text);
    if (ends_word(all, static_cast<size_t>(count_code_points(text.substr(0, here))))) append_utf8(out, kFinalSigma);
    else append_lower(out, c);
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = 0;;) {
    const size_t found = text.find(from, at);
    out += text.substr(at, found - at);
    if (found == std::string_view::npos) return out;
    out += to;
    at = found + from.size();
  }
}

}  // namespace grim
