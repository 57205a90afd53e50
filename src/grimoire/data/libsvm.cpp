#include "grimoire/data/libsvm.h"

#include <algorithm>
#include <charconv>

#include "grimoire/base/error.h"

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

}  // namespace

LibsvmFile parse_libsvm(std::string_view text, const std::string& source, int64_t columns) {
  auto rows = std::make_shared<SparseRows>();
  LibsvmFile file;
  int64_t largest = -1, line_number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line_number;
    line = line.substr(0, line.find('#'));
    const std::string_view label = next_word(line);
    if (label.empty()) continue;
    double number;
    GRIM_CHECK(parse(label, number), input, "libsvm", "{}: line {}: the label '{}' is not a number", source, line_number, label);
    file.labels.emplace_back(label);
    int64_t before = -1;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
      const size_t colon = word.find(':');
      int64_t index = 0;
      double value = 0;
      GRIM_CHECK(colon != std::string_view::npos && parse(word.substr(0, colon), index) && parse(word.substr(colon + 1), value), input, "libsvm",
                 "{}: line {}: '{}' is not index:value", source, line_number, word);
      GRIM_CHECK(index >= 0 && index < kMostColumns, input, "libsvm", "{}: line {}: index {}, expected 0 to {}", source, line_number, index, kMostColumns - 1);
      GRIM_CHECK(index > before, input, "libsvm", "{}: line {}: index {} after {}, expected rising ones", source, line_number, index, before);
      before = index;
      file.zero_based |= index == 0;
      largest = std::max(largest, index);
      rows->column.push_back(static_cast<int32_t>(index));
      rows->value.push_back(value);
    }
    rows->row_start.push_back(static_cast<int64_t>(rows->column.size()));
  }
  GRIM_CHECK(!file.labels.empty(), input, "libsvm", "{}: no rows", source);
  if (!file.zero_based)
    for (int32_t& c : rows->column) --c;
  rows->columns = std::max<int64_t>(1, largest + (file.zero_based ? 1 : 0));
  GRIM_CHECK(columns == 0 || rows->columns <= columns, input, "libsvm", "{}: {} columns, the model was fitted on {}", source, rows->columns, columns);
  if (columns) rows->columns = columns;
  file.rows = std::move(rows);
  return file;
}

bool looks_like_libsvm(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  double number;
  int64_t index;
  if (!parse(next_word(line), number)) return false;
  const std::string_view pair = next_word(line);
  const size_t colon = pair.find(':');
  return colon != std::string_view::npos && parse(pair.substr(0, colon), index) && parse(pair.substr(colon + 1), number);
}

}  // namespace grim
