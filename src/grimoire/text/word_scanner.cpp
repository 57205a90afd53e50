#include "grimoire/text/word_scanner.h"

#include <array>
#include <bit>
#include <cstring>

#include "grimoire/base/utf8.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

// Kinds of characters that the expressions tell apart; a character has one or more.
enum Kind : uint16_t {
  kLetter = 1,        // \p{L}
  kNumber = 2,        // \p{N}
  kSpace = 4,         // \s
  kLineEnd = 8,       // \r and \n, which are kSpace too
  kOther = 16,        // none of \p{L}, \p{N}, \s
  kMark = 32,         // \p{M}, which are kOther too
  kUpper = 64,        // \p{Lu}, \p{Lt}
  kLower = 128,       // \p{Ll}
  kSign = 256,        // \p{P}, \p{S}
};

uint16_t kind_of(char32_t c) {
  const PointClass p = class_of(c);
  uint16_t kind = p.letter() ? kLetter : p.number() ? kNumber : p.space() ? kSpace : kOther;
  if (p.mark()) kind |= kMark;
  if (p.category() == Category::Lu || p.category() == Category::Lt) kind |= kUpper;
  if (p.category() == Category::Ll) kind |= kLower;
  if (p.punctuation() || p.symbol()) kind |= kSign;
  if (c == '\r' || c == '\n') kind |= kLineEnd;
  return kind;
}

const std::array<uint16_t, 128> kAscii = [] {
  std::array<uint16_t, 128> kinds{};
  for (char32_t c = 0; c < 128; ++c) kinds[c] = kind_of(c);
  return kinds;
}();

bool is_deepseek_cjk(char32_t c) { return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x4e00 && c <= 0x9fa5); }

// How many ASCII letters stand at `at`: eight bytes at a time, each of which has its high bit set in `letters` if it is one. In a byte below 128, with the
// bit that makes a capital small, adding 0x1f carries into the high bit from 'a' on, and adding 5 from behind 'z' on.
size_t ascii_letters(std::string_view text, size_t at) {
  constexpr uint64_t kEach = 0x0101010101010101u;
  const size_t begin = at;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t bytes;
    std::memcpy(&bytes, text.data() + at, 8);
    const uint64_t small = (bytes & 0x7f * kEach) | 0x20 * kEach;
    const uint64_t letters = (small + 0x1f * kEach) & ~(small + 5 * kEach) & ~bytes & 0x80 * kEach;
    if (const uint64_t others = letters ^ 0x80 * kEach) return at - begin + static_cast<size_t>(std::countr_zero(others)) / 8;
  }
  while (at < text.size() && (text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z') ++at;
  return at - begin;
}

// A place in the text and what stands there; nothing stands at the end. With walls numbers and the characters of DeepSeek's CJK step are an end too,
// for there they were cut off before.
template <bool walls> struct Place {
  std::string_view text;
  size_t at, next;
  uint16_t kind = 0;

  Place(std::string_view t, size_t place) : text(t), at(place), next(place) { look(); }
  void look() {
    next = at;
    if (at >= text.size()) {
      kind = 0;
      return;
    }
    const auto byte = static_cast<uint8_t>(text[at]);
    if (byte < 128) {
      ++next;
      kind = kAscii[byte];
      if (walls && (kind & kNumber)) wall();
      return;
    }
    const char32_t c = next_code_point(text, next);
    kind = kind_of(c);
    if (walls && ((kind & kNumber) || is_deepseek_cjk(c))) wall();
  }
  void wall() { kind = 0, next = at; }
  void step() {
    at = next;
    look();
  }
  bool at_end() const { return kind == 0; }
  bool is(int kinds) const { return kind & kinds; }
  void skip(int kinds) {
    for (; kind & kinds; look()) {
      at = next;
      if (kinds & kLetter) at += ascii_letters(text, at);
      while (at < text.size() && static_cast<uint8_t>(text[at]) < 128 && (kAscii[static_cast<uint8_t>(text[at])] & kinds)) ++at;
    }
  }
  char byte() const { return at_end() ? '\0' : text[at]; }
};
using Here = Place<false>;

// Behind `s`, `t`, ... after an apostrophe: 0 when none of English's short forms follows. With any_case also capitals, and the long s that folds to s.
size_t short_form(std::string_view text, size_t at, bool any_case) {
  const auto letter = [&](size_t i) {
    const char c = i < text.size() ? text[i] : '\0';
    return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  const char a = letter(at + 1), b = letter(at + 2);
  if (a == 's' || a == 'd' || a == 'm' || a == 't') return at + 2;
  if ((a == 'l' && b == 'l') || (a == 'v' && b == 'e') || (a == 'r' && b == 'e')) return at + 3;
  if (any_case && text.substr(at + 1, 2) == "\xc5\xbf") return at + 3;
  return 0;
}

// \s+(?!\S)|\s+: white space but for its last character, when a word follows.
template <bool walls = false> size_t white_space(std::string_view text, size_t at) {
  Place<walls> h(text, at);
  size_t last = at;
  for (; h.is(kSpace); h.step()) last = h.at;
  return h.at_end() || last == at ? h.at : last;
}

// \s*[\r\n]+|\s+(?!\S)|\s+: to the last line end of the white space, where it has one.
template <bool walls = false> size_t lines_or_space(std::string_view text, size_t at) {
  size_t line_end = 0;
  for (Place<walls> h(text, at); h.is(kSpace); h.step())
    if (h.is(kLineEnd)) line_end = h.next;
  return line_end ? line_end : white_space<walls>(text, at);
}

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
// With whole_tail \s+$ comes before the alternatives of white space, as in today's tiktoken.
template <int digits, bool whole_tail = false> size_t cl100k_like(std::string_view text, size_t at) {
  Here h(text, at);
  if (h.byte() == '\'')
    if (const size_t end = short_form(text, at, true)) return end;
  if (h.is(kLetter)) {
    h.skip(kLetter);
    return h.at;
  }
  if (h.is(kNumber)) {
    for (int i = 0; i < digits && h.is(kNumber); ++i) h.step();
    return h.at;
  }
  Here then(text, h.next);
  if (!h.is(kLineEnd) && then.is(kLetter)) {
    then.skip(kLetter);
    return then.at;
  }
  if (h.is(kOther) || (h.byte() == ' ' && then.is(kOther))) {
    h.step();
    h.skip(kOther);
    h.skip(kLineEnd);
    return h.at;
  }
  if constexpr (whole_tail) {
    h.skip(kSpace);
    if (h.at == text.size()) return h.at;
  }
  return lines_or_space(text, at);
}

// One word of o200k that begins with letters or marks: an optional other character, then capitals and small letters, then a short form.
// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|...)?
// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|...)?
bool capital_like(const Here& h) { return h.is(kLetter | kMark) && !h.is(kLower); }
bool small_like(const Here& h) { return h.is(kLetter | kMark) && !h.is(kUpper); }

// Behind capitals* small+ that begin at h, or 0: greedy, giving back what the second part needs.
size_t small_word(Here h) {
  size_t both = 0;  // the last place in the capitals that a small part may begin at
  while (capital_like(h)) {
    if (small_like(h)) both = h.next;
    h.step();
  }
  if (!small_like(h)) return both;
  while (small_like(h)) h.step();
  return h.at;
}

size_t capital_word(Here h) {
  if (!capital_like(h)) return 0;
  while (capital_like(h)) h.step();
  while (small_like(h)) h.step();
  return h.at;
}

}  // namespace

// '(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
size_t gpt2_word(std::string_view text, size_t at) {
  const auto ends = [&](size_t i) { return i == text.size() || static_cast<uint8_t>(text[i]) < 128; };
  const size_t begin = at + (at < text.size() && text[at] == ' ');
  if (const size_t letters = ascii_letters(text, begin); letters > 0 && ends(begin + letters)) return begin + letters;  // most words
  Here h(text, at);
  if (h.byte() == '\'')
    if (const size_t end = short_form(text, at, false)) return end;
  if (h.byte() == ' ') {
    const Here then(text, h.next);
    if (then.is(kLetter | kNumber | kOther)) h = then;
  }
  for (const int kind : {kLetter, kNumber, kOther})
    if (h.is(kind)) {
      h.skip(kind);
      return h.at;
    }
  return white_space(text, at);
}

size_t cl100k_word(std::string_view text, size_t at) { return cl100k_like<3>(text, at); }
size_t cl100k_tail_word(std::string_view text, size_t at) { return cl100k_like<3, true>(text, at); }
size_t qwen2_word(std::string_view text, size_t at) { return cl100k_like<1>(text, at); }

// The two above, then \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
size_t o200k_word(std::string_view text, size_t at) {
  const Here h(text, at), then(text, h.next);
  const bool may_lead = !h.is(kLineEnd | kLetter | kNumber);
  for (size_t (*const word)(Here) : {small_word, capital_word}) {
    size_t end = may_lead ? word(then) : 0;
    if (end == 0) end = word(h);
    if (end == 0) continue;
    if (end < text.size() && text[end] == '\'')
      if (const size_t with_form = short_form(text, end, true)) end = with_form;
    return end;
  }
  Here number = h;
  if (number.is(kNumber)) {
    for (int i = 0; i < 3 && number.is(kNumber); ++i) number.step();
    return number.at;
  }
  if (h.is(kOther) || (h.byte() == ' ' && then.is(kOther))) {
    Here other = h;
    other.step();
    other.skip(kOther);
    while (other.is(kLineEnd) || other.byte() == '/') other.step();
    return other.at;
  }
  return lines_or_space(text, at);
}

// \p{N}{1,3}
size_t deepseek_digits(std::string_view text, size_t at) {
  Here h(text, at);
  for (int i = 0; i < 3 && h.is(kNumber); ++i) h.step();
  return h.at;
}

// [一-龥぀-ゟ゠-ヿ]+
size_t deepseek_cjk(std::string_view text, size_t at) {
  for (size_t next = at; at < text.size(); at = next)
    if (!is_deepseek_cjk(next_code_point(text, next))) break;
  return at;
}

// [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
// What none of these matches (numbers, controls) stands between matches: `at` itself is given for it.
template <bool walls> static size_t deepseek_match(std::string_view text, size_t at) {
  const auto latin = [&](size_t i) { return i < text.size() && ((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z'); };
  Place<walls> h(text, at);
  if (static_cast<uint8_t>(h.byte()) < 128 && h.is(kSign) && latin(h.next)) {
    size_t end = h.next;
    while (latin(end)) ++end;
    return end;
  }
  Place<walls> then(text, h.next);
  if (!h.is(kLineEnd | kLetter | kSign) && !h.at_end() && then.is(kLetter | kMark)) {
    then.skip(kLetter | kMark);
    return then.at;
  }
  if (h.is(kLetter | kMark)) {
    h.skip(kLetter | kMark);
    return h.at;
  }
  if (h.is(kSign) || (h.byte() == ' ' && then.is(kSign))) {
    h.step();
    h.skip(kSign);
    h.skip(kLineEnd);
    return h.at;
  }
  return h.is(kSpace) ? lines_or_space<walls>(text, at) : at;
}

size_t deepseek_word(std::string_view text, size_t at) { return deepseek_match<false>(text, at); }

// The next match, or what lies before it.
template <bool walls> static size_t deepseek_part(std::string_view text, size_t at) {
  if (const size_t end = deepseek_match<walls>(text, at); end > at) return end;
  do at = Place<walls>(text, at).next;
  while (!Place<walls>(text, at).at_end() && deepseek_match<walls>(text, at) == at);
  return at;
}

size_t deepseek_v3_word(std::string_view text, size_t at) {
  if (const size_t end = deepseek_digits(text, at); end > at) return end;
  if (const size_t end = deepseek_cjk(text, at); end > at) return deepseek_part<false>(text.substr(0, end), at);
  return deepseek_part<true>(text, at);
}

}  // namespace grim
