#include "grimoire/text/unicode.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <utf8proc.h>

#include "grimoire/base/utf8.h"

namespace grim {
namespace {

#include "grimoire/text/case_tables.inc"
#include "grimoire/text/unicode_tables.inc"

constexpr char32_t kPoints = 0x110000, kPage = 256;

// Two stages: the page of a code point, and its place in that page. Equal pages stand once.
struct ClassTable {
  std::array<uint16_t, kPoints / kPage> page_of{};
  std::vector<uint16_t> cells;

  ClassTable() {
    size_t run = 0;
    int32_t uniform_page[1 << 15];
    std::fill(std::begin(uniform_page), std::end(uniform_page), -1);
    for (char32_t p = 0; p < kPoints / kPage; ++p) {
      const char32_t first = p * kPage;
      while (run + 1 < std::size(kRuns) && kRuns[run + 1][0] <= first) ++run;
      const bool uniform = run + 1 == std::size(kRuns) || kRuns[run + 1][0] >= first + kPage;
      int32_t& known = uniform_page[kRuns[run][1]];
      if (!uniform || known < 0) {
        if (uniform) known = static_cast<int32_t>(cells.size() / kPage);
        page_of[p] = static_cast<uint16_t>(cells.size() / kPage);
        for (char32_t c = first; c < first + kPage; ++c) {
          while (run + 1 < std::size(kRuns) && kRuns[run + 1][0] <= c) ++run;
          cells.push_back(static_cast<uint16_t>(kRuns[run][1]));
        }
      } else {
        page_of[p] = static_cast<uint16_t>(known);
      }
    }
  }
};

const ClassTable& table() {
  static const ClassTable t;
  return t;
}

// The capital form (from = 1) or the title form (from = 4) of c.
void append_form(std::string& text, char32_t c, int from) {
  const auto before = [](const char32_t(&form)[7], char32_t v) { return form[0] < v; };
  const auto* form = std::lower_bound(std::begin(kLongForms), std::end(kLongForms), c, before);
  if (form == std::end(kLongForms) || (*form)[0] != c) return append_utf8(text, static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
  for (int i = from; i < from + 3 && (*form)[i]; ++i) append_utf8(text, (*form)[i]);
}

// A code point that utf8proc joins to its neighbours as the reference, whose Unicode is another one, joins c.
utf8proc_int32_t joined_like(char32_t c) {
  switch (class_of(c).joining()) {
    case Joining::extends: return 0x300;
    case Joining::follows: return 0x903;
    case Joining::precedes: return 0x600;
    case Joining::as_ever: break;
  }
  const auto known = static_cast<utf8proc_int32_t>(c);
  const auto kind = utf8proc_get_property(known)->boundclass;
  const bool joins = kind == UTF8PROC_BOUNDCLASS_EXTEND || kind == UTF8PROC_BOUNDCLASS_SPACINGMARK || kind == UTF8PROC_BOUNDCLASS_PREPEND;
  return joins ? U'a' : known;
}

}  // namespace

PointClass class_of(char32_t c) {
  const ClassTable& t = table();
  return {c < kPoints ? t.cells[t.page_of[c / kPage] * kPage + c % kPage] : static_cast<uint16_t>(Category::Cn)};
}

int script_of(char32_t c) {
  const auto begins_behind = [](char32_t v, const uint32_t(&run)[2]) { return v < run[0]; };
  return static_cast<int>((*std::prev(std::upper_bound(std::begin(kScripts), std::end(kScripts), c, begins_behind)))[1]);
}

void append_lower(std::string& text, char32_t c) {
  if (c == 0x130) {
    text += "i\xcc\x87";
    return;
  }
  const auto begins_behind = [](int32_t v, const int32_t(&run)[4]) { return v < run[0]; };
  const auto after = std::upper_bound(std::begin(kLower), std::end(kLower), static_cast<int32_t>(c), begins_behind);
  if (after != std::begin(kLower)) {
    const int32_t(&run)[4] = *std::prev(after);
    const auto v = static_cast<int32_t>(c);
    if (v <= run[1] && (v - run[0]) % run[2] == 0) c = static_cast<char32_t>(v + run[3]);
  }
  append_utf8(text, c);
}

void append_upper(std::string& text, char32_t c) { append_form(text, c, 1); }
void append_title(std::string& text, char32_t c) { append_form(text, c, 4); }

int combining_class(char32_t c) {
  if (c < 0x300 || class_of(c).inert()) return 0;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

char32_t composed(char32_t first, char32_t second) {
  if (second == 0x11a7) return 0;  // one before the first final consonant of Hangul, which utf8proc takes for one
  if (second < 0x300 || class_of(first).inert() || class_of(second).inert()) return 0;
  utf8proc_int32_t pair[3] = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second), 0};
  const utf8proc_ssize_t n = utf8proc_normalize_utf32(pair, 2, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  if (n != 1 || class_of(static_cast<char32_t>(pair[0])).inert()) return 0;
  return static_cast<char32_t>(pair[0]);
}

void append_decomposed(std::vector<char32_t>& parts, char32_t c, bool compatibility) {
  if (c < 0xa0 || class_of(c).inert()) return parts.push_back(c);
  utf8proc_int32_t buffer[32];
  int last = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatibility ? UTF8PROC_COMPAT : 0));
  const utf8proc_ssize_t n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer, std::size(buffer), options, &last);
  if (n <= 0 || n > static_cast<utf8proc_ssize_t>(std::size(buffer))) return parts.push_back(c);
  for (utf8proc_ssize_t i = 0; i < n; ++i) parts.push_back(static_cast<char32_t>(buffer[i]));
}

bool grapheme_break(char32_t before, char32_t after, int32_t& state) {
  return utf8proc_grapheme_break_stateful(joined_like(before), joined_like(after), &state);
}

}  // namespace grim
