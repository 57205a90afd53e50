// The cells of a CSV file before anybody knows what they mean.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

struct Cells {  // of all rows, one after the other
  std::vector<std::string_view> text;
  std::vector<size_t> row_start{0};   // into text
  std::vector<int64_t> line;          // of each row in the file, from 1
  std::deque<std::string> unescaped;  // storage of cells with doubled quotes
  std::vector<int64_t> blank;         // lines between two rows with nothing on them

  size_t rows() const { return line.size(); }
  size_t width(size_t row) const { return row_start[row + 1] - row_start[row]; }
  std::string_view at(size_t row, size_t column) const { return text[row_start[row] + column]; }
};

// One pass over the bytes; `text` must outlive the cells. A line with nothing on it is no row (with tabs between cells, a line of tabs
// is one). A quoted cell may hold delimiters and line ends; "" in it stands for one quote.
// throws: input, naming `source` and the line
Cells split_cells(std::string_view text, char delimiter, const std::string& source, size_t most_rows = SIZE_MAX);

// A cell as a CSV file has it: quoted where it holds the delimiter, a quote, a line end, or spaces at its ends, or nothing.
std::string csv_cell(std::string_view text, char delimiter = ',');

// The one of , ; tab | space that cuts the first rows into equally many cells, the very first row, which may be a title, too if possible;
// among several, the one that leaves the most numbers. `likely` is taken when it cuts the rows so.
char guess_delimiter(std::string_view text, const std::string& source, char likely);

bool to_number(std::string_view s, double& value);  // 1e999 is infinite, 1e-999 is 0
// "1,5" or "-2,25e3", as half of the world writes 1.5; 'grouped' when it may as well be a thousand: "1,500".
bool to_comma_number(std::string_view s, double& value, bool& grouped);
bool is_number(std::string_view cell);  // either
bool is_whole(std::string_view cell);   // digits with or without a sign
std::string plain_digits(std::string_view whole);       // "+007" as 7
std::string number_name(double v);                      // as short as tells it from every other double
bool is_rounded(std::string_view whole, double value);  // a whole number that is no double, like 2^53 + 1, of which `value` is the nearest

// Does the text of a number say more than its double? Up to 15 digits are told apart, and so is what a double was written as.
bool says_more(std::string_view cell, double value);

// Was the text of a number, 1e400 or 1e-400, read as infinite or as 0, which it is not?
bool leaves_range(std::string_view cell, double value);

// Two cells that are different numbers in the text and one in a double, as 1 and 1.00000000000000000001.
struct MergedCells {
  size_t cell, other;
};
std::optional<MergedCells> merged_cells(const std::function<std::string_view(size_t)>& cell, std::span<const double> values);

}  // namespace grim
