// A table: named columns of numbers or of categories, as a CSV file holds them. A missing cell is NaN.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

enum class ColumnKind : uint8_t { number, category };

struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  std::vector<double> values;       // of a category: its place in `levels`; NaN where missing
  std::vector<std::string> levels;  // of a category, sorted, or in the order that the file declares

  int64_t missing() const;
};

struct Table {
  std::string source;  // the path, for messages
  std::vector<Column> columns;

  int64_t rows() const { return columns.empty() ? 0 : static_cast<int64_t>(columns.front().values.size()); }
  // By name, or by number from 0 when no column has that name. throws: input, with the nearest name as a hint
  const Column& column(std::string_view name) const { return columns[index(name)]; }
  size_t index(std::string_view name) const;
};

struct CsvOptions {
  enum class Header : uint8_t { automatic, yes, no };
  Header header = Header::automatic;  // automatic: a first row whose cells are all text (and no other row's are) names the columns
  char delimiter = 0;                 // 0: the one of , ; tab | space that the first rows agree on
  char decimal = 0;                   // ',' or '.'; 0: commas are read as decimals where cells are not parted by commas
  std::vector<std::string> missing = {"", "NA", "NaN", "nan", "N/A", "null", "NULL", "?"};
  std::vector<std::string> categories = {};  // columns to read as categories though they hold numbers
};

// CSV: RFC 4180 quotes, CR LF or LF, spaces around cells dropped, gzip by its magic bytes. A column with a cell that is neither a
// number nor missing is a category. Also the layout of scikit-learn's files: a first line "rows,columns,class names ..." before
// nameless rows, whose last column is the class; it becomes the category "target", the others x0, x1, ...
// A last column with neither name nor cell is what a delimiter at the end of every row leaves, and is dropped.
// A column that is a number in nine of ten cells and text in some is refused: that is a typing error more often than a category.
// throws: input, "FILE: row 3, column 'age': ..."; also for broken quotes, rows with too many or too few cells, bytes that are no text
Table read_csv(const std::string& path, const CsvOptions& options = {});
Table parse_csv(std::string_view text, const std::string& source, const CsvOptions& options = {});

}  // namespace grim
