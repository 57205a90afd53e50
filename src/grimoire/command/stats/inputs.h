// What the command stats is given: numbers on the command line or columns of a file, with one policy for what is missing.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/command/csv_flags.h"
#include "grimoire/command/stats/answer.h"
#include "grimoire/data/table.h"
#include "grimoire/stats/counts.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

// Columns of numbers and what they explain.
struct DesignMatrix {
  Tensor x;
  std::vector<double> y;
  std::vector<std::string> names, notes;
};

class StatsInputs {
 public:
  std::string test;                                                     // its name, for errors
  std::string x_names, y_names, group, table, data, missing = "error";  // as the flags say
  CsvFlags layout;                                                      // of `data`
  std::vector<std::string> labels = {};                                 // of groups that came from a column

  // The options by which numbers come: of one list; of two that belong together; of two samples; of groups; of a table of counts; of columns.
  Options of_list(const char* x = "numbers, or a column of --data");
  Options of_pairs(const char* x = "numbers, or a column of --data", const char* y = "as many numbers, or another column");
  Options of_two();
  Options of_groups();
  Options of_table();
  Options of_columns();
  Option of_gaps();  // --missing, for tests that have a policy

  void open();  // reads `data`. throws: input
  bool from_file() const { return csv_.has_value(); }
  stats::Missing policy() const { return missing == "drop" ? stats::Missing::drop : stats::Missing::error; }

  // All throw: usage, a flag that is missing or does not fit; input, a column that does not; numeric, a gap where it is refused.
  std::vector<double> x() const { return numbers(x_names, "x"); }
  std::vector<double> y() const { return numbers(y_names, "y"); }
  // For tests without a policy of their own: missing values are refused, or left out with a note.
  std::vector<double> whole(std::vector<double> values, const char* flag);
  stats::Groups groups();
  void name_groups(stats::TestResult& result) const;  // "mean of oak" in place of numbers, where the groups came from a column
  bool has_two() const { return !y_names.empty() || !group.empty() || (!csv_ && x_names.find(';') != std::string::npos); }
  std::pair<std::vector<double>, std::vector<double>> two();  // x and y, or the two groups of one column
  stats::Table2d counts();
  // Columns of x as a matrix: categories become one column a level but the first. Rows with a missing cell are dropped on demand.
  DesignMatrix matrix(bool with_y) const;

  void add_notes(Answer& answer, const Options& flags) const;  // of what was left out or rounded
  void note_rounded(const std::string& text, const std::string& where);

 private:
  std::vector<double> numbers(const std::string& given, const char* flag) const;
  void check_gap(size_t row, const std::string& column) const;  // throws: numeric, where gaps are refused
  void note_lost(size_t lost, size_t rows);
  bool is_asked_for(const Column& column) const;

  std::optional<Table> csv_;
  std::vector<std::string> notes_;
};

// The one number that a flag holds. throws: usage
double single_number(const char* flag, const std::string& text, const char* what);

}  // namespace grim
