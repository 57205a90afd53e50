#include "grimoire/command/stats/inputs.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/flag_words.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/classes.h"

namespace grim {

using namespace stats;

Options StatsInputs::of_list(const char* x) {
  return joined({{{.name = "x", .help = x, .target = &x_names, .basic = true, .required = true},
                  {.name = "data", .help = "a CSV file", .target = &data, .basic = true}},
                 layout.options()});
}

Options StatsInputs::of_pairs(const char* x, const char* y) {
  Options all = of_list(x);
  all.insert(all.begin() + 1, {.name = "y", .help = y, .target = &y_names, .basic = true, .required = true});
  return all;
}

Options StatsInputs::of_two() {
  Options all = of_list("numbers, or a column of --data; both samples with a semicolon between");
  all.insert(all.begin() + 1, {{.name = "y", .help = "the second sample", .target = &y_names, .basic = true, .without = {"group"}},
                               {.name = "group", .help = "the column of --data that tells two samples apart", .target = &group, .basic = true,
                                .with = "data"}});
  return all;
}

Options StatsInputs::of_groups() {
  Options all = of_list("numbers, groups between semicolons; or a column of --data");
  all.insert(all.begin() + 1, {.name = "group", .help = "the column of --data that tells groups apart", .target = &group, .basic = true, .with = "data"});
  return all;
}

Options StatsInputs::of_table() {
  Options all = of_pairs("a column of --data: the rows of the table", "a column of --data: its columns");
  for (Option& o : all) o.required = false;
  for (size_t i : {0, 1}) all[i].with = "data";
  all.insert(all.begin(), {.name = "table", .help = "counts, rows between semicolons: 90,60;30,80", .target = &table, .basic = true,
                           .without = {"x", "y", "data"}});
  return all;
}

Options StatsInputs::of_columns() {
  Options all = of_list("columns of --data, commas between; or lists of numbers, semicolons between");
  all[0].required = false;  // a file has all of its columns
  return all;
}

Option StatsInputs::of_gaps() {
  return {.name = "missing", .help = "NaN and missing cells", .target = &missing, .choices = {"error", "drop"}, .basic = true};
}

void StatsInputs::open() {
  if (data.empty()) {
    for (const auto& [text, where] : {std::pair{x_names, "--x"}, {y_names, "--y"}}) note_rounded(text, where);
    return;
  }
  CsvOptions csv;  // a column that is asked for by name is evidence of a header
  for (const std::string& names : {x_names, y_names, group})
    for (size_t at = 0; at < names.size();) {
      const size_t end = std::min(names.find(',', at), names.size());
      csv.names.push_back(names.substr(at, end - at));
      at = end + 1;
    }
  layout.set(csv);
  csv_ = read_csv(data, csv);
  notes_ = csv_->notes;
  for (const Column& c : csv_->columns) {
    if (!is_asked_for(c)) continue;
    notes_.insert(notes_.end(), c.notes.begin(), c.notes.end());
    const auto infinite = std::ranges::find_if(c.values, [](double v) { return std::isinf(v); });  // here, where rows are those of the file
    GRIM_CHECK(infinite == c.values.end(), input, test, "{}: row {} of column '{}' is {}, expected a finite number", data,
               infinite - c.values.begin() + 1, c.name, *infinite);
  }
}

// Without --x, the tests that take columns take all of them.
bool StatsInputs::is_asked_for(const Column& column) const {
  std::vector<std::string> asked = split_names(x_names);
  if (asked.empty()) return true;
  for (const std::string& y : split_names(y_names)) asked.push_back(y);
  if (!group.empty()) asked.push_back(group);
  return std::ranges::any_of(asked, [&](const std::string& name) { return &csv_->column(name) == &column; });
}

void StatsInputs::note_rounded(const std::string& text, const std::string& where) {
  if (std::string note = rounding_note(text, where); !note.empty()) notes_.push_back(std::move(note));
}

std::vector<double> StatsInputs::numbers(const std::string& given, const char* flag) const {
  if (given.empty())
    throw Error(ErrorKind::usage, str("--{} is missing", flag), csv_ ? "name a column of the file" : "numbers are separated by commas");
  if (!csv_) return parse_numbers(given, flag, Gaps::missing);
  return csv_->numbers(given);
}

std::vector<double> StatsInputs::whole(std::vector<double> v, const char* flag) {
  const size_t given = v.size();
  for (size_t i = 0; i < given; ++i)
    GRIM_CHECK(std::isfinite(v[i]) || (std::isnan(v[i]) && policy() == Missing::drop), numeric, test, "--{}: value {} is {}, expected a finite number",
               flag, i + 1, v[i]);
  std::erase_if(v, [](double d) { return std::isnan(d); });
  if (v.size() < given) notes_.push_back(str("{} of {} values of --{} were missing and left out", given - v.size(), given, flag));
  GRIM_CHECK(!v.empty(), argument, test, "--{}: all values are missing", flag);
  return v;
}

double single_number(const char* flag, const std::string& text, const char* what) {
  const std::vector<double> v = parse_numbers(text, flag);
  if (v.size() != 1) throw Error(ErrorKind::usage, str("--{} holds {} numbers, expected one: {}", flag, v.size(), what));
  return v[0];
}

void StatsInputs::check_gap(size_t row, const std::string& column) const {
  GRIM_CHECK(policy() == Missing::drop, numeric, test, "{}: row {} of column '{}' is missing", data, row + 1, column);
}

void StatsInputs::note_lost(size_t lost, size_t rows) {
  if (lost) notes_.push_back(str("{} of {} rows had a missing cell and were left out", lost, rows));
}

void StatsInputs::add_notes(Answer& a, const Options& flags) const {
  if (notes_.empty()) return;
  std::vector<std::string> said;
  for (const std::string& n : notes_) said.push_back(with_flags(n, flags));
  Json all = Json::array_of(said);
  if (const Json* own = a.json.find("notes"))
    for (const Json& n : own->items()) all.push(n);
  a.json.set("notes", std::move(all));
  for (const std::string& n : said) a.text += "note: " + n + "\n";
}

Groups StatsInputs::groups() {
  if (!csv_) {
    if (x_names.empty()) throw Error(ErrorKind::usage, "--x is missing", "groups are separated by semicolons: --x \"1,2,3;2,4,6\"");
    return parse_rows(x_names, "x", Gaps::missing);
  }
  if (group.empty()) throw Error(ErrorKind::usage, "--group is missing", "name the column that tells groups apart");
  const std::vector<double> values = x();
  Classes of = classes_of(csv_->column(group), data);
  Groups g(of.names.size());
  size_t lost = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) check_gap(i, x_names);
    if (of.of_row[i]) g[*of.of_row[i]].push_back(values[i]);
    else check_gap(i, group), ++lost;
  }
  labels = std::move(of.names);
  note_lost(lost, values.size());
  return g;
}

void StatsInputs::name_groups(TestResult& r) const {
  for (size_t i = 0; i < std::min(labels.size(), r.estimates.size()); ++i) r.estimates[i].name = "mean of " + labels[i];
  if (labels.size() == 2 && r.interval) r.interval->of = str("mean of {} less mean of {}", labels[0], labels[1]);
}

std::pair<std::vector<double>, std::vector<double>> StatsInputs::two() {
  if (y_names.empty() && (csv_ ? !group.empty() : x_names.find(';') != std::string::npos)) {
    Groups g = groups();
    if (g.size() != 2)
      throw Error(from_file() ? ErrorKind::input : ErrorKind::usage, str("got {} groups, expected two", g.size()), "anova and kruskal compare more");
    return {g[0], g[1]};
  }
  return {x(), y()};
}

Table2d StatsInputs::counts() {
  if (!csv_) {
    if (table.empty()) throw Error(ErrorKind::usage, "--table is missing", "rows are separated by semicolons: --table \"90,60;30,80\"");
    return parse_rows(table, "table");
  }
  for (const auto& [name, flag] : {std::pair{x_names, "--x"}, {y_names, "--y"}})
    if (name.empty()) throw Error(ErrorKind::usage, str("{} is missing", flag), "a table of counts is made of two columns, --x and --y");
  const Classes a = classes_of(csv_->column(x_names), data), b = classes_of(csv_->column(y_names), data);
  Table2d t(a.names.size(), std::vector<double>(b.names.size(), 0));
  size_t lost = 0;
  for (size_t i = 0; i < a.of_row.size(); ++i) {
    if (!a.of_row[i]) check_gap(i, x_names), ++lost;
    else if (!b.of_row[i]) check_gap(i, y_names), ++lost;
    else t[*a.of_row[i]][*b.of_row[i]] += 1;
  }
  note_lost(lost, a.of_row.size());
  return t;
}

DesignMatrix StatsInputs::matrix(bool with_y) const {
  DesignMatrix m;
  std::vector<std::vector<double>> columns;
  if (csv_) {
    std::vector<std::string> wanted = split_names(x_names);
    if (wanted.empty())
      for (const Column& c : csv_->columns)
        if (c.name != y_names && (with_y || c.kind == ColumnKind::number)) wanted.push_back(c.name);
    for (const std::string& name : wanted) {
      const Column& c = csv_->column(name);
      if (c.kind == ColumnKind::number) {
        columns.push_back(c.values), m.names.push_back(c.name);
        continue;
      }
      if (!with_y) refuse_text(c, data, "expected numbers");
      for (size_t level = 1; level < c.levels.size(); ++level) {
        std::vector<double> marks;
        for (double v : c.values) marks.push_back(std::isnan(v) ? v : v == static_cast<double>(level));
        columns.push_back(std::move(marks)), m.names.push_back(c.name + "=" + c.levels[level]);
      }
    }
    if (with_y) {
      if (y_names.empty()) throw Error(ErrorKind::usage, "--y is missing", "name the column to explain");
      const Column& c = csv_->column(y_names);
      if (c.kind == ColumnKind::category && c.levels.size() != 2)
        throw Error(ErrorKind::input, str("{}: column '{}' has {} categories, expected numbers or two", data, y_names, c.levels.size()));
      m.y = c.values;
    }
  } else {
    if (x_names.empty()) throw Error(ErrorKind::usage, "--x is missing", "columns are separated by semicolons: --x \"1,2,3;2,4,6\"");
    columns = parse_rows(x_names, "x", Gaps::missing);
    for (size_t j = 0; j < columns.size(); ++j) {
      m.names.push_back(str("x{}", j + 1));
      if (columns[j].size() != columns[0].size())
        throw Error(ErrorKind::usage, str("--x: list {} has {} numbers, the first has {}", j + 1, columns[j].size(), columns[0].size()));
    }
    if (with_y) m.y = y();
  }
  if (columns.empty()) throw Error(ErrorKind::usage, "--x names no column");
  const size_t rows = columns[0].size();
  if (with_y && m.y.size() != rows)
    throw Error(ErrorKind::usage, str("--x and --y hold {} and {} rows, expected as many", rows, m.y.size()));
  std::vector<double> values, answers;
  for (size_t i = 0; i < rows; ++i) {
    bool gap = with_y && std::isnan(m.y[i]);
    for (const auto& c : columns) gap |= std::isnan(c[i]);
    if (gap && policy() == Missing::drop) continue;
    for (const auto& c : columns) values.push_back(c[i]);
    if (with_y) answers.push_back(m.y[i]);
  }
  const size_t kept = values.size() / columns.size();
  if (kept < rows) m.notes.push_back(str("{} of {} rows had a missing cell and were left out", rows - kept, rows));
  m.y = std::move(answers);
  m.x = Tensor::from(values, {static_cast<int64_t>(kept), static_cast<int64_t>(columns.size())});
  return m;
}

}  // namespace grim
