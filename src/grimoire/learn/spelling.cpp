#include "grimoire/learn/spelling.h"

#include <algorithm>

#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"

namespace grim::learn {
namespace {

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

}  // namespace

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

// Each code point is given a byte of its own.
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

}  // namespace grim::learn
