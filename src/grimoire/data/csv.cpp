#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <set>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/data/table.h"
#include "grimoire/io/gzip.h"
#include "grimoire/text/utf8.h"

namespace grim {
namespace {

struct Cells {  // of all rows, one after the other
  std::vector<std::string_view> text;
  std::vector<size_t> row_start{0};   // into text
  std::vector<int64_t> line;          // of each row in the file, from 1
  std::deque<std::string> unescaped;  // storage of cells with doubled quotes

  size_t rows() const { return line.size(); }
  size_t width(size_t row) const { return row_start[row + 1] - row_start[row]; }
  std::string_view at(size_t row, size_t column) const { return text[row_start[row] + column]; }
};

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}

bool to_number(std::string_view s, double& value) {
  if (s.size() > 1 && s.front() == '+' && s[1] != '-') s.remove_prefix(1);
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (end != s.data() + s.size() || s.empty()) return false;
  if (error == std::errc::result_out_of_range) value = std::strtod(std::string(s).c_str(), nullptr);  // 1e999 is infinite, 1e-999 is 0
  return error == std::errc() || error == std::errc::result_out_of_range;
}

// "1,5" or "-2,25e3", as half of the world writes 1.5; 'grouped' when it may as well be a thousand: "1,500".
bool to_comma_number(std::string_view s, double& value, bool& grouped) {
  const size_t comma = s.find(',');
  if (comma == std::string_view::npos || comma + 1 >= s.size() || s[comma + 1] < '0' || s[comma + 1] > '9') return false;
  if (comma > 0 && (s[comma - 1] < '0' || s[comma - 1] > '9') && s[comma - 1] != '-' && s[comma - 1] != '+') return false;
  std::string plain(s);
  plain[comma] = '.';
  grouped = s.size() == comma + 4 && comma > 0 && s[comma - 1] != '0';
  return to_number(plain, value);
}

// One pass over the bytes. A quoted cell may hold delimiters and line ends; "" in it stands for one quote.
class Splitter {
 public:
  Splitter(std::string_view text, char delimiter, const std::string& source) : text_(text), delimiter_(delimiter), source_(source) {}

  Cells run(size_t most_rows = SIZE_MAX) {
    while (at_ < text_.size() && cells_.rows() < most_rows) row();
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
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    if (!trimmed(text_.substr(at_, end - at_)).empty()) return false;
    at_ = end + 1;
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
    std::string_view body = text_.substr(begin, at_ - begin);
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

// The one that cuts the first rows into equally many cells, the very first row, which may be a title, too if possible; among
// several, the one that leaves the most numbers.
char guess_delimiter(std::string_view text, const std::string& source) {
  char best = ',';
  double best_score = -1;
  for (char delimiter : {',', ';', '\t', '|', ' '}) {
    try {
      const Cells head = Splitter(text.substr(0, 1 << 20), delimiter, source).run(20);
      const size_t rows = head.rows();
      if (rows == 0) continue;
      const size_t width = head.width(rows > 1 ? 1 : 0);
      bool agree = width > 1;
      for (size_t r = 1; r < rows; ++r) agree &= head.width(r) == width || (r + 1 == rows && rows == 20);
      if (!agree) continue;
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

// "150,4,setosa,versicolor,virginica": rows, columns, class names.
bool is_declared(const Cells& cells) {
  if (cells.rows() < 2 || cells.width(0) < 3) return false;
  double rows = 0, columns = 0;
  return to_number(cells.at(0, 0), rows) && to_number(cells.at(0, 1), columns) && rows == static_cast<double>(cells.rows() - 1) &&
         columns == static_cast<double>(cells.width(1) - 1);
}

bool is_number(std::string_view cell) {
  double value;
  bool grouped;
  return to_number(cell, value) || to_comma_number(cell, value, grouped);
}

// A first row without a number in it, whose texts do not stand again in their columns. Names that stand twice, or are empty as
// over the row numbers that some programs write, are names all the same when there are numbers below.
bool looks_like_header(const Cells& cells, const std::set<std::string, std::less<>>& missing) {
  if (cells.rows() < 2 || cells.width(0) != cells.width(1)) return false;
  std::set<std::string_view> names;
  bool plain = true, any = false;
  for (size_t c = 0; c < cells.width(0); ++c) {
    const std::string_view name = cells.at(0, c);
    if (is_number(name)) return false;
    any |= !name.empty();
    plain &= !name.empty() && names.insert(name).second;
  }
  const size_t looked = std::min<size_t>(cells.rows(), 1000);
  bool numbers_below = false;
  for (size_t c = 0; c < cells.width(0); ++c) {
    if (cells.at(0, c).empty()) continue;
    size_t numbers = 0, texts = 0;
    for (size_t r = 1; r < looked; ++r) {
      if (c >= cells.width(r)) continue;
      if (cells.at(r, c) == cells.at(0, c)) return false;
      (is_number(cells.at(r, c)) ? numbers : texts) += !missing.contains(cells.at(r, c));
    }
    numbers_below |= numbers > 0 && texts == 0;
  }
  return any && (plain || numbers_below);
}

class Builder {
 public:
  Builder(const Cells& cells, const std::string& source, const CsvOptions& options, bool commas)
      : cells_(cells), source_(source), options_(options), missing_(options.missing.begin(), options.missing.end()), commas_(commas) {}

  Table run() {
    declared_ = options_.header == CsvOptions::Header::automatic && is_declared(cells_);
    const bool named = !declared_ && (options_.header == CsvOptions::Header::yes ||
                                      (options_.header == CsvOptions::Header::automatic && looks_like_header(cells_, missing_)));
    first_ = declared_ || named ? 1 : 0;
    GRIM_CHECK(cells_.rows() > first_, input, "csv", "{}: no rows{}", source_, named ? " below the header" : "");
    size_t width = cells_.width(named ? 0 : first_);
    for (size_t r = first_; r < cells_.rows(); ++r)
      GRIM_CHECK(cells_.width(r) == width, input, "csv", "{}: row {} (line {}): got {} cells, expected {}", source_, r - first_ + 1,
                 cells_.line[r], cells_.width(r), width);
    if (width > 1 && !declared_ && nothing_in(width - 1)) --width;  // every row ends in a delimiter
    Table table;
    table.source = source_;
    std::set<std::string> names;
    for (size_t c = 0; c < width; ++c) {
      const bool target = declared_ && c + 1 == width;
      const bool own = named && !cells_.at(0, c).empty();
      std::string name = own ? std::string(cells_.at(0, c)) : target ? "target" : str("x{}", c);
      if (!names.insert(name).second)
        throw Error(ErrorKind::input, str("[csv] {}: two columns are called '{}'", source_, name),
                    "give each a name of its own; or, if the first row holds no names, say --header no");
      table.columns.push_back(column(c, std::move(name), target));
    }
    for (const std::string& name : options_.categories) table.index(name);  // refuses an unknown one
    return table;
  }

 private:
  bool nothing_in(size_t c) const {
    for (size_t r = 0; r < cells_.rows(); ++r)
      if (!cells_.at(r, c).empty()) return false;
    return true;
  }

  Column column(size_t c, std::string name, bool target) const {
    Column column;
    column.name = std::move(name);
    const auto& forced = options_.categories;
    if (target) return declared_target(c, std::move(column));
    if (std::find(forced.begin(), forced.end(), column.name) != forced.end()) return category(c, std::move(column));
    const size_t n = cells_.rows() - first_;
    column.values.resize(n);
    size_t text = 0, filled = 0, first_text = 0, with_comma = 0, groups = 0;
    for (size_t r = 0; r < n; ++r) {
      const std::string_view cell = cells_.at(first_ + r, c);
      column.values[r] = NAN;
      if (missing_.contains(cell)) continue;
      ++filled;
      bool grouped = false;
      if (to_number(cell, column.values[r])) continue;
      if (commas_ && to_comma_number(cell, column.values[r], grouped)) {
        ++with_comma, groups += grouped;
        continue;
      }
      if (text++ == 0) first_text = r;
    }
    if (text == 0 && with_comma > 0 && groups == with_comma && options_.decimal == 0)
      throw Error(
          ErrorKind::input,
          str("[csv] {}: column '{}': its commas may part decimals or thousands, as in '{}'", source_, column.name, first_with_comma(c)),
          "say --decimal comma, or write the numbers without commas");
    if (text == 0) return column;
    if (static_cast<double>(filled - text) >= 0.9 * static_cast<double>(filled) && filled - text >= 9)
      throw Error(
          ErrorKind::input,
          str("[csv] {}: row {} (line {}), column '{}': '{}' is not a number, and {} of {} cells of the column are", source_,
              first_text + 1, cells_.line[first_ + first_text], column.name, cells_.at(first_ + first_text, c), filled - text, filled),
          str("mend the cell, or take the column as a category: --category {}", column.name));
    return category(c, std::move(column));
  }

  std::string_view first_with_comma(size_t c) const {
    for (size_t r = first_; r < cells_.rows(); ++r)
      if (cells_.at(r, c).find(',') != std::string_view::npos) return cells_.at(r, c);
    return "";
  }

  Column category(size_t c, Column column) const {
    std::set<std::string_view> seen;
    for (size_t r = first_; r < cells_.rows(); ++r)
      if (!missing_.contains(cells_.at(r, c))) seen.insert(cells_.at(r, c));
    column.kind = ColumnKind::category;
    column.levels.assign(seen.begin(), seen.end());
    std::unordered_map<std::string_view, double> place;
    for (size_t i = 0; i < column.levels.size(); ++i) place[column.levels[i]] = static_cast<double>(i);
    column.values.clear();
    for (size_t r = first_; r < cells_.rows(); ++r) {
      const auto found = place.find(cells_.at(r, c));
      column.values.push_back(found == place.end() ? NAN : found->second);
    }
    return column;
  }

  Column declared_target(size_t c, Column column) const {
    column.kind = ColumnKind::category;
    for (size_t i = 2; i < cells_.width(0); ++i) column.levels.emplace_back(cells_.at(0, i));
    for (size_t r = first_; r < cells_.rows(); ++r) {
      double value = 0;
      GRIM_CHECK(to_number(cells_.at(r, c), value) && value >= 0 && value < static_cast<double>(column.levels.size()) &&
                     value == std::floor(value),
                 input, "csv", "{}: row {} (line {}), column 'target': got '{}', expected a class number below {}", source_, r,
                 cells_.line[r], cells_.at(r, c), column.levels.size());
      column.values.push_back(value);
    }
    return column;
  }

  const Cells& cells_;
  const std::string& source_;
  const CsvOptions& options_;
  std::set<std::string, std::less<>> missing_;
  bool commas_ = false, declared_ = false;
  size_t first_ = 0;
};

}  // namespace

int64_t Column::missing() const {
  return std::count_if(values.begin(), values.end(), [](double v) { return std::isnan(v); });
}

size_t Table::index(std::string_view name) const {
  std::vector<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
    names.push_back(columns[i].name);
  }
  size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size() && number < columns.size()) return number;
  const std::string near = nearest(name, names.data(), names.size());
  std::string list;
  for (size_t i = 0; i < names.size() && i < 12; ++i) list += (i ? ", " : "") + names[i];
  throw Error(ErrorKind::input, str("{}: no column '{}'", source, name),
              near.empty() ? str("its columns are {}{}", list, names.size() > 12 ? ", ..." : "") : str("did you mean '{}'?", near));
}

Table parse_csv(std::string_view text, const std::string& source, const CsvOptions& options) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const size_t zero = text.find('\0');
  GRIM_CHECK(zero == std::string_view::npos, input, "csv", "{}: a zero byte at {}: this is not a text file", source, zero);
  check_utf8(text, source);
  const char delimiter = options.delimiter ? options.delimiter : guess_delimiter(text, source);
  const Cells cells = Splitter(text, delimiter, source).run();
  GRIM_CHECK(cells.rows() > 0, input, "csv", "{}: the file is empty", source);
  return Builder(cells, source, options, options.decimal == ',' || (options.decimal == 0 && delimiter != ',')).run();
}

Table read_csv(const std::string& path, const CsvOptions& options) { return parse_csv(gunzip(read_file(path), path), path, options); }

}  // namespace grim
