#include "grimoire/command/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/report/layout.h"

namespace grim {
namespace {

double parse_number(std::string_view text, const std::string& flag) {
  if (text == "nan" || text == "NaN" || text == "NA") return std::nan("");
  double v = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
  if (error == std::errc::result_out_of_range)
    throw Error(ErrorKind::usage, str("--{} holds '{}', which is beyond what a double can hold", flag, text), "expected 0, or sizes from 5e-324 to 1.8e308");
  if (error != std::errc() || end != digits.data() + digits.size())
    throw Error(ErrorKind::usage, str("--{} holds '{}', expected numbers", flag, text),
                "numbers are separated by commas: 1,2.5,3; columns of a file need --data FILE.csv");
  return v;
}

constexpr std::string_view kSpace = " \t\r\n";

std::string_view without_space(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

}  // namespace

std::string rounding_note(const std::string& text, const std::string& where) {
  constexpr std::string_view kBetween = " \t\r\n,;";
  std::vector<std::string_view> words;
  std::vector<double> values;
  for (size_t i = text.find_first_not_of(kBetween); i < text.size();) {
    const size_t end = std::min(text.find_first_of(kBetween, i), text.size());
    const std::string_view word = std::string_view(text).substr(i, end - i);
    double v = 0;
    if (is_whole(word) && to_number(word, v) && std::abs(v) >= 0x1p53 && is_rounded(word, v))
      return str("{}: {} is beyond 2^53 and no double: it is rounded to {:.0f}", where, word, v);
    if (to_number(word, v)) words.push_back(word), values.push_back(v);
    i = text.find_first_not_of(kBetween, end);
  }
  const auto merged = merged_cells([&](size_t i) { return words[i]; }, values);
  if (!merged) return "";
  return str("{}: {} and {} are read as the same number, {}: a double holds no more digits", where, words[merged->cell], words[merged->other],
             number_name(values[merged->cell]));
}

std::vector<double> parse_numbers(const std::string& text, const std::string& flag, Gaps gaps) {
  std::vector<double> v;
  const std::string_view all = without_space(text);
  if (all.empty()) throw Error(ErrorKind::usage, str("--{} holds no number", flag), "numbers are separated by commas: 1,2.5,3");
  for (size_t at = 0; at <= all.size();) {
    const size_t comma = std::min(all.find(',', at), all.size());
    const std::string_view part = without_space(all.substr(at, comma - at));
    if (part.empty() && gaps == Gaps::refused)
      throw Error(ErrorKind::usage, str("--{}: entry {} is empty, expected a number", flag, v.size() + 1), "numbers are separated by one comma: 1,2.5,3");
    if (part.empty()) v.push_back(std::nan(""));
    for (size_t i = 0; i < part.size();) {
      const size_t end = std::min(part.find_first_of(kSpace, i), part.size());
      v.push_back(parse_number(part.substr(i, end - i), flag));
      i = std::min(part.find_first_not_of(kSpace, end), part.size());
    }
    at = comma + 1;
  }
  return v;
}

std::vector<std::vector<double>> parse_rows(const std::string& text, const std::string& flag, Gaps gaps) {
  std::vector<std::vector<double>> rows;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(';', at), text.size());
    const std::string part = text.substr(at, end - at);
    if (without_space(part).empty())
      throw Error(ErrorKind::usage, str("--{}: list {} is empty, expected numbers", flag, rows.size() + 1),
                  "lists are separated by one semicolon: 90,60;30,80");
    rows.push_back(parse_numbers(part, flag, gaps));
    at = end + 1;
  }
  return rows;
}

std::pair<std::string, double> parse_setting(const std::string& text, const std::string& flag) {
  const size_t at = text.find('=');
  if (at == std::string::npos || at == 0)
    throw Error(ErrorKind::usage, str("--{} holds '{}', expected NAME=NUMBER", flag, text), str("for example --{} shape=2.5", flag));
  return {text.substr(0, at), parse_number(std::string_view(text).substr(at + 1), flag)};
}

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (end == at) throw Error(ErrorKind::usage, str("name {} of '{}' is empty", names.size() + 1, text), "names are separated by one comma: a,b,c");
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

std::string aligned(const std::vector<std::pair<std::string, std::string>>& lines) {
  size_t width = 0;
  for (const auto& [name, value] : lines) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, value] : lines) out += "  " + name + std::string(width + 2 - name.size(), ' ') + value + "\n";
  return out;
}

std::string number(double v) { return std::isnan(v) ? "does not exist" : str("{:.10g}", v); }
std::string_view score_format(std::string_view metric, double v) {
  const double size = std::abs(v);
  if (metric != "rmse" && metric != "mae" && !(size >= 1e6)) return "{:.4f}";
  return size >= 1000 && size < 1e15 ? "{:.0f}" : "{:#.4g}";
}
std::string probability(double p) { return std::isnan(p) ? "does not exist" : p == 0 ? "below 5e-324" : str("{:.8g}", p); }

}  // namespace grim
