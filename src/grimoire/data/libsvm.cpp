#include "grimoire/data/libsvm.h"

#include <algorithm>
#include <charconv>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

constexpr int64_t kMostColumns = int64_t{1} << 24;  // each has a name: a stray index must not ask for more memory than there is

std::string_view next_word(std::string_view& line) {
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t' || line.front() == '\r')) line.remove_prefix(1);
  size_t end = 0;
  while (end < line.size() && line[end] != ' ' && line[end] != '\t' && line[end] != '\r') ++end;
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

template <class T> bool parse(std::string_view s, T& value) {
  if (!s.empty() && s.front() == '+') s.remove_prefix(1);
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  return error == std::errc() && end == s.data() + s.size() && !s.empty();
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Plain digits, at most 15 of them, with or without a point. As a whole number they are exact in a double, and so is the power of ten
// that the point divides them by: one rounding in all, the same number as from_chars finds (Clinger 1990). False: something else
// stands there; `at` is behind what was read when true.
bool short_number(const char*& at, const char* end, double& value) {
  constexpr double kTen[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  constexpr int kDigits = 15;
  int64_t whole = 0;
  int digits = 0, behind = 0;
  const char* p = at;
  for (; p < end && *p >= '0' && *p <= '9'; ++p, ++digits)
    if (digits < kDigits) whole = 10 * whole + (*p - '0');
  if (p < end && *p == '.')
    for (++p; p < end && *p >= '0' && *p <= '9'; ++p, ++digits, ++behind)
      if (digits < kDigits) whole = 10 * whole + (*p - '0');
  if (digits == 0 || digits > kDigits || (p < end && !is_blank(*p))) return false;
  value = static_cast<double>(whole) / kTen[behind];
  at = p;
  return true;
}

// "index:value" in the usual short form; `line` is moved behind it when true.
bool short_pair(std::string_view& line, int64_t& index, double& value) {
  constexpr int kDigits = 8;
  const char *at = line.data(), *end = at + line.size();
  while (at < end && is_blank(*at)) ++at;
  const char* first = at;
  for (index = 0; at < end && *at >= '0' && *at <= '9' && at - first < kDigits; ++at) index = 10 * index + (*at - '0');
  if (at == first || at == end || *at != ':' || !short_number(++at, end, value)) return false;
  line.remove_prefix(static_cast<size_t>(at - line.data()));
  return true;
}

// "index:value" in any other form: "3: .5", "+3:1e4". False at the end of the line.
bool long_pair(std::string_view& line, const std::string& source, int64_t line_number, int64_t& index, double& value) {
  const std::string_view word = next_word(line);
  if (word.empty()) return false;
  const size_t colon = word.find(':');
  std::string_view number = colon == std::string_view::npos ? std::string_view() : word.substr(colon + 1);
  if (colon != std::string_view::npos && number.empty()) number = next_word(line);
  GRIM_CHECK(colon != std::string_view::npos && parse(word.substr(0, colon), index) && parse(number, value), input, "libsvm",
             "{}: line {}: '{}' is not index:value", source, line_number, word);
  return true;
}

void check_label(std::string_view label, const std::string& source, int64_t line_number) {
  double number;
  if (parse(label, number)) return;
  const std::string where = str("[libsvm] {}: line {}: ", source, line_number);
  if (label.find(':') != std::string_view::npos)
    throw Error(ErrorKind::input, where + str("no label before '{}'", label), "begin the line with its class or number; 0 where it is not known");
  if (label.find(',') != std::string_view::npos)
    throw Error(ErrorKind::input, where + str("several labels, '{}', expected one", label),
                "one learner learns one target: write a file for each label, with 1 where a row has it and 0 elsewhere");
  throw Error(ErrorKind::input, where + str("the label '{}' is not a number", label), "number the classes");
}

bool is_query(std::string_view word) { return word.starts_with("qid:"); }

}  // namespace

LibsvmFile parse_libsvm(std::string_view text, const std::string& source, int64_t columns, int base) {
  text = without_byte_order_mark(text);
  auto rows = std::make_shared<SparseRows>();
  LibsvmFile file;
  int64_t largest = -1, line_number = 0, first_zero = 0;
  const size_t entries = static_cast<size_t>(std::count(text.begin(), text.end(), ':'));
  rows->column.reserve(entries);
  rows->value.reserve(entries);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line_number;
    line = line.substr(0, line.find('#'));
    const std::string_view label = next_word(line);
    if (label.empty()) continue;
    check_label(label, source, line_number);
    file.labels.emplace_back(label);
    std::string_view rest = line;
    if (is_query(next_word(rest))) line = rest, ++file.with_query;
    int64_t before = -1;
    while (true) {
      int64_t index = 0;
      double value = 0;
      if (!short_pair(line, index, value) && !long_pair(line, source, line_number, index, value)) break;
      GRIM_CHECK(index >= 0 && index < kMostColumns, input, "libsvm", "{}: line {}: index {}, expected 0 to {}", source, line_number, index,
                 kMostColumns - 1);
      GRIM_CHECK(index > before, input, "libsvm", "{}: line {}: index {} after {}, expected rising ones", source, line_number, index,
                 before);
      before = index;
      if (index == 0 && !first_zero) first_zero = line_number;
      largest = std::max(largest, index);
      rows->column.push_back(static_cast<int32_t>(index));
      rows->value.push_back(value);
    }
    rows->row_start.push_back(static_cast<int64_t>(rows->column.size()));
  }
  GRIM_CHECK(!file.labels.empty(), input, "libsvm", "{}: no rows", source);
  GRIM_CHECK(base != 1 || !first_zero, input, "libsvm", "{}: line {}: index 0, expected indices from 1{}", source, first_zero,
             columns ? ", as in the file that the model was fitted on" : "");
  file.zero_based = base == 0 || (base < 0 && first_zero);
  if (!file.zero_based)
    for (int32_t& c : rows->column) --c;
  rows->columns = std::max<int64_t>(1, largest + (file.zero_based ? 1 : 0));
  GRIM_CHECK(columns == 0 || rows->columns <= columns, input, "libsvm", "{}: {} columns, the model was fitted on {}", source, rows->columns,
             columns);
  if (columns) rows->columns = columns;
  file.rows = std::move(rows);
  return file;
}

bool looks_like_libsvm(std::string_view text, bool likely) {
  text = without_byte_order_mark(text);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const std::string_view first = next_word(line), second = next_word(line);
    double number;
    int64_t index;
    const auto is_pair = [&](std::string_view word, std::string_view next) {
      const size_t colon = word.find(':');
      if (colon == std::string_view::npos || !parse(word.substr(0, colon), index)) return false;
      return parse(colon + 1 < word.size() ? word.substr(colon + 1) : next, number);
    };
    const bool label = !first.empty() && first.find_first_not_of("0123456789.,+-eE") == std::string_view::npos;
    if (label && (is_query(second) || is_pair(second, next_word(line)))) return true;
    const bool lonely = parse(first, number) && second.empty();  // a row of zeros, as long as others say more
    if (!first.empty() && !lonely) return false;
  }
  return likely;
}

}  // namespace grim
