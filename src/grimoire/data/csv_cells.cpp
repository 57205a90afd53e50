#include "grimoire/data/csv_cells.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"

namespace grim {
namespace {

class Splitter {
 public:
  Splitter(std::string_view text, char delimiter, const std::string& source) : text_(text), delimiter_(delimiter), source_(source) {}

  Cells run(size_t most_rows) {
    while (at_ < text_.size() && cells_.rows() < most_rows) row();
    while (!cells_.blank.empty() && (cells_.rows() == 0 || cells_.blank.back() > cells_.line.back())) cells_.blank.pop_back();
    return std::move(cells_);
  }

 private:
  void row() {
    const int64_t begun = line_;
    if (blank_line()) return;
    bool more = true;
    while (more) more = cell();
    cells_.row_start.push_back(cells_.text.size());
    cells_.line.push_back(begun);
  }
  bool blank_line() {
    size_t end = at_;
    while (end < text_.size() && (text_[end] == ' ' || (text_[end] == '\t' && delimiter_ != '\t') || text_[end] == '\r')) ++end;
    if (end < text_.size() && text_[end] != '\n') return false;
    at_ = end + 1;
    if (cells_.rows() > 0) cells_.blank.push_back(line_);
    ++line_;
    return true;
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] != delimiter_ && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool cell() {  // false at the end of the row
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    size_t end = at_;
    while (end < text_.size() && text_[end] != delimiter_ && text_[end] != '\n') ++end;
    cells_.text.push_back(trimmed(text_.substr(at_, end - at_)));
    at_ = end;
    return step();
  }
  bool quoted() {
    const int64_t begun = line_;
    const size_t begin = ++at_;
    bool doubled = false;
    for (;; ++at_) {
      GRIM_CHECK(at_ < text_.size(), input, "csv", "{}: line {}: a quoted cell begins here and does not end", source_, begun);
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') continue;
      if (at_ + 1 < text_.size() && text_[at_ + 1] == '"')
        doubled = true, ++at_;
      else
        break;
    }
    std::string_view body = trimmed(text_.substr(begin, at_ - begin));
    if (doubled) {
      std::string& plain = cells_.unescaped.emplace_back();
      for (size_t i = 0; i < body.size(); ++i) {
        plain += body[i];
        if (body[i] == '"') ++i;
      }
      body = plain;
    }
    cells_.text.push_back(body);
    ++at_;
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    GRIM_CHECK(at_ >= text_.size() || text_[at_] == delimiter_ || text_[at_] == '\n', input, "csv",
               "{}: line {}: text follows a closing quote, expected the next cell; a quote inside a cell is written twice", source_, line_);
    return step();
  }
  bool step() {  // over the delimiter or the line end
    if (at_ >= text_.size()) return false;
    if (text_[at_++] == '\n') {
      ++line_;
      return false;
    }
    if (delimiter_ == ' ') {  // runs of spaces are one, and one at the end of a row is none
      skip_runs();
      if (at_ >= text_.size()) return false;
      if (text_[at_] == '\n') {
        ++at_, ++line_;
        return false;
      }
    }
    return true;
  }
  void skip_runs() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\r')) ++at_;
  }

  std::string_view text_;
  char delimiter_;
  const std::string& source_;
  size_t at_ = 0;
  int64_t line_ = 1;
  Cells cells_;
};

}  // namespace

Cells split_cells(std::string_view text, char delimiter, const std::string& source, size_t most_rows) {
  return Splitter(text, delimiter, source).run(most_rows);
}

bool to_number(std::string_view s, double& value) {
  if (s.size() > 1 && s.front() == '+' && s[1] != '-') s.remove_prefix(1);
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (end != s.data() + s.size() || s.empty()) return false;
  if (error == std::errc::result_out_of_range) value = std::strtod(std::string(s).c_str(), nullptr);
  return error == std::errc() || error == std::errc::result_out_of_range;
}

bool to_comma_number(std::string_view s, double& value, bool& grouped) {
  const size_t comma = s.find(',');
  if (comma == std::string_view::npos || comma + 1 >= s.size() || s[comma + 1] < '0' || s[comma + 1] > '9') return false;
  if (comma > 0 && (s[comma - 1] < '0' || s[comma - 1] > '9') && s[comma - 1] != '-' && s[comma - 1] != '+') return false;
  std::string plain(s);
  plain[comma] = '.';
  grouped = s.size() == comma + 4 && comma > 0 && s[comma - 1] != '0';
  return to_number(plain, value);
}

bool is_number(std::string_view cell) {
  double value;
  bool grouped;
  return to_number(cell, value) || to_comma_number(cell, value, grouped);
}

bool is_whole(std::string_view cell) {
  if (!cell.empty() && (cell.front() == '+' || cell.front() == '-')) cell.remove_prefix(1);
  return !cell.empty() && std::all_of(cell.begin(), cell.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_rounded(std::string_view digits, double value) {
  if (digits.front() == '+' || digits.front() == '-') digits.remove_prefix(1);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  constexpr size_t kMostDigits = 38;
  if (digits.size() > kMostDigits) return true;
  unsigned __int128 exact = 0;
  for (char d : digits) exact = exact * 10 + static_cast<unsigned>(d - '0');
  return exact != static_cast<unsigned __int128>(std::abs(value));
}

std::string plain_digits(std::string_view whole) {
  const bool minus = whole.front() == '-';
  if (minus || whole.front() == '+') whole.remove_prefix(1);
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size() - 1));
  return (minus && whole != "0" ? "-" : "") + std::string(whole);
}

std::string number_name(double v) { return v == std::floor(v) && std::abs(v) < 0x1p63 ? str("{}", static_cast<int64_t>(v)) : str("{}", v); }

std::string csv_cell(std::string_view text, char delimiter) {
  constexpr std::string_view kSpaces = " \t";
  const bool plain = !text.empty() && text.find_first_of("\"\r\n") == text.npos && text.find(delimiter) == text.npos &&
                     kSpaces.find(text.front()) == kSpaces.npos && kSpaces.find(text.back()) == kSpaces.npos;
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

namespace {

// A decimal number in one writing: its digits without zeros at their ends, and the power of ten of the last; "" for 0.
struct Decimal {
  std::string digits;
  int64_t power = 0;
  bool operator==(const Decimal&) const = default;
};

Decimal decimal_of(std::string_view s) {
  Decimal d;
  const size_t e = std::min(s.find_first_of("eE"), s.size());
  bool fraction = false;
  for (char c : s.substr(0, e)) {
    if (c == '.' || c == ',') fraction = true;
    if (c < '0' || c > '9') continue;
    d.power -= fraction;
    if (c != '0' || !d.digits.empty()) d.digits += c;
  }
  if (d.digits.empty()) return {};
  while (d.digits.back() == '0') d.digits.pop_back(), ++d.power;
  int64_t exponent = 0;
  std::string_view x = s.substr(std::min(e + 1, s.size()));
  if (x.starts_with('+')) x.remove_prefix(1);
  std::from_chars(x.data(), x.data() + x.size(), exponent);
  d.power += exponent;
  return d;
}

}  // namespace

bool leaves_range(std::string_view cell, double value) {
  if (std::isfinite(value) && (value != 0 || cell.size() == 1)) return false;
  return !decimal_of(cell).digits.empty();
}

bool says_more(std::string_view cell, double value) {
  if (!std::isfinite(value) || value == 0) return false;
  constexpr size_t kTold = 15;
  const bool tiny = std::abs(value) < std::numeric_limits<double>::min();
  if (cell.size() <= kTold && !tiny) return false;
  char shortest[32];
  const auto [end, error] = std::to_chars(shortest, shortest + sizeof(shortest), value);
  if (cell == std::string_view(shortest, static_cast<size_t>(end - shortest))) return false;
  const Decimal d = decimal_of(cell);
  if (d.digits.size() <= kTold && !tiny) return false;
  return d != decimal_of(str("{}", value)) && d != decimal_of(str("{:.17g}", value));
}

std::optional<MergedCells> merged_cells(const std::function<std::string_view(size_t)>& cell, std::span<const double> values) {
  std::unordered_map<double, size_t> fuller;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i]) || !says_more(cell(i), values[i])) continue;
    fuller.emplace(values[i], i);
  }
  if (fuller.empty()) return std::nullopt;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto found = fuller.find(values[i]);
    if (found != fuller.end() && decimal_of(cell(i)) != decimal_of(cell(found->second))) return MergedCells{found->second, i};
  }
  return std::nullopt;
}

char guess_delimiter(std::string_view text, const std::string& source, char likely) {
  constexpr size_t kLooked = 1 << 20;
  if (text.size() > kLooked && text.rfind('\n', kLooked) != std::string_view::npos) text = text.substr(0, text.rfind('\n', kLooked));
  char best = ',';
  double best_score = -1;
  for (char delimiter : {',', ';', '\t', '|', ' '}) {
    try {
      const Cells head = split_cells(text, delimiter, source, 20);
      const size_t rows = head.rows();
      if (rows == 0) continue;
      const size_t width = head.width(rows > 1 ? 1 : 0);
      bool agree = width > 1;
      for (size_t r = 1; r < rows; ++r) agree &= head.width(r) == width || (r + 1 == rows && rows == 20);
      if (!agree) continue;
      if (delimiter == likely && head.width(0) == width) return likely;
      size_t numbers = 0;
      double value;
      bool grouped;
      for (std::string_view cell : head.text)
        numbers += cell.empty() || to_number(cell, value) || (delimiter != ',' && to_comma_number(cell, value, grouped));
      const double score = (head.width(0) == width ? 2 : 0) + static_cast<double>(numbers) / static_cast<double>(head.text.size());
      if (score > best_score) best_score = score, best = delimiter;
    } catch (const Error&) {  // quotes that do not fit this delimiter
    }
  }
  return best;
}

}  // namespace grim
