// Numbers on a command line: lists, tables, or columns of a CSV file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/data/table.h"
#include "grimoire/report/report.h"

namespace grim {

// A list's first whole number beyond 2^53 that no double holds, as a note: "--x: 9007199254740993 is rounded to ..."; or the first two
// entries that differ in the text alone; else empty.
std::string rounding_note(const std::string& text, const std::string& where);

// An entry with nothing in it, as the second of "1,,3", is never skipped: the places after it would shift.
enum class Gaps : uint8_t { refused, missing };  // missing: NaN, as where the text says nan or NA

// "1,2.5,-3e4": a comma, or spaces, between two entries. throws: usage, naming the flag and the place
std::vector<double> parse_numbers(const std::string& text, const std::string& flag, Gaps gaps = Gaps::refused);
// "1,2;3,4": one list for each part between semicolons. throws: usage; a list with no number in it too
std::vector<std::vector<double>> parse_rows(const std::string& text, const std::string& flag, Gaps gaps = Gaps::refused);
// "shape=2.5". throws: usage
std::pair<std::string, double> parse_setting(const std::string& text, const std::string& flag);
std::vector<std::string> split_names(const std::string& text);  // at commas. throws: usage, an empty name

// "name          1.5\nother        12\n": pairs in aligned columns, indented by two.
std::string aligned(const std::vector<std::pair<std::string, std::string>>& lines);
std::string number(double v);       // up to ten digits, as short as they allow; "does not exist" for NaN
// How a score is shown: with four decimals; where it has the target's unit (rmse, mae) or is huge, with four significant digits at least.
std::string_view score_format(std::string_view metric, double v);
std::string probability(double p);  // up to eight digits; "below 5e-324" where it is 0, as a double has no smaller one

}  // namespace grim
