// ROUGE of many summaries as rows of a table and as JSON: what 'score rouge' and 'summarize' say.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/metric/rouge.h"
#include "grimoire/report/report.h"

namespace grim {

struct RougeScores {
  std::vector<RougeKind> kinds;
  std::vector<std::vector<PrecisionRecall>> of_texts;  // [kind][text]

  explicit RougeScores(std::span<const std::string> names);  // none: 1, 2, L and Lsum. throws: argument, with the nearest name
  void add(std::string_view summary, std::span<const std::string_view> references, Stemming stemming);
};

// A row for each kind; and in `result` an object for each.
report::Table rouge_table(const RougeScores& scores, const RougeAggregation& how, Json& result);
Json rouge_json(const PrecisionRecall& s, double f1);
// What scores depend on besides the texts, in one line.
std::string rouge_signature(size_t references, Stemming stemming, const RougeAggregation& how);

}  // namespace grim
