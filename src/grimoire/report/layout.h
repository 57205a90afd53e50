// Laying text out on a terminal: widths, wrapped lines, tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grim::report {

// Columns that UTF-8 text takes on a terminal; escape sequences and combining marks take none, ideographs two.
size_t display_width(std::string_view text);

// Control characters (C0, C1) as \x1b, so that no text moves the cursor or changes the terminal. Tabs become a blank, bytes that are no character U+FFFD.
std::string shown(std::string_view text);
// The same of the front of the text, "..." behind it where some is left out: at most `most` columns.
std::string shortened(std::string_view text, size_t most);

// `text` broken at blanks, `first` before the first line and `next` before the others; no line is wider than `width` unless one word is.
std::string flowed(std::string_view text, std::string_view first, std::string_view next, size_t width);

struct TableLayout {
  bool first_is_head = false;  // a rule below the first row
  size_t width = 80;           // of all of it; wider tables break their widest cells, and are listed row by row where that is not enough
  std::string indent = {};
  bool numbers_right = false;  // columns whose cells below the head are numbers
  std::vector<bool> right = {};  // or just these
};
bool reads_as_number(std::string_view cell);  // also "", "-", nan and inf
// The least width at which cells need not be listed row by row.
size_t least_width(const std::vector<std::vector<std::string>>& rows, const std::string& indent);
std::string aligned_table(const std::vector<std::vector<std::string>>& rows, const TableLayout& layout = {});

}  // namespace grim::report
