#include "grimoire/text/oniguruma.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/code_point_set.h"
#include "grimoire/text/pcre2_class.h"

namespace grim {
namespace {

constexpr size_t kEndless = 1 << 30, kMostRepeats = 1000, kDeepest = 200, kMostClasses = 500;

// A part of the expression in PCRE2's words, and how many characters it may match.
struct Piece {
  std::string text;
  size_t least = 0, most = 0;
  bool repeatable = true;
};
Piece assertion(std::string text) { return {std::move(text), 0, 0, false}; }

struct Options {
  bool ignore_case = false, dot_all = false;
};

bool is_letter(char32_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
int hex_digit(char32_t c) { return is_digit(c) ? static_cast<int>(c - '0') : is_letter(c) && (c | 32) <= 'f' ? static_cast<int>((c | 32) - 'a' + 10) : -1; }

class Translation {
 public:
  explicit Translation(std::string_view expression) : expression_(expression) {
    for (size_t at = 0; at < expression.size();) {
      places_.push_back(at);
      points_.push_back(next_code_point(expression, at));
    }
    places_.push_back(expression.size());
  }
  std::string whole() {
    const Piece all = alternatives({});
    if (!done()) refuse("a ')' without its '('");
    return all.text;
  }

 private:
  bool done() const { return at_ >= points_.size(); }
  char32_t peek(size_t ahead = 0) const { return at_ + ahead < points_.size() ? points_[at_ + ahead] : 0; }
  bool take(std::u32string_view text) {
    if (done() || !std::u32string_view(points_).substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  [[noreturn]] void refuse_at(size_t at, std::string_view what) const {
    fail(ErrorKind::input, "tokenizer",
         str("regular expression '{}': at {}: {}", whole_characters(expression_, 120), places_[std::min(at, points_.size())], what),
         "write that part of it in another way: understood are groups, look-around, | * + ? {n,m}, ^ $ \\b, classes, also with && and [:alpha:], "
         "\\w \\d \\s \\h \\p{Lu}, and (?i) and (?m) at the beginning of a group");
  }
  [[noreturn]] void refuse(std::string_view what) const { refuse_at(at_, what); }
  void deeper() {
    if (++depth_ > kDeepest) refuse(str("groups or classes more than {} deep", kDeepest));
  }

  // --- groups ---
  Piece alternatives(Options options) {
    deeper();
    while (peek() == '(' && peek(1) == '?' && take_options(options, 2, ')')) {
    }
    Piece all;
    for (bool first = true; first || take(U"|"); first = false) {
      if (!first) folded_ = 0;
      const Piece one = sequence(options);
      all.least = first ? one.least : std::min(all.least, one.least);
      all.most = std::max(all.most, one.most);
      all.text += (first ? "" : "|") + one.text;
    }
    --depth_;
    return all;
  }
  Piece sequence(Options options) {
    Piece all;
    while (!done() && peek() != '|' && peek() != ')') {
      const Piece one = repeated(atom(options));
      all.text += one.text;
      all.least = std::min(all.least + one.least, kEndless);
      all.most = std::min(all.most + one.most, kEndless);
    }
    return all;
  }
  // What is between here and "im-im", these, and `end`; nothing is taken where there is something else.
  bool take_options(Options& now, size_t i, char32_t end) {
    Options next = now;
    for (bool on = true; peek(i) == 'i' || peek(i) == 'm' || (peek(i) == '-' && on); ++i) {
      if (peek(i) == 'i') next.ignore_case = on;
      else if (peek(i) == 'm') next.dot_all = on;
      else on = false;
    }
    if (peek(i) != end) return false;
    at_ += i + 1;
    now = next;
    return true;
  }
  Piece group(Options options) {
    const size_t begin = at_ - 1;
    const auto closed = [&](std::string_view open) {
      Piece p = alternatives(options);
      if (!take(U")")) refuse_at(begin, "a '(' without its ')'");
      p.text = str("{}{})", open, p.text);
      return p;
    };
    for (const std::string_view look : {"(?=", "(?!", "(?<=", "(?<!"}) {
      if (!take(std::u32string(look.begin() + 1, look.end()))) continue;
      const Piece p = closed(look);
      if (look[2] == '<' && p.least != p.most) refuse_at(begin, "look-behind of more than one length is not supported: write several, one behind another");
      return assertion(p.text);
    }
    if (take(U"?>")) return closed("(?>");
    if (peek() == '*') refuse_at(begin, "a callout is not supported");
    if (peek() == '?' && !take_options(options, 1, ':')) refuse_at(begin, "this kind of group, or an option that does not begin its group, is not supported");
    return closed("(?:");  // what a group matched is asked by nobody
  }

  // --- repeats ---
  struct Repeat {
    size_t least, most;
    std::string text;
  };
  // {n}, {n,}, {,m}, {n,m}; what else begins with '{' is text.
  std::optional<Repeat> interval() {
    size_t i = 1;
    const auto number = [&]() -> std::optional<size_t> {
      std::optional<size_t> value;
      for (; is_digit(peek(i)); ++i) value = std::min(value.value_or(0) * 10 + (peek(i) - '0'), kEndless);
      return value;
    };
    const std::optional<size_t> low = number();
    const bool comma = peek(i) == ',';
    i += comma;
    const std::optional<size_t> high = comma ? number() : low;
    if (peek(i) != '}' || (!low && !high)) return std::nullopt;
    const size_t least = low.value_or(0), most = high.value_or(std::max(least, kMostRepeats));
    if (least > most || most == 0 || most > kMostRepeats)
      refuse(str("an interval: expected its first number at most its second, and that of 1 to {}", kMostRepeats));
    at_ += i + 1;
    return high ? Repeat{least, most, str("{{{},{}}}", least, most)} : Repeat{least, kEndless, str("{{{},}}", least)};
  }
  std::optional<Repeat> repeat() {
    if (peek() == '{') return interval();
    if (take(U"*")) return Repeat{0, kEndless, "*"};
    if (take(U"+")) return Repeat{1, kEndless, "+"};
    if (take(U"?")) return Repeat{0, 1, "?"};
    return std::nullopt;
  }
  Piece repeated(Piece p) {
    const size_t begin = at_;
    const std::optional<Repeat> r = repeat();
    if (!r) return p;
    if (!p.repeatable) refuse_at(begin, "a repeat of an assertion is not supported");
    if (p.least == 0 && r->most > 1) refuse_at(begin, "a repeat of what may match nothing is not supported");
    const bool is_interval = r->text[0] == '{';
    if (is_interval && r->least == r->most && peek() == '?') refuse("a '?' behind {n} is not supported");
    p.text += r->text;
    if (take(U"?")) p.text += '?';
    else if (!is_interval && take(U"+")) p.text += '+';
    p.least = std::min(p.least * r->least, kEndless);
    p.most = std::min(p.most * r->most, kEndless);
    if (r->most > 1) folded_ = 0;
    if (const size_t more = at_; repeat()) refuse_at(more, "a repeat of a repeat: put the first one into (?: )");
    return p;
  }

  // --- what repeats repeat ---
  Piece atom(Options options) {
    if (const size_t begin = at_; repeat()) refuse_at(begin, "nothing to repeat");
    const char32_t c = points_[at_++];
    if (c == '(') return group(options);
    if (c == '\\') return escape(options);
    if (std::u32string_view(U"^$.[").find(c) == std::u32string_view::npos) return literal(c, options);
    folded_ = 0;
    if (c == '^') return assertion(R"((?:\A|(?<=\n)(?!\z)))");
    if (c == '$') return assertion(R"((?=\n|\z))");
    if (c == '.') return one_of(options.dot_all ? ~CodePointSet() : ~CodePointSet::of({'\n'}));
    return one_of(bracket(options));
  }
  Piece escape(Options options) {
    if (const auto set = escaped_set(lone_word_set)) return folded_ = 0, one_of(*set);
    const char32_t c = peek();
    if (c != 'A' && c != 'z' && c != 'Z' && c != 'b' && c != 'B') return literal(escaped_point(), options);
    ++at_;
    folded_ = 0;
    if (c == 'A' || c == 'z') return assertion(c == 'A' ? "\\A" : "\\z");
    if (c == 'Z') return assertion(R"((?=\n?\z))");
    const std::string w = one_of(lone_word_set()).text;
    return assertion(str(c == 'b' ? "(?:(?<={0})(?!{0})|(?<!{0})(?={0}))" : "(?:(?<={0})(?={0})|(?<!{0})(?!{0}))", w));
  }
  Piece one_of(const CodePointSet& set) {
    if (++classes_ > kMostClasses) refuse(str("more than {} classes", kMostClasses));
    const auto before = std::ranges::find(written_, set, &std::pair<CodePointSet, std::string>::first);  // often the same, "." above all
    if (before == written_.end()) return {written_.emplace_back(set, pcre2_class(set)).second, 1, 1};
    return {before->second, 1, 1};
  }
  Piece literal(char32_t c, Options options) {
    const char32_t before = std::exchange(folded_, !options.ignore_case ? 0 : is_letter(c) ? c | 32 : c);
    for (const std::u32string_view letters : {U"ss", U"st", U"ff", U"fi", U"fl"})
      if (before == letters[0] && folded_ == letters[1])
        refuse_at(at_ - 1, "'ss', 'st', 'ff', 'fi' or 'fl' under (?i), which one character folds to as well: write [Ss][Ss], or leave (?i) out");
    if (options.ignore_case) return one_of(folded(CodePointSet::of({c}), at_ - 1));
    Piece p{"", 1, 1};
    if (c < 0x80 && !is_letter(c) && !is_digit(c)) p.text = str("\\x{{{:x}}}", static_cast<uint32_t>(c));
    else append_utf8(p.text, c);
    return p;
  }
  // With what differs by case alone: of ASCII letters the other one and two signs beyond.
  CodePointSet folded(CodePointSet set, size_t begin) const {
    static const CodePointSet caseless = category_set("Lo") | CodePointSet::range(0, 0x7f);
    static const CodePointSet cased = (category_set("L") | category_set("M") | category_set("Nl") | category_set("So")) - caseless;
    if (!(set & cased).empty())
      refuse_at(begin, "letters beyond ASCII, or marks, under (?i) are not supported: write them in both cases, or leave (?i) out");
    for (char32_t c = 'a'; c <= 'z'; ++c) {
      const CodePointSet forms = CodePointSet::of({c, c - 32});
      if (!(set & forms).empty()) set = set | forms | CodePointSet::of({c == 'k' ? U'\u212a' : c == 's' ? U'\u017f' : c});
    }
    return set;
  }

  // --- behind a backslash, which is taken ---
  template <class F> std::optional<CodePointSet> escaped_set(F&& words) {  // nothing: something else stands there
    const char32_t kind = peek() | 32;
    if (kind == 'p' && peek(1) == '{') {
      const size_t begin = at_ - 1;
      const bool complement = points_[at_] == 'P';
      at_ += 2;
      const CodePointSet set = named_set(begin, property_set, U"}", "this property is not known: expected one as Lu (a category), Han or Alpha");
      return complement ? ~set : set;
    }
    if (kind != 'w' && kind != 'd' && kind != 's' && kind != 'h') return std::nullopt;
    const CodePointSet set = kind == 'w' ? words() : *posix_set(kind == 'd' ? "digit" : kind == 's' ? "space" : "xdigit");
    return points_[at_++] == kind ? set : ~set;
  }
  CodePointSet named_set(size_t begin, std::optional<CodePointSet> (*find)(std::string_view), std::u32string_view end, std::string_view otherwise) {
    const bool negated = take(U"^");
    std::string name;
    while (is_letter(peek())) name += static_cast<char>(points_[at_++]);
    const std::optional<CodePointSet> set = find(name);
    if (!set || !take(end)) refuse_at(begin, otherwise);
    return negated ? ~*set : *set;
  }
  char32_t escaped_point() {
    const size_t begin = at_ - 1;
    const char32_t c = peek();
    const bool is_named = !done() && (c >= 0x80 || is_letter(c) || is_digit(c));
    ++at_;
    if (c == 'x' || c == 'u') return numbered_point(c == 'x');
    constexpr std::pair<char32_t, char32_t> kNames[] = {{'t', 9}, {'n', 10}, {'v', 11}, {'f', 12}, {'r', 13}, {'a', 7}, {'e', 27}};
    const auto* const found = std::ranges::find(kNames, c, &std::pair<char32_t, char32_t>::first);
    if (at_ > points_.size() || (is_named && found == std::end(kNames))) refuse_at(begin, "what stands behind this backslash is not supported");
    return is_named ? found->second : c;
  }
  char32_t numbered_point(bool is_x) {
    const size_t begin = at_ - 2;
    const bool braced = is_x && take(U"{");
    const size_t expected = braced ? 6 : is_x ? 2 : 4;
    char32_t value = 0;
    size_t n = 0;
    for (; n < expected && hex_digit(peek()) >= 0; ++n) value = value * 16 + static_cast<char32_t>(hex_digit(points_[at_++]));
    const bool is_whole = braced ? n > 0 && take(U"}") : n == expected;
    const bool is_point = value < (is_x && !braced ? 0x80 : 0x110000) && (value < 0xd800 || value >= 0xe000);
    if (!is_whole || !is_point) refuse_at(begin, "expected the number of a character as \\x7f, \\u00e9 or \\x{1f600}");
    return value;
  }

  // --- classes ---
  // What stands behind a [ to its ]: unions, and && between them.
  CodePointSet bracket(Options options) {
    deeper();
    const size_t begin = at_ - 1;
    const bool negated = take(U"^");
    CodePointSet all = ~CodePointSet(), part;
    bool is_empty = true;
    const auto join = [&] {
      if (is_empty) refuse("a class, or a side of &&, with nothing in it is not supported: ']' is written \\]");
      all = all & std::exchange(part, {});
      is_empty = true;
    };
    for (; peek() != ']' || is_empty; is_empty = false) {
      if (done()) refuse_at(begin, "a '[' without its ']'");
      while (take(U"&&")) join();
      part = part | member(is_empty);
    }
    join();
    ++at_;
    --depth_;
    if (options.ignore_case) all = folded(all, begin);
    if (negated) all = ~all;
    if (all.empty()) refuse_at(begin, "a class that holds nothing is not supported");
    return all;
  }
  CodePointSet member(bool is_first) {
    if (peek() == ']') refuse("a class, or a side of &&, with nothing in it is not supported: ']' is written \\]");
    if (peek() == '-' && peek(1) != ']' && (!is_first || peek(1) == '-')) refuse("a '-' that neither begins nor ends a class: write \\-");
    if (take(U"[:")) return named_set(at_ - 2, posix_set, U":]", "this class is not known: expected one as [:alpha:]; a '[' in a class is written \\[");
    if (take(U"[")) return bracket({});
    if (take(U"\\")) {
      if (const auto set = escaped_set([] { return *posix_set("word"); })) return *set;
      --at_;
    }
    const size_t begin = at_;
    const char32_t first = end_of_range();
    if (peek() != '-' || peek(1) == ']') return CodePointSet::of({first});
    ++at_;
    if (done() || peek() == '-' || peek() == '[' || (peek() == '&' && peek(1) == '&')) refuse_at(begin, "a range that has no end");
    const char32_t last = end_of_range();
    if (last < first) refuse_at(begin, "a range that falls");
    return CodePointSet::range(first, last);
  }
  char32_t end_of_range() { return take(U"\\") ? escaped_point() : points_[at_++]; }

  std::string_view expression_;
  std::u32string points_;
  std::vector<size_t> places_;  // of points_, in bytes
  size_t at_ = 0, depth_ = 0, classes_ = 0;
  std::vector<std::pair<CodePointSet, std::string>> written_;  // sets in PCRE2's words
  char32_t folded_ = 0;  // the character before, in small, where case is ignored; groups between do not count
};

}  // namespace

std::string pcre2_of_oniguruma(std::string_view expression) { return Translation(expression).whole(); }

}  // namespace grim
