#include "grimoire/task/examination.h"

#include <algorithm>

#include "grimoire/base/str.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/report/layout.h"

namespace grim {

using report::Figure, report::number, report::Table;

void add_interval(std::vector<report::Block>& blocks, double low, double high, const char* format) {
  blocks.insert(blocks.end(), {Figure{"with 95 % confidence, from", number(low, format)}, Figure{"to", number(high, format)}});
}

void add_interval(Examination& e, double low, double high, const char* format) {
  add_interval(e.blocks, low, high, format);
  e.result.set("interval", Json::array({low, high}));
}

void add_classes(Examination& e, std::span<const ClassScores> scores, const std::vector<std::string>& names, const ClassWords& words) {
  Table table{{words.one, "precision", "recall", "F1", words.counted}, {}};
  Json all = Json::array();
  for (size_t k = 0; k < scores.size(); ++k) {
    const ClassScores& c = scores[k];
    table.rows.push_back({names[k], number(c.precision, "{:.4f}"), number(c.recall, "{:.4f}"), number(c.f1, "{:.4f}"), c.support});
    all.push(Json::object({{words.one, names[k]}, {"precision", c.precision}, {"recall", c.recall}, {"f1", c.f1}, {words.counted, c.support}}));
  }
  e.blocks.push_back(table);
  e.result.set(words.all, all);
}

void add_confusion(Examination& e, std::span<const double> counts, const std::vector<std::string>& names, const ClassWords& words) {
  constexpr size_t kMost = 12;
  const size_t K = names.size();
  Json matrix = Json::array();
  std::vector<double> wrong(counts.begin(), counts.end());
  for (size_t k = 0; k < K; ++k) matrix.push(Json::array_of(counts.subspan(k * K, K))), wrong[k * K + k] = 0;
  e.result.set("confusion", matrix);
  if (K <= kMost) e.blocks.push_back(confusion_table(counts, names));
  Table most{{"is", "said", words.counted}, {}, "Most often confused"};
  for (const size_t at : largest(wrong)) most.rows.push_back({names[at / K], names[at % K], wrong[at]});
  if (K > 2 && !most.rows.empty()) e.blocks.push_back(most);
}

Table confusion_table(std::span<const double> counts, const std::vector<std::string>& names) {
  constexpr size_t kMostLetters = 14;
  const size_t K = names.size();
  Table table{{"is \\ predicted"}, {}};
  for (const std::string& c : names) table.columns.push_back(report::shortened(c, kMostLetters));
  for (size_t i = 0; i < K; ++i) {
    table.rows.push_back({report::shortened(names[i], kMostLetters)});
    for (size_t j = 0; j < K; ++j) table.rows.back().push_back(number(counts[i * K + j], "{:.6g}"));
  }
  return table;
}

std::vector<size_t> largest(std::span<const double> numbers) {
  std::vector<size_t> places;
  for (size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] > 0) places.push_back(i);
  const auto shown = places.begin() + static_cast<int64_t>(std::min(kWorstShown, places.size()));
  std::ranges::partial_sort(places, shown, [&](size_t a, size_t b) { return numbers[a] != numbers[b] ? numbers[a] > numbers[b] : a < b; });
  places.erase(shown, places.end());
  return places;
}

std::string to_csv(const Table& table) {
  std::string text;
  const auto add = [&](size_t column, const std::string& cell) { text += (column ? "," : "") + csv_cell(cell); };
  for (size_t c = 0; c < table.columns.size(); ++c) add(c, table.columns[c]);
  for (const std::vector<report::Value>& row : table.rows) {
    text += "\n";
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string* const words = std::get_if<std::string>(&row[c]);  // as they are: to_text is for a terminal
      add(c, words ? *words : to_text(row[c]));
    }
  }
  return text + "\n";
}

}  // namespace grim
