#include "grimoire/text/jinja/lexer.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/utf8.h"
#include "grimoire/text/jinja/python_text.h"
#include "grimoire/text/unicode.h"

namespace grim::jinja {

void fail_at(std::string_view source, size_t at, const std::string& problem, ErrorKind kind, std::string hint) {
  const TextPlace place = place_of(source, at);
  throw Error(kind, str("chat template: line {}, column {}: {}", place.line, place.column, problem), std::move(hint));
}

std::string normal_source(std::string_view source) {
  std::string out = replaced(replaced(source, "\r\n", "\n", -1), "\r", "\n", -1);
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool name_begins(char32_t c) { return c == '_' || class_of(c).letter() || class_of(c).category() == Category::Nl; }

class Lexer {
 public:
  explicit Lexer(const std::string& source) : source_(source) {}

  std::vector<Token> all() {
    while (at_ < source_.size()) {
      const size_t open = next_opening();
      if (open == std::string::npos) {
        emit(Token::Kind::data, at_, source_.substr(at_));
        at_ = source_.size();
        break;
      }
      opened(open);
    }
    emit(Token::Kind::end, source_.size(), "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(size_t at, const std::string& problem) const { fail_at(source_, at, problem); }
  void emit(Token::Kind kind, size_t at, std::string text, Value number = {}) { tokens_.push_back({kind, at, std::move(text), std::move(number)}); }
  bool here(std::string_view word) const { return std::string_view(source_).substr(at_, word.size()) == word; }

  void skip_space() {
    for (size_t next = at_; at_ < source_.size(); at_ = next) {
      if (!python_space(next_code_point(source_, next))) break;
    }
  }

  size_t next_opening() const {
    for (size_t i = source_.find('{', at_); i != std::string::npos; i = source_.find('{', i + 1)) {
      if (i + 1 < source_.size() && (source_[i + 1] == '{' || source_[i + 1] == '%' || source_[i + 1] == '#')) return i;
    }
    return std::string::npos;
  }

  // The text up to an opening, less the blanks that the opening strips.
  void data_before(size_t open, bool is_print) {
    std::string_view text = std::string_view(source_).substr(at_, open - at_);
    const char sign = open + 2 < source_.size() ? source_[open + 2] : '\0';
    if (sign == '-') {
      text = stripped(text, std::nullopt, false, true);
    } else if (sign != '+' && !is_print) {
      const size_t line = text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1;
      const bool from_line_start = line > 0 || at_ == 0 || source_[at_ - 1] == '\n';
      if (from_line_start && stripped(text.substr(line), std::nullopt, true, false).empty()) text = text.substr(0, line);
    }
    if (!text.empty()) emit(Token::Kind::data, at_, std::string(text));
  }

  void opened(size_t open) {
    const char kind = source_[open + 1];
    data_before(open, kind == '{');
    at_ = open + 2;
    if (at_ < source_.size() && (source_[at_] == '-' || source_[at_] == '+')) ++at_;
    if (kind == '#') return comment(open);
    if (kind == '%' && raw(open)) return;
    emit(kind == '{' ? Token::Kind::print_begin : Token::Kind::block_begin, open, "");
    inside(kind == '{' ? "}}" : "%}", kind == '%');
  }

  // Past the closing, which is `close` with a sign or without: white space goes behind "-", one line end behind a block.
  bool closes(std::string_view close, bool is_block) {
    const bool dash = here("-") && std::string_view(source_).substr(at_ + 1, 2) == close;
    const bool plus = is_block && here("+") && std::string_view(source_).substr(at_ + 1, 2) == close;
    if (!dash && !plus && !here(close)) return false;
    at_ += dash || plus ? 3 : 2;
    if (dash) skip_space();
    else if (is_block && !plus && here("\n")) ++at_;
    return true;
  }

  void comment(size_t open) {
    for (at_ = open + 2; at_ < source_.size(); ++at_) {
      if (closes("#}", true)) return;
    }
    fail(open, "a comment begins that never ends: expected '#}'");
  }

  // {% raw %} ... {% endraw %}, whose inside is data.
  bool raw(size_t open) {
    const size_t begin = at_;
    skip_space();
    const bool named = here("raw");
    at_ += named ? 3 : 0;
    skip_space();
    if (!named || !(here("%}") || here("-%}"))) {
      at_ = begin;
      return false;
    }
    const bool dash = here("-");
    at_ += dash ? 3 : 2;
    if (dash) skip_space();
    const size_t inside = at_;
    for (size_t end = source_.find("{%", inside); end != std::string::npos; end = source_.find("{%", end + 1)) {
      at_ = end + 2;
      if (here("-") || here("+")) ++at_;
      skip_space();
      if (!here("endraw")) continue;
      at_ += 6;
      skip_space();
      const size_t close = at_;
      if (!closes("%}", true)) continue;
      const size_t behind = at_;
      at_ = inside;
      data_before(end, false);
      at_ = std::max(behind, close);
      return true;
    }
    fail(open, "a raw block begins that never ends: expected '{% endraw %}'");
  }

  void inside(std::string_view close, bool is_block) {
    const size_t open = at_;
    std::vector<char> brackets;
    while (true) {
      skip_space();
      if (at_ >= source_.size()) fail(open, str("the template ends inside a tag: expected '{}'", close));
      if (brackets.empty() && closes(close, is_block)) {
        emit(is_block ? Token::Kind::block_end : Token::Kind::print_end, at_ - 1, std::string(close));
        return;
      }
      const char c = source_[at_];
      if (digit(c)) number();
      else if (c == '\'' || c == '"') text(c);
      else if (!name()) sign(brackets);
    }
  }

  bool name() {
    size_t next = at_;
    if (!name_begins(next_code_point(source_, next))) return false;
    const size_t begin = at_;
    for (at_ = next; at_ < source_.size(); at_ = next) {
      const char32_t c = next_code_point(source_, next);
      if (!class_of(c).word()) break;
    }
    emit(Token::Kind::name, begin, source_.substr(begin, at_ - begin));
    return true;
  }

  void sign(std::vector<char>& brackets) {
    constexpr std::string_view kLong[] = {"//", "**", "==", "!=", ">=", "<="}, kShort = "+-/*%~[](){}><=.:|,;";
    for (const std::string_view s : kLong) {
      if (!here(s)) continue;
      emit(Token::Kind::sign, at_, std::string(s));
      at_ += 2;
      return;
    }
    const char c = source_[at_];
    if (kShort.find(c) == std::string_view::npos) {
      size_t next = at_;
      fail(at_, str("unexpected character {}", describe(next_code_point(source_, next))));
    }
    if (c == '(' || c == '[' || c == '{') brackets.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
    if (c == ')' || c == ']' || c == '}') {
      if (brackets.empty()) fail(at_, str("unexpected '{}'", std::string(1, c)));
      if (brackets.back() != c) fail(at_, str("unexpected '{}', expected '{}'", std::string(1, c), std::string(1, brackets.back())));
      brackets.pop_back();
    }
    emit(Token::Kind::sign, at_++, std::string(1, c));
  }

  // Digits of a base, with single underscores between them; they are appended to `out`.
  void digits(std::string& out, std::string_view allowed) {
    const auto fits = [&](size_t i) {
      const char c = i >= source_.size() ? '\0' : source_[i] >= 'A' && source_[i] <= 'F' ? static_cast<char>(source_[i] + 32) : source_[i];
      return allowed.find(c) != std::string_view::npos;
    };
    while (fits(at_) || (at_ < source_.size() && source_[at_] == '_' && fits(at_ + 1))) {
      if (source_[at_] != '_') out += source_[at_];
      ++at_;
    }
  }

  void number() {
    constexpr std::string_view kDecimal = "0123456789";
    const size_t begin = at_;
    std::string word;
    int base = 10;
    const char letter = at_ + 1 < source_.size() ? static_cast<char>(source_[at_ + 1] | 32) : '\0';
    if (source_[at_] == '0' && (letter == 'b' || letter == 'o' || letter == 'x')) {
      base = letter == 'b' ? 2 : letter == 'o' ? 8 : 16;
      at_ += 2;
      digits(word, base == 2 ? "01" : base == 8 ? "01234567" : "0123456789abcdef");
    } else {
      digits(word, kDecimal);
      if (fraction(word)) return emit(Token::Kind::number, begin, "", real(word));
    }
    int64_t v = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), v, base);
    const bool leading_zero = base == 10 && word.size() > 1 && word[0] == '0' && v != 0;
    if (read.ec == std::errc::result_out_of_range) fail(begin, "an integer of more than 64 bits");
    if (read.ec != std::errc() || leading_zero) fail(begin, "not a number");
    emit(Token::Kind::number, begin, "", v);
  }

  bool fraction(std::string& word) {
    bool any = false;
    const bool behind_dot = !tokens_.empty() && tokens_.back().is_sign(".");
    if (behind_dot) return false;  // x.1.2 are two subscripts
    if (here(".") && at_ + 1 < source_.size() && digit(source_[at_ + 1])) {
      word += source_[at_++];
      digits(word, "0123456789");
      any = true;
    }
    const size_t sign = at_ + 1 < source_.size() && (source_[at_ + 1] == '+' || source_[at_ + 1] == '-') ? 2 : 1;
    if (at_ < source_.size() && (source_[at_] | 32) == 'e' && at_ + sign < source_.size() && digit(source_[at_ + sign])) {
      word += source_.substr(at_, sign);
      at_ += sign;
      digits(word, "0123456789");
      any = true;
    }
    return any;
  }

  static double real(const std::string& word) {
    double v = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), v);
    return read.ec == std::errc::result_out_of_range ? (word.find("e-") == std::string::npos && word.find("E-") == std::string::npos ? HUGE_VAL : 0.0) : v;
  }

  void text(char quote) {
    const size_t begin = at_++;
    std::string out;
    while (true) {
      if (at_ >= source_.size()) fail(begin, str("a text begins that never ends: expected {}", std::string(1, quote)));
      const char c = source_[at_++];
      if (c == quote) break;
      if (c == '\\') escape(out);
      else out += c;
    }
    emit(Token::Kind::text, begin, std::move(out));
  }

  // Python's escapes; an unknown one stays as it is.
  void escape(std::string& out) {
    if (at_ >= source_.size()) fail(at_ - 1, "the template ends inside a text");
    const char c = source_[at_++];
    constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeant = "\\'\"\a\b\f\n\r\t\v";
    if (c == '\n') return;
    if (const size_t i = kLetters.find(c); i != std::string_view::npos) {
      out += kMeant[i];
    } else if (c >= '0' && c <= '7') {
      char32_t v = 0;
      --at_;
      for (int n = 0; n < 3 && at_ < source_.size() && source_[at_] >= '0' && source_[at_] <= '7'; ++n) v = v * 8 + static_cast<char32_t>(source_[at_++] - '0');
      append_utf8(out, v);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      hex_escape(out, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if (c == 'N') {
      fail(at_ - 2, "characters by name (\\N{...}) are not supported: write the character itself");
    } else {
      (out += '\\') += c;
    }
  }

  void hex_escape(std::string& out, size_t n) {
    uint32_t v = 0;
    const std::string_view word = std::string_view(source_).substr(at_, n);
    const auto read = std::from_chars(word.data(), word.data() + word.size(), v, 16);
    if (word.size() < n || read.ptr != word.data() + n) fail(at_ - 2, str("an escape of {} hexadecimal digits is cut short", n));
    if (v > 0x10ffff || (v >= 0xd800 && v < 0xe000)) fail(at_ - 2, "an escape that is no character");
    at_ += n;
    append_utf8(out, v);
  }

  const std::string& source_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(const std::string& source) { return Lexer(source).all(); }

}  // namespace grim::jinja
