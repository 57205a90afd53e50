#include "grimoire/task/rouge_rows.h"

#include "grimoire/base/str.h"

namespace grim {

using report::number;

RougeScores::RougeScores(std::span<const std::string> names) {
  const std::vector<std::string> usual = {"rouge1", "rouge2", "rougeL", "rougeLsum"};
  for (const std::string& name : names.empty() ? std::span<const std::string>(usual) : names) kinds.push_back(rouge_kind(name));
  of_texts.resize(kinds.size());
}

void RougeScores::add(std::string_view summary, std::span<const std::string_view> references, Stemming stemming) {
  for (size_t k = 0; k < kinds.size(); ++k) of_texts[k].push_back(rouge(kinds[k], summary, references, stemming));
}

report::Table rouge_table(const RougeScores& scores, const RougeAggregation& how, Json& result) {
  report::Table table{{"", "precision", "recall", "F", "from", str("to ({:.4g} %)", 100 * how.level)}, {}};
  const std::vector<RougeInterval> intervals = aggregate(scores.of_texts, how);
  const auto shown = [](double v) { return number(v, "{:.4f}"); };
  for (size_t k = 0; k < scores.kinds.size(); ++k) {
    PrecisionRecall mean;
    double f = 0;
    const auto n = static_cast<double>(scores.of_texts[k].size());
    for (const PrecisionRecall& s : scores.of_texts[k]) mean.precision += s.precision / n, mean.recall += s.recall / n, f += s.f1() / n;
    const RougeInterval& i = intervals[k];
    const std::string kind = scores.kinds[k].name();
    table.rows.push_back({kind, shown(mean.precision), shown(mean.recall), shown(f), shown(i.f1_low), shown(i.f1_high)});
    result.set(kind, Json::object({{"precision", mean.precision}, {"recall", mean.recall}, {"f1", f}, {"low", rouge_json(i.low, i.f1_low)},
                                   {"mid", rouge_json(i.middle, i.f1_middle)}, {"high", rouge_json(i.high, i.f1_high)}}));
  }
  return table;
}

Json rouge_json(const PrecisionRecall& s, double f1) { return Json::object({{"precision", s.precision}, {"recall", s.recall}, {"f1", f1}}); }

std::string rouge_signature(size_t references, Stemming stemming, const RougeAggregation& how) {
  return str("nrefs:{}|words:a-z0-9|stem:{}|of-refs:best-f|mean:of-texts|bs:{}|seed:{}|version:grimoire-{}", references,
             stemming == Stemming::porter ? "porter-nltk" : "no", how.samples, how.seed, GRIM_VERSION);
}

}  // namespace grim
