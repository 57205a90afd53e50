#include "grimoire/learn/quantity.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80) || c == '_'; }

class Reader {
 public:
  Reader(std::string_view text, bool grouped) : text_(text), grouped_(grouped) {}

  Wording run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (number()) continue;
      if (is_word(c)) word();
      else if (std::string_view(" ,;.:=()[]").find(c) == std::string_view::npos) read_.words.emplace_back(1, c), ++at_;
      else ++at_;
    }
    constexpr std::array kNames = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"};
    if (read_.numbers.empty() && read_.words.size() == 1)
      if (const auto name = std::ranges::find(kNames, read_.words[0]); name != kNames.end()) {
        read_.numbers.push_back({static_cast<double>(name - kNames.begin())});
        read_.words.clear();
      }
    return std::move(read_);
  }

 private:
  char peek(size_t place) const { return place < text_.size() ? text_[place] : '\0'; }

  void word() {
    const size_t begin = at_;
    while (is_word(peek(at_)) || (peek(at_) == '^' && is_word(peek(at_ + 1))) || (peek(at_) == '-' && is_word(peek(at_ + 1)))) ++at_;
    read_.words.emplace_back(text_.substr(begin, at_ - begin));
  }

  // The digits at `place` with the commas between thousands taken out; `place` goes behind them.
  std::string digits(size_t& place) const {
    std::string out;
    while (is_digit(peek(place))) out += text_[place++];
    const auto group = [&] {
      return peek(place) == ',' && is_digit(peek(place + 1)) && is_digit(peek(place + 2)) && is_digit(peek(place + 3)) && !is_digit(peek(place + 4));
    };
    for (bool groups = grouped_ && !out.empty() && out.size() <= 3; groups && group(); place += 4) out += text_.substr(place + 1, 3);
    return out;
  }

  // An unsigned number without power and fraction at `place`.
  bool simple(size_t& place, Quantity& q) const {
    size_t end = place;
    std::string text = digits(end);
    if (peek(end) == '.' && is_digit(peek(end + 1))) {
      const size_t point = end++;
      while (is_digit(peek(end))) ++end;
      text += text_.substr(point, end - point);
      q.decimals = static_cast<int>(end - point) - 1;
    }
    if (text.empty()) return false;
    if (const size_t power = end + 1 + (peek(end + 1) == '-' || peek(end + 1) == '+'); peek(end) == 'e' && is_digit(peek(power))) {
      const size_t begin = end;
      for (end = power; is_digit(peek(end));) ++end;
      text += text_[begin], text += text_.substr(begin + 1 + (text_[begin + 1] == '+'), end - begin - 1 - (text_[begin + 1] == '+'));
    }
    if (text[0] == '.') text.insert(0, 1, '0');
    place = end;
    if (text.size() > 15 && text.find_first_not_of("0123456789") == text.npos) q.digits = text;
    return std::from_chars(text.data(), text.data() + text.size(), q.value).ec == std::errc();
  }

  bool number() {
    const char before = at_ > 0 ? text_[at_ - 1] : ' ';
    if (is_word(before) || before == '.' || before == '^') return false;
    size_t place = at_ + (peek(at_) == '-' || peek(at_) == '+');
    if (place > at_ && before != ' ' && std::string_view(",;=([").find(before) == std::string_view::npos) return false;  // a minus between two
    Quantity q{};
    if (!simple(place, q)) return false;
    for (Quantity other; const char sign = peek(place);) {
      size_t next = place + 1 + (sign == '^' && peek(place + 1) == '-');
      if ((sign != '^' && sign != '/') || !simple(next, other)) break;
      q.value = sign == '/' ? q.value / other.value : std::pow(q.value, peek(place + 1) == '-' ? -other.value : other.value);
      place = next;
    }
    if (is_word(peek(place)) || peek(place) == '^' || (peek(place) == '-' && is_word(peek(place + 1)) && !is_digit(peek(place + 1)))) return false;
    if (text_[at_] == '-') q.value = -q.value;
    at_ = place;
    scale(q);
    read_.numbers.push_back(q);
    return true;
  }

  // "million" and "%" behind the number.
  void scale(Quantity& q) {
    const std::string_view rest = text_.substr(std::min(text_.find_first_not_of(' ', at_), text_.size()));
    constexpr std::array<std::pair<const char*, double>, 7> kScales = {
        {{"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12}, {"%", 0}, {"percent", 0}, {"per cent", 0}}};
    for (const auto& [name, factor] : kScales) {
      if (!rest.starts_with(name) || (*name != '%' && rest.size() > std::string_view(name).size() && is_word(rest[std::string_view(name).size()]))) continue;
      if (factor > 0) q.value *= factor, q.decimals = 0;
      q.percent = factor == 0;
      at_ = text_.size() - rest.size() + std::string_view(name).size();
      return;
    }
  }

  std::string_view text_;
  bool grouped_;
  size_t at_ = 0;
  Wording read_;
};

bool equal(double a, double b) { return a == b || std::abs(a - b) <= 1e-15 * std::max(std::abs(a), std::abs(b)); }

}  // namespace

Wording wording(std::string_view text, bool grouped) { return Reader(text, grouped).run(); }

bool same(const Quantity& a, const Quantity& b) {
  if (!a.digits.empty() && !b.digits.empty() && a.digits != b.digits) return false;
  if (a.percent == b.percent) return equal(a.value, b.value);
  return equal(a.percent ? a.value / 100 : a.value, b.percent ? b.value / 100 : b.value) || (b.percent && equal(a.value, b.value));
}

bool rounded(const Quantity& a, const Quantity& b) {
  const double unit = std::pow(10, -a.decimals);
  return a.decimals > 0 && a.percent == b.percent && std::abs(a.value) >= 10 * unit && std::abs(a.value - b.value) <= 0.5 * unit * (1 + 1e-9);
}

}  // namespace grim::learn
