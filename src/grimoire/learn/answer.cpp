#include "grimoire/learn/answer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "grimoire/base/str.h"
#include "grimoire/learn/deck.h"
#include "grimoire/text/utf8.h"

namespace grim::learn {
namespace {

std::string plain(std::string_view text) {
  std::string bare(text);
  for (const auto& [from, to] : {std::pair("\u2019", "'"), std::pair("\u201C", ""), std::pair("\u201D", "")})
    for (size_t at; (at = bare.find(from)) != std::string::npos;) bare.replace(at, std::string_view(from).size(), to);
  std::erase_if(bare, [](char c) { return c == '*' || c == '`' || c == '\\' || c == '"'; });
  std::string folded = folded_text(bare);
  while (!folded.empty() && (folded.back() == '.' || folded.back() == '!' || folded.back() == ' ')) folded.pop_back();
  for (const char* article : {"the ", "a ", "an "})
    if (folded.starts_with(article)) {
      folded.erase(0, std::string_view(article).size());
      break;
    }
  return folded;
}

std::vector<std::string> items(std::string text) {
  for (size_t at; (at = text.find(" and ")) != std::string::npos;) text[at] = ',', text.erase(at + 1, 4);
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find_first_of(",;", begin), text.size());
    if (const std::string item = plain(text.substr(begin, end - begin)); !item.empty()) parts.push_back(item);
    begin = end + 1;
  }
  std::ranges::sort(parts);
  return parts;
}

// The small letter of Latin-1 and Latin Extended-A, as Unicode pairs them.
char32_t small(char32_t c) {
  if (c >= U'\u00C0' && c <= U'\u00DE' && c != U'\u00D7') return c + 0x20;
  if (c == U'\u0178') return U'\u00FF';
  const bool odd_is_large = (c >= U'\u0139' && c <= U'\u0148') || (c >= U'\u0179' && c <= U'\u017E');
  const bool paired = c >= U'\u0100' && c <= U'\u017E' && c != U'\u0130' && c != U'\u0131' && c != U'\u0138' && c != U'\u0149';
  return paired && (c % 2 == 1) == odd_is_large ? c + 1 : c;
}

// The letter below its accents, of small letters; U'\0' for a combining accent. What has none, ligatures too, stays.
char32_t bare(char32_t c) {
  constexpr std::string_view kFromE0 = "aaaaaa-ceeeeiiii-nooooo-ouuuuy-y",
                             kFrom100 = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii--jjkk-llllll"
                                        "llllnnnnnnn--oooooo--rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
  static_assert(kFromE0.size() == 0x20 && kFrom100.size() == 0x80);
  if (c >= 0x300 && c < 0x370) return 0;
  const char letter = c >= 0xE0 && c < 0x100 ? kFromE0[c - 0xE0] : c >= 0x100 && c < 0x180 ? kFrom100[c - 0x100] : '-';
  return letter == '-' ? c : static_cast<char32_t>(letter);
}

std::vector<char32_t> letters(const std::string& text) {
  std::vector<char32_t> all = code_points(text);
  for (char32_t& c : all) c = small(c);
  return all;
}

std::vector<char32_t> without_accents(std::vector<char32_t> text) {
  for (char32_t& c : text) c = bare(c);
  std::erase(text, U'\0');
  return text;
}

// In code points: each is given a byte of its own. Nothing where there are not enough bytes.
std::optional<size_t> letters_off(const std::vector<char32_t>& a, const std::vector<char32_t>& b) {
  std::vector<char32_t> seen;
  const auto bytes = [&](const std::vector<char32_t>& text) {
    std::string out;
    for (char32_t c : text) {
      const auto at = std::ranges::find(seen, c);
      out += static_cast<char>(at - seen.begin());
      if (at == seen.end()) seen.push_back(c);
    }
    return out;
  };
  const std::string x = bytes(a), y = bytes(b);
  return seen.size() <= 256 ? std::optional(edit_distance(x, y)) : std::nullopt;
}

bool number(const std::string& text, double& value) {
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Judged judge(std::string_view typed, std::string_view answer) {
  const std::string got = plain(typed), want = plain(answer);
  if (got.empty()) return {Grade::again, ""};
  if (got == want) return {Grade::good, "right"};
  double x, y;
  if (number(got, x) && number(want, y)) {
    const double off = std::abs(x - y), near = std::max(std::abs(y), 1e-12);
    if (off <= 0.01 * near) return {Grade::good, "right"};
    return off <= 0.1 * near ? Judged{Grade::hard, "near"} : Judged{Grade::again, "no"};
  }
  if (const auto a = items(got), b = items(want); a == b) return {Grade::good, "right"};
  const std::vector<char32_t> a = letters(got), b = letters(want);
  if (a == b) return {Grade::good, "right"};
  const size_t most = b.size() < 4 ? 0 : std::max<size_t>(1, b.size() / 8);  // of a short word every letter counts
  if (b.size() > 2000 || a.size() > 4000) return {Grade::again, "no"};
  if (without_accents(a) == without_accents(b)) return {Grade::hard, "almost: accents"};
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most) return {Grade::again, "no"};
  const auto off = letters_off(a, b);
  if (off && *off <= most) return {Grade::hard, *off == 1 ? "almost: one letter off" : str("almost: {} letters off", *off)};
  return {Grade::again, "no"};
}

}  // namespace grim::learn
