#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concept.h"
#include "grimoire/report/layout.h"

namespace grim::learn {
namespace {

bool read_number(std::string_view text, double& value) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

// A bound next to 0 stands for what must be above it.
std::string range_of(double low, double high) {
  if (low > 0 && low < 1e-5) return " above 0" + (high < 1e299 ? str(", up to {:.15g}", high) : std::string());
  if (low > -1e299 && high < 1e299) return str(" from {:.15g} to {:.15g}", low, high);
  if (low > -1e299) return str(" from {:.15g} up", low);
  if (high < 1e299) return str(" up to {:.15g}", high);
  return "";
}

}  // namespace

Settings::value_type setting_in(const std::string& word, const Concept& concept_, bool any) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  const size_t end = word.find_first_not_of(kLetters);
  const std::string name = word.substr(0, end);
  const auto is_input = [&](const std::string& line) { return split_once(line, "=").first == name; };
  const bool named = !name.empty() && end != word.npos && word[end] == '=' && (any || std::ranges::any_of(lines_of(concept_.inputs), is_input));
  return named ? Settings::value_type(name, word.substr(end + 1)) : Settings::value_type("", word);
}

Inputs::Inputs(const Concept& concept_, const Settings& settings) {
  std::vector<std::string> names;
  for (const std::string& line : lines_of(concept_.inputs)) {
    const auto [name, rest] = split_once(line, "=");
    values_.emplace_back(name, split_once(rest, ":").first);
    names.push_back(name);
  }
  std::map<std::string, std::string> given;
  for (const auto& [name, text] : settings) {
    if (names.empty()) throw Error(ErrorKind::usage, str("{}: this entry takes no values", concept_.id));
    const std::string& to = name.empty() ? names[0] : name;
    const auto found = std::ranges::find(values_, to, &Settings::value_type::first);
    if (!given.emplace(to, text).second)
      throw Error(ErrorKind::usage, str("'{}' is given twice: {} and {}", to, report::shortened(given.at(to), 60), report::shortened(text, 60)));
    if (found != values_.end()) {
      found->second = text;
    } else if (concept_.free_names) {
      values_.emplace_back(to, text);
    } else {
      std::string list;
      for (const std::string& line : lines_of(concept_.inputs))
        list += str("{}{} ({})", list.empty() ? "" : ", ", split_once(line, "=").first, split_once(line, ":").second);
      throw Error(ErrorKind::usage, str("{}: there is no symbol '{}'", concept_.id, to), "it takes " + list);
    }
  }
}

std::string Inputs::as_line() const {
  constexpr size_t kMost = 200;  // columns of one; a file may stand there
  std::string list;
  for (const auto& [name, text] : values_) list += (list.empty() ? "" : ", ") + name + " = " + report::shortened(text, kMost);
  return list;
}

const std::string& Inputs::text(std::string_view name) const {
  const auto found = std::ranges::find(values_, name, &Settings::value_type::first);
  GRIM_CHECK(found != values_.end(), state, "explain", "an entry asks for the input '{}', which it does not declare", name);
  return found->second;
}

void Inputs::refuse(std::string_view name, const std::string& expected) const {
  throw Error(ErrorKind::usage, str("{}: got {}, expected {}", name, text(name).empty() ? "nothing" : report::shortened(text(name), 60), expected));
}

double Inputs::number(std::string_view name, double low, double high) const {
  double value;
  if (!read_number(text(name), value) || value < low || value > high)
    refuse(name, low == 0 && high == 1                                   ? "a probability from 0 to 1"
                 : low > 0 && low < 1e-9 && high < 1 && high > 1 - 1e-9 ? "a probability strictly between 0 and 1"
                                                                        : "a number" + range_of(low, high));
  return value;
}

int64_t Inputs::integer(std::string_view name, int64_t low, int64_t high) const {
  double value;
  if (!read_number(text(name), value) || value != std::floor(value) || value < static_cast<double>(low) || value > static_cast<double>(high))
    refuse(name, str("a whole number from {} to {}", low, high));
  return static_cast<int64_t>(value);
}

std::vector<double> Inputs::numbers(std::string_view name, double low, double high, size_t at_least, size_t at_most) const {
  std::vector<double> values;
  for (std::string_view part : split(text(name), ',')) {
    double value;
    if (!read_number(part, value) || value < low || value > high) refuse(name, "numbers" + range_of(low, high) + ", with commas between them");
    values.push_back(value);
  }
  if (values.size() < at_least || values.size() > at_most)
    refuse(name, at_least == at_most       ? str("{} numbers, with commas between them", at_least)
                 : values.size() < at_least ? str("at least {} numbers, with commas between them", at_least)
                                            : str("at most {} numbers", at_most));
  return values;
}

namespace {
bool is_count(double v) { return v >= 0 && v == std::floor(v); }
}  // namespace

std::vector<double> Inputs::counts(std::string_view name, double low, double high, size_t at_least, size_t at_most) const {
  std::vector<double> values = numbers(name, -1e300, 1e300, at_least, at_most);
  if (!std::ranges::all_of(values, [&](double v) { return is_count(v) && low <= v && v <= high; })) refuse(name, "counts: whole numbers" + range_of(low, high));
  return values;
}

std::vector<std::vector<double>> Inputs::count_matrix(std::string_view name, double high) const {
  std::vector<std::vector<double>> rows = matrix(name);
  for (const auto& row : rows)
    for (double v : row)
      if (!is_count(v) || v > high) refuse(name, "counts: whole numbers" + range_of(0, high));
  return rows;
}

std::vector<double> Inputs::probabilities(std::string_view name) const {
  std::vector<double> p = numbers(name, 0, 1);
  double sum = 0;
  for (double v : p) sum += v;
  if (std::abs(sum - 1) > 1e-6) refuse(name, str("probabilities that sum to 1 (these sum to {:.6g})", sum));
  return p;
}

std::vector<std::vector<double>> Inputs::matrix(std::string_view name) const {
  std::vector<std::vector<double>> rows;
  for (std::string_view row : split(text(name), ';')) {
    rows.emplace_back();
    for (std::string_view part : split(row, ',')) {
      double value;
      if (!read_number(part, value)) refuse(name, "a matrix: rows between semicolons, numbers between commas, as 1,2;3,4");
      rows.back().push_back(value);
    }
    if (rows.back().size() != rows[0].size()) refuse(name, "rows of one length");
  }
  return rows;
}

std::vector<std::string> Inputs::words(std::string_view name, size_t at_least) const {
  std::vector<std::string> words;
  for (std::string_view rest = trimmed(text(name)); !rest.empty();) {
    const size_t end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    words.emplace_back(rest.substr(0, end));
    rest = trimmed(rest.substr(end));
  }
  if (words.size() < at_least) refuse(name, at_least == 1 ? std::string("a word") : str("at least {} words", at_least));
  return words;
}

}  // namespace grim::learn
