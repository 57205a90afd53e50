#include "grimoire/metric/ter.h"

#include <algorithm>

#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/metric/bleu_tokens.h"
#include "grimoire/metric/edit_rate.h"
#include "grimoire/metric/ngram.h"
#include "grimoire/metric/plain_text.h"

namespace grim {
namespace {

struct Range {
  char32_t first, last;
  bool has(char32_t c) const { return c >= first && c <= last; }
};
// What Tercom cuts into single characters; the last one's end is as there (U+3F22 for U+32FF). It means kana too, by an expression that fits nothing.
constexpr Range kIdeographs[] = {{0x4e00, 0x9fff}, {0x3400, 0x4dbf}, {0x31c0, 0x31ef}, {0x2e80, 0x2eff},
                                 {0x3300, 0x33ff}, {0xf900, 0xfaff}, {0xfe30, 0xfe4f}, {0x3200, 0x3f22}};
constexpr Range kAsianMarks[] = {{0x3001, 0x3002}, {0x3008, 0x3011}, {0x3014, 0x301f}, {0xff61, 0xff65}, {0x30fb, 0x30fb}};
constexpr std::u32string_view kWideMarks = U"\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09";

bool in(std::span<const Range> ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](Range r) { return r.has(c); });
}
bool is_asian_mark(char32_t c) { return in(kAsianMarks, c) || kWideMarks.find(c) != std::u32string_view::npos; }
bool is_mark(char32_t c) { return c < 0x80 && std::string_view(".,?:;!\"()").find(static_cast<char>(c)) != std::string_view::npos; }

// Every character as `put` writes it: apart, gone, or as it is.
enum class Fate : uint8_t { kept, apart, gone };
template <class F> std::string rewritten(std::string_view text, F&& fate) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const Fate f = fate(next_code_point(text, at));
    if (f == Fate::gone) continue;
    if (f == Fate::apart) out += ' ';
    out += text.substr(begin, at - begin);
    if (f == Fate::apart) out += ' ';
  }
  return out;
}

}  // namespace

std::string Ter::words_of(std::string_view line) const {
  std::string text = options_.letters == Case::lowered ? lower_case(line) : std::string(line);
  if (text.empty()) return text;
  const bool asian = options_.asian == TerOptions::Asian::special;
  if (options_.cut == TerOptions::Cut::normalized) {
    text = western_marks_parted(" " + unescaped_marks(text) + " ", Possessive::apart);
    if (asian) text = rewritten(text, [](char32_t c) { return in(kIdeographs, c) || is_asian_mark(c) ? Fate::apart : Fate::kept; });
  }
  if (options_.marks == TerOptions::Marks::removed)
    text = rewritten(text, [asian](char32_t c) { return is_mark(c) || (asian && is_asian_mark(c)) ? Fate::gone : Fate::kept; });
  return text;
}

std::string Ter::settings() const {
  const auto yes = [](bool on) { return on ? "yes" : "no"; };
  return str("case:{}|tok:tercom|norm:{}|punct:{}|asian:{}", name_of(options_.letters), yes(options_.cut == TerOptions::Cut::normalized),
             yes(options_.marks == TerOptions::Marks::kept), yes(options_.asian == TerOptions::Asian::special));
}

void Ter::count_lines(const Lines& hypotheses, std::span<const Lines> references, std::span<double> out) const {
  WordNumbers numbers;
  std::vector<std::string> texts(references.size() + 1);  // they hold the words
  std::vector<std::string_view> words;
  // sacreBLEU cuts references twice: what the first time left beside a blank other than U+0020, as a possessive, is parted the second time.
  const auto read = [&](std::string_view line, std::string& text, std::vector<uint32_t>& symbols, int times) {
    text = words_of(without_blanks_behind(line));
    blank_separated(text, words);
    for (int t = 1; t < times; ++t) {
      std::string joined;
      for (std::string_view word : words) joined += word, joined += ' ';
      text = words_of(joined);
      blank_separated(text, words);
    }
    symbols.clear();
    for (std::string_view word : words) symbols.push_back(numbers.add(word));
  };
  std::vector<uint32_t> hypothesis, reference;
  for (size_t i = 0; i < hypotheses.size(); ++i) {
    numbers.clear();
    read(hypotheses[i], texts.back(), hypothesis, 1);
    int64_t fewest = INT64_MAX, length = 0;
    for (size_t r = 0; r < references.size(); ++r) {
      read(references[r][i], texts[r], reference, options_.cut == TerOptions::Cut::normalized ? 2 : 1);
      fewest = std::min(fewest, translation_edits(hypothesis, reference));
      length += static_cast<int64_t>(reference.size());
    }
    out[2 * i] = static_cast<double>(fewest);
    out[2 * i + 1] = static_cast<double>(length) / static_cast<double>(references.size());
  }
}

double Ter::score(std::span<const double> sums) const {
  if (sums[1] > 0) return 100 * (sums[0] / sums[1]);
  return sums[0] > 0 ? 100 : 0;  // of nothing expected and something written
}

}  // namespace grim
