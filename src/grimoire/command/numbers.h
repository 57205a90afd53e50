// Numbers on a command line: lists, tables, or columns of a CSV file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "grimoire/data/table.h"

namespace grim {

// "1,2.5,-3e4": commas or spaces between. NaN where the text says nan or NA. throws: usage, naming the flag
std::vector<double> parse_numbers(const std::string& text, const std::string& flag);
// "1,2;3,4": one list for each part between semicolons.
std::vector<std::vector<double>> parse_rows(const std::string& text, const std::string& flag);
// "shape=2.5". throws: usage
std::pair<std::string, double> parse_setting(const std::string& text, const std::string& flag);
std::vector<std::string> split_names(const std::string& text);  // at commas

// "name          1.5\nother        12\n": pairs in aligned columns, indented by two.
std::string aligned(const std::vector<std::pair<std::string, std::string>>& lines);
std::string number(double v);  // up to ten digits, as short as they allow

}  // namespace grim
