#include "grimoire/task/label_examination.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/metric/regression.h"
#include "grimoire/report/layout.h"
#include "grimoire/stats/correlation.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/examination.h"

namespace grim {
namespace {

using report::counted, report::Figure, report::number, report::Table;

constexpr ClassWords kWords{"class", "classes", "texts"};

// Rows of what is right and of what is said, text by text.
struct Rows {
  const double *is, *said;
  int64_t K;
  const Labels& set;

  static std::string named(const double* row, const Labels& set) {
    if (set.kind == LabelKind::number) return str("{:.4g}", row[0]);
    const auto K = std::ssize(set.names);
    if (set.kind == LabelKind::one) return set.names[static_cast<size_t>(std::max_element(row, row + K) - row)];
    std::vector<std::string> names;
    for (int64_t k = 0; k < K; ++k)
      if (row[k] > .5) names.push_back(set.names[static_cast<size_t>(k)]);
    return names.empty() ? "none" : joined(names);
  }
  const double* right(int64_t text) const { return is + text * K; }
  const double* answer(int64_t text) const { return said + text * K; }
  std::string in_words(int64_t text) const { return named(right(text), set); }
  std::string answer_in_words(int64_t text) const { return named(answer(text), set); }
  // How likely the answer was held: of several labels, the decision that was surest.
  double sure(int64_t text) const {
    const double* const p = answer(text);
    if (set.kind == LabelKind::one) return *std::max_element(p, p + K);
    double most = 0;
    for (int64_t k = 0; k < K; ++k) most = std::max(most, std::max(p[k], 1 - p[k]));
    return most;
  }
  // 0 where it is right; else how sure the wrong answer was, of a number how far off it is.
  double mistake(int64_t text) const {
    const double *const p = answer(text), *const y = right(text);
    if (set.kind == LabelKind::number) return std::abs(p[0] - y[0]);
    if (set.kind == LabelKind::one) return std::max_element(p, p + K) - p == std::max_element(y, y + K) - y ? 0 : sure(text);
    double most = 0;
    for (int64_t k = 0; k < K; ++k)
      if ((p[k] > .5) != (y[k] > .5)) most = std::max(most, std::max(p[k], 1 - p[k]));
    return most;
  }
};

void add_numbers(Examination& e, std::span<const double> is, std::span<const double> said) {
  const RegressionScores s = regression_scores(is, said);
  const auto varies = [](std::span<const double> x) { return std::ranges::any_of(x, [&](double v) { return v != x[0]; }); };
  if (is.size() > 3 && varies(is) && varies(said)) {
    if (const stats::TestResult r = stats::pearson_test(is, said); r.interval) add_interval(e, r.interval->low, r.interval->high);
    const double rho = stats::spearman_test(is, said, {.method = stats::PMethod::asymptotic}).statistic.value;
    e.blocks.push_back(Figure{"Spearman's rho", number(rho, "{:.4f}")});
    e.result.set("spearman", rho);
  }
  e.blocks.insert(e.blocks.end(), {Figure{"mean squared error", number(s.mse, "{:.4f}")}, Figure{"mean absolute error", number(s.mae, "{:.4f}")},
                                   Figure{"R squared", number(s.r2, "{:.4f}")}});
  e.result.set("mae", s.mae);
  e.result.set("r2", s.r2);
}

// Of several labels: counts of each are hits, false alarms, misses, and the rest.
std::vector<ClassScores> scores_of_several(std::span<const double> counts) {
  std::vector<ClassScores> all;
  for (size_t k = 0; k + 4 <= counts.size(); k += 4) {
    const double hits = counts[k], said = hits + counts[k + 1], there = hits + counts[k + 2];
    const auto share = [&](double of) { return of > 0 ? hits / of : 0; };
    all.push_back({share(said), share(there), hits > 0 ? 2 * hits / (said + there) : 0, there});
  }
  return all;
}

void add_all_classes(Examination& e, const LabelScores& s, const Labels& set) {
  const auto K = std::ssize(set.names);
  const bool one = set.kind == LabelKind::one;
  const std::vector<ClassScores> scores = one ? class_scores(s.confusion, K) : scores_of_several(s.confusion);
  double macro = 0;
  for (const ClassScores& c : scores) macro += c.f1 / static_cast<double>(K);
  e.blocks.push_back(Figure{"F1, the mean over classes", number(macro, "{:.4f}")});
  e.result.set("macro_f1", macro);
  if (one) {
    const double correlation = matthews(s.confusion, K);
    e.blocks.push_back(Figure{"Matthews correlation", number(correlation, "{:.4f}")});
    e.result.set("matthews", correlation);
  }
  add_classes(e, scores, set.names, kWords);
  if (one) add_confusion(e, s.confusion, set.names, kWords);
}

void add_worst(Examination& e, const Rows& rows, const LabelledTexts& texts) {
  const bool numbers = rows.set.kind == LabelKind::number, pairs = !texts.pairs.empty();
  const char* const how = numbers ? "off by" : "probability";
  Table worst{{"is", "said", how, "text"}, {}, "Worst mistakes"};
  if (pairs) worst.columns.push_back("and");
  Json all = Json::array();
  std::vector<double> mistakes;
  for (size_t t = 0; t < texts.size(); ++t) mistakes.push_back(rows.mistake(static_cast<int64_t>(t)));
  for (const size_t t : largest(mistakes)) {
    const auto text = static_cast<int64_t>(t);
    worst.rows.push_back({rows.in_words(text), rows.answer_in_words(text), number(mistakes[t], numbers ? "{:.4g}" : "{:.4f}"),
                          report::shortened(texts.texts[t], kTextShown)});
    Json one = Json::object({{"is", rows.in_words(text)}, {"said", rows.answer_in_words(text)}, {numbers ? "off_by" : "probability", mistakes[t]},
                             {"text", texts.texts[t]}});
    if (pairs) worst.rows.back().push_back(report::shortened(texts.pairs[t], kTextShown)), one.set("pair", texts.pairs[t]);
    one.set("place", texts.places[t]);
    all.push(one);
  }
  if (!worst.rows.empty()) e.blocks.push_back(worst);
  e.result.set("worst", all);
}

Table answers_of(const Rows& rows, const LabelledTexts& texts) {
  const bool numbers = rows.set.kind == LabelKind::number, pairs = !texts.pairs.empty();
  Table table{{"place", "text"}, {}};
  if (pairs) table.columns.push_back("pair");
  table.columns.insert(table.columns.end(), {"label", "said"});
  if (!numbers) table.columns.push_back("probability");
  if (!numbers)
    for (const std::string& name : rows.set.names) table.columns.push_back("p(" + name + ")");
  for (size_t t = 0; t < texts.size(); ++t) {
    const auto text = static_cast<int64_t>(t);
    std::vector<report::Value>& row = table.rows.emplace_back(std::vector<report::Value>{texts.places[t], texts.texts[t]});
    if (pairs) row.push_back(texts.pairs[t]);
    if (numbers) {
      row.insert(row.end(), {*rows.right(text), *rows.answer(text)});
      continue;
    }
    row.insert(row.end(), {rows.in_words(text), rows.answer_in_words(text), number(rows.sure(text), "{:.6f}")});
    for (int64_t k = 0; k < rows.K; ++k) row.push_back(number(rows.answer(text)[k], "{:.6f}"));
  }
  return table;
}

}  // namespace

Examination examined_labels(const LabelAnswers& answers, const LabelledTexts& texts, const Tensor& targets, const Labels& set) {
  const LabelScores s = score_labels(answers, targets);
  const double N = static_cast<double>(texts.size());
  Examination e{.judgement = {.loss = s.loss, .score = s.score, .weight = N}, .blocks = {Figure{score_name(set.kind), number(s.score, "{:.4f}")}},
                .result = Json::object({{score_name(set.kind), s.score}, {"loss", s.loss}})};
  const Rows rows{targets.data<double>(), answers.values.data<double>(), std::ssize(set.names), set};
  if (set.kind == LabelKind::one) {
    const auto known = stats::proportion_interval(std::round(s.score * N), N);
    add_interval(e, known.low, known.high);
  }
  if (set.kind == LabelKind::number) add_numbers(e, {rows.is, texts.size()}, {rows.said, texts.size()});
  else e.blocks.push_back(Figure{"nats a text", number(s.loss, "{:.4f}")});
  e.blocks.push_back(Figure{"texts", counted(std::ssize(texts.texts))});
  if (set.kind != LabelKind::number) add_all_classes(e, s, set);
  add_worst(e, rows, texts);
  e.answers = answers_of(rows, texts);
  return e;
}

}  // namespace grim
