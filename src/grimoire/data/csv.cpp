#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/data/table.h"
#include "grimoire/io/gzip.h"

namespace grim {
namespace {

using Words = std::set<std::string, std::less<>>;

// "150,4,setosa,versicolor,virginica": rows, columns, class names.
bool is_declared(const Cells& cells) {
  if (cells.rows() < 2 || cells.width(0) < 3) return false;
  double rows = 0, columns = 0;
  return to_number(cells.at(0, 0), rows) && to_number(cells.at(0, 1), columns) && rows == static_cast<double>(cells.rows() - 1) &&
         columns == static_cast<double>(cells.width(1) - 1);
}

bool same_row(const Cells& cells, size_t a, size_t b) {
  if (cells.width(a) != cells.width(b)) return false;
  for (size_t c = 0; c < cells.width(a); ++c)
    if (cells.at(a, c) != cells.at(b, c)) return false;
  return true;
}

std::string first_row(const Cells& cells) {
  constexpr size_t kShown = 5;
  std::string text;
  for (size_t c = 0; c < std::min(kShown, cells.width(0)); ++c) text += (c ? ", " : "") + std::string(whole_characters(cells.at(0, c), 40));
  return text + (cells.width(0) > kShown ? ", ..." : "");
}

struct HeaderGuess {
  bool named;
  std::string note = {};
};

// Numbers below a text say that it is a name, and so does somebody who asks for it by that name. Of texts over texts it can only be said
// that names do not stand again in their columns, nor twice, nor are they empty.
HeaderGuess guess_header(const Cells& cells, const Words& missing, const CsvOptions& options) {
  const size_t width = cells.width(0);
  for (size_t c = 0; c < width; ++c)
    for (const std::string& name : options.names) {
      size_t number = 0;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
      const bool is_place = error == std::errc() && end == name.data() + name.size() && number < width;
      if (!name.empty() && !is_place && cells.at(0, c) == name) return {true};
    }
  if (!options.likely_header.empty()) return {options.likely_header == "yes"};
  if (cells.rows() < 2 || width != cells.width(1)) return {false};
  std::set<std::string_view> names;
  bool plain = true, any = false, again = false;
  for (size_t c = 0; c < width; ++c) {
    const std::string_view name = cells.at(0, c);
    if (is_number(name))
      return {false, str("no header: the columns are called x0 to x{} (" GRIM_SETTING("header=yes") " if the first row names them)", width - 1)};
    any |= !name.empty();
    plain &= !name.empty() && names.insert(name).second;
  }
  const size_t looked = std::min<size_t>(cells.rows(), 1000);
  std::vector<bool> header_again(looked);
  for (size_t r = 1; r < looked; ++r) header_again[r] = same_row(cells, 0, r);
  for (size_t c = 0; c < width; ++c) {
    if (cells.at(0, c).empty()) continue;
    size_t numbers = 0, texts = 0;
    for (size_t r = 1; r < looked; ++r) {
      if (c >= cells.width(r) || header_again[r]) continue;
      again |= cells.at(r, c) == cells.at(0, c);
      if (!missing.contains(cells.at(r, c))) ++(is_number(cells.at(r, c)) ? numbers : texts);
    }
    if (numbers > 0 && texts == 0 && !missing.contains(cells.at(0, c))) return {true};
  }
  const bool named = any && plain && !again;
  return {named, named ? str("the first row ({}) was taken for the names of the columns (" GRIM_SETTING("header=no") " if it is data)", first_row(cells))
                       : str("the first row ({}) was taken for data, the columns are called x0 to x{} (" GRIM_SETTING("header=yes") " if it names them)",
                             first_row(cells), width - 1)};
}

// Of one column, an empty line between two rows is an empty cell: elsewhere it could not be a row.
Cells with_blank_rows(const Cells& cells) {
  Cells whole;
  size_t blank = 0;
  for (size_t r = 0; r < cells.rows(); ++r) {
    for (; blank < cells.blank.size() && cells.blank[blank] < cells.line[r]; ++blank) {
      whole.text.emplace_back();
      whole.line.push_back(cells.blank[blank]);
      whole.row_start.push_back(whole.text.size());
    }
    whole.text.push_back(cells.at(r, 0));
    whole.line.push_back(cells.line[r]);
    whole.row_start.push_back(whole.text.size());
  }
  return whole;
}

class Builder {
 public:
  Builder(const Cells& cells, const std::string& source, const CsvOptions& options, bool commas)
      : cells_(cells), source_(source), options_(options), missing_(options.missing.begin(), options.missing.end()), commas_(commas) {}

  Table run() {
    table_.source = source_;
    declared_ = options_.header == CsvOptions::Header::automatic && is_declared(cells_);
    HeaderGuess header{options_.header == CsvOptions::Header::yes};
    if (options_.header == CsvOptions::Header::automatic && !declared_) header = guess_header(cells_, missing_, options_);
    const bool named = header.named;
    if (declared_)
      header.note = str("the first row declares {} rows of {} columns and {} classes behind them (" GRIM_SETTING("header=no") " if it is data)",
                        cells_.at(0, 0), cells_.at(0, 1), cells_.width(0) - 2);
    if (!header.note.empty()) table_.notes.push_back(header.note);
    table_.layout.header = declared_ ? "declared" : named ? "yes" : "no";
    first_ = declared_ || named ? 1 : 0;
    GRIM_CHECK(cells_.rows() > first_, input, "csv", "{}: no rows{}", source_, named ? " below the header" : "");
    size_t width = cells_.width(named ? 0 : first_);
    for (size_t r = first_; r < cells_.rows(); ++r)
      GRIM_CHECK(cells_.width(r) == width, input, "csv", "{}: row {} (line {}): got {} cells, expected {}", source_, r - first_ + 1,
                 cells_.line[r], cells_.width(r), width);
    if (width > 1 && !declared_ && nothing_in(width - 1)) --width;  // every row ends in a delimiter
    std::vector<std::string> columns;
    std::set<std::string> names;
    for (size_t c = 0; c < width; ++c) {
      const bool own = named && !cells_.at(0, c).empty();
      columns.push_back(own ? std::string(cells_.at(0, c)) : declared_ && c + 1 == width ? "target" : str("x{}", c));
      if (!names.insert(columns[c]).second)
        throw Error(ErrorKind::input, str("[csv] {}: two columns are called '{}'", source_, columns[c]),
                    "give each a name of its own; or, if the first row holds no names, say so: " GRIM_SETTING("header=no"));
      table_.columns.emplace_back().name = columns[c];
    }
    for (const std::string& name : options_.categories) forced_.insert(table_.index(name));  // refuses an unknown one
    if (named && (width > 1 || is_number(cells_.at(1, 0)))) refuse_header_again();
    for (size_t c = 0; c < width; ++c) table_.columns[c] = column(c, std::move(table_.columns[c]), declared_ && c + 1 == width);
    return std::move(table_);
  }

 private:
  bool nothing_in(size_t c) const {
    for (size_t r = 0; r < cells_.rows(); ++r)
      if (!cells_.at(r, c).empty()) return false;
    return true;
  }

  [[noreturn]] void refuse_row(size_t r, const char* what) const {
    throw Error(ErrorKind::input, str("[csv] {}: row {} (line {}): {}", source_, r - first_ + 1, cells_.line[r], what),
                "take the line out: were two files joined?");
  }
  void refuse_header_again() const {
    for (size_t c = 0; c < cells_.width(0); ++c)
      if (is_number(cells_.at(0, c))) return;
    for (size_t r = first_; r < cells_.rows(); ++r)
      if (cells_.at(r, 0) == cells_.at(0, 0) && same_row(cells_, 0, r)) refuse_row(r, "the header stands here again");
  }
  // Looked for when a column holds numbers and text: one row whose every cell is text, where numbers stand in all others.
  void refuse_second_header() const {
    const size_t width = table_.columns.size();
    std::vector<size_t> texts(width), numbers(width), at(width);
    std::vector<bool> any_number(cells_.rows());
    for (size_t r = first_; r < cells_.rows(); ++r)
      for (size_t c = 0; c < width; ++c) {
        if (missing_.contains(cells_.at(r, c))) continue;
        const bool number = is_number(cells_.at(r, c));
        if (number) ++numbers[c], any_number[r] = true;
        else ++texts[c], at[c] = r;
      }
    std::map<size_t, size_t> alone;  // by row: columns of numbers whose only text stands there
    for (size_t c = 0; c < width; ++c)
      if (texts[c] == 1 && numbers[c] >= 2 && !forced_.contains(c)) ++alone[at[c]];
    for (const auto& [r, columns] : alone)
      if (columns >= 2 && !any_number[r] && r > first_)
        refuse_row(r, "every cell is text where the other rows hold numbers, as in a second header");
  }

  Column column(size_t c, Column column, bool target) {
    if (target) return declared_target(c, std::move(column));
    if (forced_.contains(c)) return category(c, std::move(column));
    const size_t n = cells_.rows() - first_;
    column.values.resize(n);
    size_t text = 0, filled = 0, first_text = 0, with_comma = 0, groups = 0, comma_texts = 0;
    bool beyond = false, fuller = false;
    // A text that no double tells from its neighbours is long; in a large file, which a program wrote, 17 digits are a double written whole.
    const size_t told = n <= 10000 ? 15 : std::string_view("-0.12345678901234567").size();
    for (size_t r = 0; r < n; ++r) {
      const std::string_view cell = cells_.at(first_ + r, c);
      column.values[r] = NAN;
      if (missing_.contains(cell)) continue;
      ++filled;
      bool grouped = false;
      double value;
      if (to_number(cell, column.values[r])) {
        beyond |= std::abs(column.values[r]) >= 0x1p53 && is_whole(cell);
        const bool tiny = std::abs(column.values[r]) < std::numeric_limits<double>::min();
        fuller |= (cell.size() > told || (tiny && cell.size() > 1)) && says_more(cell, column.values[r]);
        if (commas_ && table_.layout.decimal == 0 && cell.find('.') != std::string_view::npos) table_.layout.decimal = '.';
        continue;
      }
      if (commas_ && to_comma_number(cell, column.values[r], grouped)) {
        ++with_comma, groups += grouped;
        continue;
      }
      comma_texts += to_comma_number(cell, value, grouped);
      if (text++ == 0) first_text = r;
    }
    const bool thousands = text == 0 ? with_comma > 0 && groups == with_comma : !commas_ && comma_texts == text;
    if (thousands && options_.decimal == 0)
      throw Error(
          ErrorKind::input,
          str("[csv] {}: column '{}': its commas may part decimals or thousands, as in '{}'", source_, column.name, first_with_comma(c)),
          "if decimals, say so (" GRIM_SETTING("decimal=comma") "), or write the numbers without commas");
    if (with_comma > 0) table_.layout.decimal = ',';
    if (text == 0) {
      refuse_out_of_range(c, column);
      if (beyond) keep_digits(c, column);
      if (fuller && column.notes.empty()) note_merged(c, column);
      return column;
    }
    const size_t numbers = filled - text;
    if (numbers > 0 && !looked_) looked_ = true, refuse_second_header();
    const int64_t line = cells_.line[first_ + first_text];
    const std::string_view odd = cells_.at(first_ + first_text, c);
    if (static_cast<double>(numbers) >= 0.9 * static_cast<double>(filled) && numbers >= 9)
      throw Error(ErrorKind::input,
                  str("[csv] {}: row {} (line {}), column '{}': '{}' is not a number, and {} of {} cells of the column are", source_,
                      first_text + 1, line, column.name, odd, numbers, filled),
                  str("mend the cell, or take the column as a category: " GRIM_SETTING("category={}"), column.name));
    if (numbers > text)
      column.notes.push_back(str("column '{}' is taken as a category: row {} (line {}) holds '{}', though {} of {} cells are numbers",
                                 column.name, first_text + 1, line, odd, numbers, filled));
    return category(c, std::move(column));
  }

  // Whole numbers from 2^53 on may be names: they are kept as written, for whoever wants classes.
  void keep_digits(size_t c, Column& column) {
    size_t rounded = 0, first = 0;
    for (size_t r = 0; r < column.values.size(); ++r) {
      const std::string_view cell = cells_.at(first_ + r, c);
      column.written.emplace_back(cell);
      if (std::abs(column.values[r]) >= 0x1p53 && is_whole(cell) && is_rounded(cell, column.values[r]) && rounded++ == 0) first = r;
    }
    if (rounded > 0)
      column.notes.push_back(str("column '{}' holds {} whole {} beyond 2^53 that no number here holds exactly, as '{}' in row {} (line {}): "
                                 "every digit counts as a class or a category, as a number it is rounded",
                                 column.name, rounded, rounded == 1 ? "number" : "numbers", column.written[first], first + 1,
                                 cells_.line[first_ + first]));
  }

  void refuse_out_of_range(size_t c, const Column& column) const {
    for (size_t r = 0; r < column.values.size(); ++r) {
      const std::string_view cell = cells_.at(first_ + r, c);
      if (!missing_.contains(cell) && leaves_range(cell, column.values[r]))
        throw Error(ErrorKind::input,
                    str("[csv] {}: row {} (line {}), column '{}': {} is beyond what a double can hold", source_, r + 1, cells_.line[first_ + r],
                        column.name, cell),
                    str("expected 0, or sizes from 5e-324 to 1.8e308; mend the cell, or take the column as a category: " GRIM_SETTING("category={}"),
                        column.name));
    }
  }

  void note_merged(size_t c, Column& column) const {
    const auto merged = merged_cells([&](size_t r) { return cells_.at(first_ + r, c); }, column.values);
    if (!merged) return;
    const auto place = [&](size_t r) { return str("'{}' in row {} (line {})", cells_.at(first_ + r, c), r + 1, cells_.line[first_ + r]); };
    column.notes.push_back(str("column '{}': {} and {} are read as the same number, {}: a double holds no more digits", column.name,
                               place(merged->cell), place(merged->other), number_name(column.values[merged->cell])));
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
  Words missing_;
  std::set<size_t> forced_;  // categories by --category
  bool commas_ = false, declared_ = false, looked_ = false;
  size_t first_ = 0;
  Table table_;
};

// Lines that end in a carriage return alone, as old Macintosh files have them.
std::string with_line_feeds(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '\r', '\n');
  return plain;
}

}  // namespace

int64_t Column::missing() const {
  return std::count_if(values.begin(), values.end(), [](double v) { return std::isnan(v); });
}

std::string Column::name_at(size_t row) const {
  if (kind == ColumnKind::category) return levels[static_cast<size_t>(values[row])];
  return !written.empty() && is_whole(written[row]) ? plain_digits(written[row]) : number_name(values[row]);
}

void refuse_text(const Column& c, const std::string& source, const char* expected, const std::string& hint) {
  size_t row = 0, last = 0;
  for (size_t r = c.values.size(); r-- > 0;)
    if (!std::isnan(c.values[r])) {
      last = r;
      if (!is_number(c.name_at(r))) row = r + 1;
    }
  row = row ? row - 1 : last;
  const std::string text = std::isnan(c.values[row]) ? "" : c.name_at(row);
  throw Error(ErrorKind::input, str("{}: column '{}' holds text ('{}' in row {}), {}", source, c.name, text, row + 1, expected), hint);
}

const std::vector<double>& Table::numbers(std::string_view name) const {
  const Column& c = column(name);
  if (c.kind == ColumnKind::category) refuse_text(c, source, "expected numbers");
  return c.values;
}

std::vector<std::string> Table::all_notes() const {
  std::vector<std::string> all = notes;
  for (const Column& c : columns) all.insert(all.end(), c.notes.begin(), c.notes.end());
  return all;
}

const Column* Table::find(std::string_view name) const {
  for (const Column& c : columns)
    if (c.name == name) return &c;
  return nullptr;
}

size_t Table::index(std::string_view name) const {
  if (const Column* found = find(name)) return static_cast<size_t>(found - columns.data());
  size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size() && number < columns.size()) return number;
  std::vector<std::string> names;
  for (const Column& c : columns) names.push_back(c.name);
  const std::string list = joined(std::span(names).first(std::min<size_t>(names.size(), 12)));
  throw Error(ErrorKind::input, str("{}: no column '{}'", source, name),
              layout.header == "no" ? kTakenForData : did_you_mean(name, names, str("its columns are {}{}", list, names.size() > 12 ? ", ..." : "")));
}

Table parse_csv(std::string_view text, const std::string& source, const CsvOptions& options) {
  text = without_byte_order_mark(text);
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw Error(ErrorKind::input, str("[csv] {}: the text is in UTF-16, expected UTF-8", source), "save the file as UTF-8");
  const size_t zero = text.find('\0');
  GRIM_CHECK(zero == std::string_view::npos, input, "csv", "{}: a zero byte at {}: this is not a text file", source, zero);
  check_utf8(text, source);
  std::string plain;
  if (text.find('\r') != std::string_view::npos && text.find('\n') == std::string_view::npos) text = plain = with_line_feeds(text);
  const char delimiter = options.delimiter ? options.delimiter : guess_delimiter(text, source, options.likely_delimiter);
  const Cells filled = split_cells(text, delimiter, source);
  GRIM_CHECK(filled.rows() > 0, input, "csv", "{}: the file is empty", source);
  const bool one_column = !filled.blank.empty() && filled.text.size() == filled.rows();
  const Cells with_blanks = one_column ? with_blank_rows(filled) : Cells();
  const Cells& cells = one_column ? with_blanks : filled;
  Table table = Builder(cells, source, options, options.decimal == ',' || (options.decimal == 0 && delimiter != ',')).run();
  table.layout.delimiter = delimiter;
  if (one_column)
    table.notes.push_back(str("{} empty {} between two rows, the first in line {}: of one column, taken for empty cells", filled.blank.size(),
                              filled.blank.size() == 1 ? "line" : "lines", filled.blank[0]));
  if (delimiter != ',' && options.delimiter == 0 && options.likely_delimiter == 0)
    table.notes.push_back(str("cells are taken to be parted by {}{} (" GRIM_SETTING("delimiter") ", " GRIM_SETTING("decimal") ")",
                              delimiter == '\t'  ? "tabs"
                              : delimiter == ' ' ? "spaces"
                                                 : str("'{}'", std::string(1, delimiter)),
                              table.layout.decimal == ',' ? ", decimals by commas" : ""));
  return table;
}

Table read_csv(const std::string& path, const CsvOptions& options) { return parse_csv(gunzip(read_file(path), path), path, options); }

}  // namespace grim
