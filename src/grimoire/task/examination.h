// What examinations of different tasks share: intervals, scores class by class, what is taken for what, tables as files.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "grimoire/metric/classification.h"
#include "grimoire/train/judgement.h"

namespace grim {

inline constexpr size_t kWorstShown = 12;
inline constexpr size_t kTextShown = 100;  // columns of a text in a table for people

// "with 95 % confidence, from ... to ..."
void add_interval(std::vector<report::Block>& blocks, double low, double high, const char* format);
// The same, in the result as "interval".
void add_interval(Examination& e, double low, double high, const char* format = "{:.4f}");

// The names that scores of classes go by: "class", "classes", "texts".
struct ClassWords {
  const char *one, *all, *counted;
};
void add_classes(Examination& e, std::span<const ClassScores> scores, const std::vector<std::string>& names, const ClassWords& words);
// counts[is * K + said]: all of them where there are few classes, and those pairs that are confused most often; all in the result as "confusion".
void add_confusion(Examination& e, std::span<const double> counts, const std::vector<std::string>& names, const ClassWords& words);
// Rows are what is, columns what was said.
report::Table confusion_table(std::span<const double> counts, const std::vector<std::string>& names);

// The places of the largest of these numbers, at most kWorstShown, the largest first and of equals the first; those that are not above 0 are none.
std::vector<size_t> largest(std::span<const double> numbers);

std::string to_csv(const report::Table& table);  // RFC 4180, a row of names first

}  // namespace grim
