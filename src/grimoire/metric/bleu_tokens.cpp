#include "grimoire/metric/bleu_tokens.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "grimoire/base/utf8.h"
#include "grimoire/metric/plain_text.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

bool is_period(char c) { return c == '.' || c == ','; }
constexpr bool stands_alone(char c) {
  return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// Replaces every pair of neighbours that fits, from left to right, each byte in one pair only, by what `put` makes of it: four bytes at most.
template <class Fits, class Put> std::string pairs_replaced(const std::string& text, Fits&& fits, Put&& put) {
  std::string out(2 * text.size() + 4, '\0');
  char* to = out.data();
  size_t i = 0;
  for (; i + 1 < text.size(); ++i) {
    if (fits(text[i], text[i + 1])) to = put(to, text[i], text[i + 1]), ++i;
    else *to++ = text[i];
  }
  if (i < text.size()) *to++ = text[i];
  out.resize(static_cast<size_t>(to - out.data()));
  return out;
}
char* put(char* to, char a, char b, char c, char d) {
  to[0] = a, to[1] = b, to[2] = c, to[3] = d;
  return to + 4;
}

struct Range {
  char32_t first, last;
};
// As sacreBLEU has it, the sixth and the seventh too: the author's U+20000 to U+2A6D6 and U+2F800 to U+2FA1D stand there with four digits and a
// character behind them, and so take in arrows, dashes and mathematics.
constexpr Range kChinese[] = {{0x3400, 0x4db5}, {0x4e00, 0x9fa5}, {0x9fa6, 0x9fbb}, {0xf900, 0xfa2d}, {0xfa30, 0xfa6a}, {0xfa70, 0xfad9}, {0x2001, 0x2a6d},
                              {0x2f81, 0x2fa1}, {0xff00, 0xffef}, {0x2e80, 0x2eff}, {0x3000, 0x303f}, {0x31c0, 0x31ef}, {0x2f00, 0x2fdf}, {0x2ff0, 0x2fff},
                              {0x3100, 0x312f}, {0x31a0, 0x31bf}, {0xfe10, 0xfe1f}, {0xfe30, 0xfe4f}, {0x2600, 0x26ff}, {0x2700, 0x27bf}, {0x3200, 0x33ff}};

// mteval-v14: (\P{N})(\p{P}) -> "\1 \2 ", (\p{P})(\P{N}) -> " \1 \2", (\p{S}) -> " \1 ", one after the other.
std::string international(std::string_view line) {
  std::vector<char32_t> text = code_points(line), spare;
  const auto pairs = [&](auto&& fits, auto&& put) {
    spare.clear();
    size_t i = 0;
    for (; i + 1 < text.size(); ++i) {
      if (fits(text[i], text[i + 1])) put(text[i], text[i + 1]), ++i;
      else spare.push_back(text[i]);
    }
    if (i < text.size()) spare.push_back(text[i]);
    text.swap(spare);
  };
  pairs([](char32_t a, char32_t b) { return !class_of(a).number() && class_of(b).punctuation(); },
        [&](char32_t a, char32_t b) { spare.insert(spare.end(), {a, U' ', b, U' '}); });
  pairs([](char32_t a, char32_t b) { return class_of(a).punctuation() && !class_of(b).number(); },
        [&](char32_t a, char32_t b) { spare.insert(spare.end(), {U' ', a, U' ', b}); });
  std::string out;
  for (char32_t c : text) {
    const bool symbol = class_of(c).symbol();
    if (symbol) out += ' ';
    append_utf8(out, c);
    if (symbol) out += ' ';
  }
  return out;
}

// Blanks around each character that is to stand alone.
template <class Alone> std::string parted(std::string_view line, Alone&& alone) {
  std::string out;
  for (size_t at = 0; at < line.size();) {
    const size_t begin = at;
    const bool apart = alone(next_code_point(line, at));
    if (apart) out += ' ';
    out += line.substr(begin, at - begin);
    if (apart) out += ' ';
  }
  return out;
}

}  // namespace

const char* name_of(BleuTokenizer tokenizer) {
  constexpr const char* names[] = {"13a", "intl", "zh", "char", "none"};
  return names[static_cast<size_t>(tokenizer)];
}

std::string western_marks_parted(std::string_view line, Possessive possessive) {
  static constexpr auto kAlone = [] {
    std::array<bool, 256> table{};
    for (int c = 0; c < 128; ++c) table[static_cast<size_t>(c)] = c != ' ' && stands_alone(static_cast<char>(c));
    return table;
  }();
  std::string text(3 * line.size(), '\0');
  char* to = text.data();
  for (char c : line) {
    const bool alone = kAlone[static_cast<unsigned char>(c)];
    if (alone) *to++ = ' ';
    *to++ = c;
    if (alone) *to++ = ' ';
  }
  text.resize(static_cast<size_t>(to - text.data()));
  if (possessive == Possessive::apart) text = replaced(text, "'s ", " 's ");
  if (text.find_first_of(".,") != std::string::npos) {
    text = pairs_replaced(text, [](char a, char b) { return is_period(b) && !is_digit(a); }, [](char* to, char a, char b) { return put(to, a, ' ', b, ' '); });
    text = pairs_replaced(text, [](char a, char b) { return is_period(a) && !is_digit(b); }, [](char* to, char a, char b) { return put(to, ' ', a, ' ', b); });
  }
  if (text.find('-') == std::string::npos) return text;
  return pairs_replaced(text, [](char a, char b) { return b == '-' && is_digit(a); }, [](char* to, char a, char b) { return put(to, a, ' ', b, ' '); });
}

std::string unescaped_marks(std::string_view line) {
  std::string text(line);
  if (text.find('&') == std::string::npos) return text;
  constexpr std::pair<std::string_view, std::string_view> kMarks[] = {{"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}};
  for (const auto& [escaped, mark] : kMarks) text = replaced(text, escaped, mark);
  return text;
}

std::string tokenized_for_bleu(std::string_view line, BleuTokenizer tokenizer) {
  switch (tokenizer) {
    case BleuTokenizer::mteval13a: {
      std::string text = " ";  // a mark at either end has a neighbour that is no digit
      text += line.find("<skipped>") == std::string_view::npos ? unescaped_marks(line) : unescaped_marks(replaced(line, "<skipped>", ""));
      return western_marks_parted(text + " ");
    }
    case BleuTokenizer::international: return international(line);
    case BleuTokenizer::chinese: {
      const auto is_chinese = [](char32_t c) { return std::ranges::any_of(kChinese, [c](Range r) { return c >= r.first && c <= r.last; }); };
      return western_marks_parted(parted(without_blanks_before(line), is_chinese));
    }
    case BleuTokenizer::characters: return parted(line, [](char32_t) { return true; });
    case BleuTokenizer::none: break;
  }
  return std::string(line);
}

}  // namespace grim
