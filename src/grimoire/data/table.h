// A table: named columns of numbers or of categories, as a CSV file holds them. A missing cell is NaN.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/setting_words.h"

namespace grim {

enum class ColumnKind : uint8_t { number, category };

struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  std::vector<double> values;       // of a category: its place in `levels`; NaN where missing
  std::vector<std::string> levels;  // of a category, sorted, or in the order that the file declares
  std::vector<std::string> written = {};  // the cells as they stand, only of whole numbers beyond 2^53 that no double holds exactly
  std::vector<std::string> notes = {};    // what a careful user wants to know of its reading

  int64_t missing() const;
  // The cell as a name: of a category its level, of a number its digits, all of them where a double holds fewer. Rows of equal names
  // belong together. The cell must not be missing.
  std::string name_at(size_t row) const;
};

// How a file was read: what was told, or else guessed from it. A fitted model keeps it, so that the next file is read the same way.
struct Layout {
  std::string format = "csv";  // csv, libsvm, idx, npy, npz
  std::string header = {};     // of CSV: yes, no, or declared (the layout of scikit-learn's files)
  char delimiter = 0;          // of CSV
  char decimal = 0;            // of CSV: ',' or '.' when a number has one and cells leave the choice, else 0
  int index_base = -1;         // of LIBSVM: 0 or 1
};

struct Table {
  std::string source;  // the path, for messages
  std::vector<Column> columns;
  Layout layout = {};
  std::vector<std::string> notes = {};  // likewise, of the file: guesses of its layout

  int64_t rows() const { return columns.empty() ? 0 : static_cast<int64_t>(columns.front().values.size()); }
  // By name, or by number from 0 when no column has that name. throws: input, with the nearest name as a hint
  const Column& column(std::string_view name) const { return columns[index(name)]; }
  size_t index(std::string_view name) const;
  // A column's numbers. throws: input, naming the first cell that is none
  const std::vector<double>& numbers(std::string_view name) const;
  std::vector<std::string> all_notes() const;       // its own, then those of the columns
  const Column* find(std::string_view name) const;  // by name alone; nullptr when there is none
};

// Hints where a name is looked for in vain, by what the first row was taken for.
inline constexpr const char *kTakenForData = "its first row was taken for data; if it names the columns, say so: " GRIM_SETTING("header=yes"),
                            *kTakenForNames = "its first row was taken for the columns' names; if it is data, say so: " GRIM_SETTING("header=no");

// "FILE: column 'a' holds text ('oak' in row 3), EXPECTED": the first cell of a category that is no number. throws: input
[[noreturn]] void refuse_text(const Column& column, const std::string& source, const char* expected, const std::string& hint = "");

struct CsvOptions {
  enum class Header : uint8_t { automatic, yes, no };
  // automatic: a first row of texts names the columns when numbers stand below one of them, or one of `names` stands in it, or none of
  // its texts stands again in its column
  Header header = Header::automatic;
  char delimiter = 0;                 // 0: the one of , ; tab | space that the first rows agree on
  char likely_delimiter = 0;          // of files read before: tried first, and kept when it cuts this one too
  char decimal = 0;                   // ',' or '.'; 0: commas are read as decimals where cells are not parted by commas
  std::vector<std::string> missing = {"", "NA", "NaN", "nan", "N/A", "null", "NULL", "?"};
  std::vector<std::string> categories = {};  // columns to read as categories though they hold numbers
  std::vector<std::string> names = {};       // of columns that somebody asks for: evidence that the first row names them
  std::string likely_header = {};            // as Layout says of files read before; decides where `names` do not
};

// CSV: RFC 4180 quotes; lines end in LF, CR LF or CR; spaces around cells dropped, inside quotes too, so that a quoted number is a number;
// gzip by its magic bytes. A column with a cell that is neither a number nor missing is a category.
// Also the layout of scikit-learn's files: a first line "rows,columns,class names ..." before nameless rows, whose last column is the class;
// it becomes the category "target", the others x0, x1, ...
// An empty line is no row; but of one column, between two rows, it is an empty cell, and a note says so.
// A last column with neither name nor cell is what a delimiter at the end of every row leaves, and is dropped.
// A column that is a number in nine of ten cells and text in some is refused: that is a typing error more often than a category; with
// fewer numbers it is a category, and a note says so. A row that repeats the header is refused by its line: two files were joined.
// throws: input, "FILE: row 3, column 'age': ..."; also for broken quotes, rows with too many or too few cells, bytes that are no text
Table read_csv(const std::string& path, const CsvOptions& options = {});
Table parse_csv(std::string_view text, const std::string& source, const CsvOptions& options = {});

}  // namespace grim
