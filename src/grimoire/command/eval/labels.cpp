// Encoders that label texts: how many they get right, class by class, and where they are most wrong.
#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/command/numbers.h"
#include "grimoire/metric/classification.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/label_scores.h"

namespace grim::eval {
namespace {

using report::Figure, report::number, report::Remark, report::Table;

std::string named(const double* row, const Labels& set) {
  if (set.kind == LabelKind::number) return str("{:.4g}", row[0]);
  std::vector<std::string> names;
  const auto K = std::ssize(set.names);
  if (set.kind == LabelKind::one) return set.names[static_cast<size_t>(std::max_element(row, row + K) - row)];
  for (int64_t k = 0; k < K; ++k)
    if (row[k] > .5) names.push_back(set.names[static_cast<size_t>(k)]);
  return names.empty() ? "none" : joined(names);
}

void add_classes(Judged& answer, const LabelScores& s, const Labels& set) {
  const auto K = std::ssize(set.names);
  Table classes{{"class", "precision", "recall", "F1", "texts"}, {}};
  Json all = Json::array();
  const auto add = [&](const std::string& name, double precision, double recall, double f1, double support) {
    classes.rows.push_back({name, number(precision, "{:.4f}"), number(recall, "{:.4f}"), number(f1, "{:.4f}"), support});
    all.push(Json::object({{"class", name}, {"precision", precision}, {"recall", recall}, {"f1", f1}, {"texts", support}}));
  };
  double macro = 0;
  if (set.kind == LabelKind::one) {
    const std::vector<ClassScores> scores = class_scores(s.confusion, K);
    for (int64_t k = 0; k < K; ++k) {
      const ClassScores& c = scores[static_cast<size_t>(k)];
      add(set.names[static_cast<size_t>(k)], c.precision, c.recall, c.f1, c.support);
      macro += c.f1 / static_cast<double>(K);
    }
  } else {
    for (int64_t k = 0; k < K; ++k) {
      const double* const c = s.confusion.data() + 4 * k;  // hits, false alarms, misses
      const auto share = [&](double of) { return of > 0 ? c[0] / of : 0; };
      const double f1 = c[0] > 0 ? 2 * c[0] / (2 * c[0] + c[1] + c[2]) : 0;
      add(set.names[static_cast<size_t>(k)], share(c[0] + c[1]), share(c[0] + c[2]), f1, c[0] + c[2]);
      macro += f1 / static_cast<double>(K);
    }
  }
  answer.report.blocks.push_back(Figure{"F1, the mean over classes", number(macro, "{:.4f}")});
  answer.result.set("macro_f1", macro);
  answer.report.blocks.push_back(classes);
  answer.result.set("classes", all);
  if (set.kind != LabelKind::one) return;
  answer.report.blocks.push_back(Figure{"Matthews correlation", number(matthews(s.confusion, K), "{:.4f}")});
  answer.result.set("matthews", matthews(s.confusion, K));
  constexpr int64_t kMost = 12;
  Json matrix = Json::array();
  for (int64_t i = 0; i < K; ++i) matrix.push(Json::array_of(std::span<const double>(s.confusion.data() + i * K, static_cast<size_t>(K))));
  if (K <= kMost) answer.report.blocks.push_back(confusion_table(s.confusion, set.names));
  answer.result.set("confusion", matrix);
}

}  // namespace

Judged judge_labels(const TrainedEncoder& trained, const EvalSettings& settings) {
  const Json run = training_settings(trained.about);
  const auto column = [&](const char* key) { return run.text(key, ""); };
  const LabelledColumns columns{column("text_column"), column("pair_column"), column("label_column")};
  const LabelledTexts texts = labelled_texts(read_text_rows(settings.data, {columns.text, columns.pair, columns.label}), columns);
  const Labels set = trained.model->label_set();
  const Tensor targets = label_targets(texts, set);
  const TextWindows windows = windows_of_run(run, *trained.model);
  const EncodedTexts encoded(*trained.tokenizer, texts.texts, texts.pairs, windows, texts.places);
  const LabelAnswers answers = answer_labels(*trained.model, encoded);
  const LabelScores s = score_labels(answers, targets);
  const double N = static_cast<double>(texts.size());
  const std::string signature = str("labels|{}|texts:{}|longer:{}|windows-of:{}|xxh3:{}", score_name(set.kind), texts.size(), encoded.longer(), windows.most,
                                    texts.content_hash);
  Judged answer{{"", {Figure{score_name(set.kind), number(s.score, "{:.4f}")}}}, Json::object({{score_name(set.kind), s.score}, {"loss", s.loss}})};
  if (set.kind == LabelKind::one) {
    const auto known = stats::proportion_interval(std::round(s.score * N), N);
    answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"with 95 % confidence, from", number(known.low, "{:.4f}")},
                                                             Figure{"to", number(known.high, "{:.4f}")}});
    answer.result.set("interval", Json::array({known.low, known.high}));
  }
  answer.report.blocks.push_back(Figure{set.kind == LabelKind::number ? "mean squared error" : "nats a text", number(s.loss, "{:.4f}")});
  answer.report.blocks.push_back(Figure{"texts", counted(std::ssize(texts.texts))});
  if (set.kind != LabelKind::number) add_classes(answer, s, set);
  Table worst{{"is", "said", "loss", "text"}, {}, "Worst mistakes"};
  Json mistakes = Json::array();
  const auto K = std::ssize(set.names);
  for (const LabelScores::Mistake& m : s.worst) {
    const std::string is = named(targets.data<double>() + m.text * K, set), said = named(answers.values.data<double>() + m.text * K, set);
    if (is == said) continue;
    const std::string& text = texts.texts[static_cast<size_t>(m.text)];
    worst.rows.push_back({is, said, number(m.loss, "{:.2f}"), std::string(whole_characters(text, 60))});
    mistakes.push(Json::object({{"is", is}, {"said", said}, {"loss", m.loss}, {"text", text}, {"place", texts.places[static_cast<size_t>(m.text)]}}));
  }
  if (!worst.rows.empty()) answer.report.blocks.push_back(worst);
  answer.result.set("worst", mistakes);
  answer.report.blocks.push_back(Remark{signature});
  answer.result.set("signature", signature);
  return answer;
}

}  // namespace grim::eval
