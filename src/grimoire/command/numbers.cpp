#include "grimoire/command/numbers.h"

#include <charconv>
#include <cmath>

#include "grimoire/base/error.h"

namespace grim {
namespace {

double parse_number(std::string_view text, const std::string& flag) {
  if (text == "nan" || text == "NaN" || text == "NA") return std::nan("");
  double v = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw Error(ErrorKind::usage, str("--{} holds '{}', expected numbers", flag, text),
                "numbers are separated by commas: 1,2.5,3; columns of a file need --data FILE.csv");
  return v;
}

}  // namespace

std::vector<double> parse_numbers(const std::string& text, const std::string& flag) {
  std::vector<double> v;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(", \t\n", at), text.size());
    if (end > at) v.push_back(parse_number(std::string_view(text).substr(at, end - at), flag));
    at = end + 1;
  }
  if (v.empty()) throw Error(ErrorKind::usage, str("--{} holds no number", flag), "numbers are separated by commas: 1,2.5,3");
  return v;
}

std::vector<std::vector<double>> parse_rows(const std::string& text, const std::string& flag) {
  std::vector<std::vector<double>> rows;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(';', at), text.size());
    if (text.find_first_not_of(" \n", at) < end) rows.push_back(parse_numbers(text.substr(at, end - at), flag));
    at = end + 1;
  }
  if (rows.empty()) throw Error(ErrorKind::usage, str("--{} holds no number", flag), "rows are separated by semicolons: 90,60;30,80");
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
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (end > at) names.push_back(text.substr(at, end - at));
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

std::string number(double v) { return str("{:.10g}", v); }

}  // namespace grim
