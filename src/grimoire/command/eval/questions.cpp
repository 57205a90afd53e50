// Encoders that mark answers in texts: exact match and F1 as SQuAD counts them, thresholds, and the answers they are wrongly sure of.
#include <algorithm>
#include <cmath>

#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/stats/counts.h"

namespace grim::eval {
namespace {

using report::Figure, report::number, report::Remark, report::Table;

void add_part(Judged& answer, const char* words, const char* key, const std::optional<AnswerScores>& part) {
  if (!part) return;
  answer.report.blocks.insert(answer.report.blocks.end(), {Figure{str("exact match {}, %", words), number(part->exact, "{:.4f}")},
                                                           Figure{str("F1 {}, %", words), number(part->f1, "{:.4f}")},
                                                           Figure{str("questions {}", words), counted(part->questions)}});
  answer.result.set(str("{}_exact", key), part->exact);
  answer.result.set(str("{}_f1", key), part->f1);
  answer.result.set(str("{}_total", key), part->questions);
}

void add_thresholds(Judged& answer, const std::vector<Question>& questions) {
  const BestThresholds best = best_thresholds(questions);
  answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"best exact match, %", number(best.exact.score, "{:.4f}")},
                                                           Figure{"at the null threshold", number(best.exact.threshold, "{:.4f}")},
                                                           Figure{"best F1, %", number(best.f1.score, "{:.4f}")},
                                                           Figure{"at the null threshold", number(best.f1.threshold, "{:.4f}")}});
  answer.result.set("best_exact", best.exact.score);
  answer.result.set("best_exact_thresh", best.exact.threshold);
  answer.result.set("best_f1", best.f1.score);
  answer.result.set("best_f1_thresh", best.f1.threshold);
}

// Answers that share no word with a right one, the surest first.
void add_worst(Judged& answer, const TextQuestions& questions, const std::vector<Question>& given, const std::vector<double>& sure, SquadVersion version) {
  constexpr size_t kShown = 10, kWidth = 44;
  std::vector<size_t> wrong;
  for (size_t q = 0; q < given.size(); ++q)
    if (squad({&given[q], 1}, version).all.f1 == 0) wrong.push_back(q);
  std::ranges::stable_sort(wrong, std::greater<>(), [&](size_t q) { return sure[q]; });
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("(none)") : std::string(whole_characters(text, kWidth)); };
  Table table{{"is", "said", "probability", "question"}, {}, "Worst mistakes"};
  Json all = Json::array();
  for (const size_t q : std::span(wrong).first(std::min(kShown, wrong.size()))) {
    const std::string right = given[q].right.empty() ? "" : given[q].right[0];
    table.rows.push_back({shown(right), shown(given[q].given), number(sure[q], "{:.3f}"), shown(questions.questions[q].text)});
    all.push(Json::object({{"id", questions.questions[q].id}, {"is", right}, {"said", given[q].given}, {"probability", sure[q]},
                           {"question", questions.questions[q].text}, {"place", questions.questions[q].place}}));
  }
  if (!table.rows.empty()) answer.report.blocks.push_back(table);
  answer.result.set("worst", all);
}

}  // namespace

Judged judge_answers(const TrainedEncoder& trained, const EvalSettings& settings) {
  const Json run = training_settings(trained.about);
  const TextQuestions questions = read_questions(settings.data);
  const AnswerOptions options = answer_options_of_run(run, questions.without_answer() > 0, settings.null_threshold);
  const QuestionWindows windows = question_windows_of_run(run, *trained.model);
  const EncodedQuestions encoded(*trained.tokenizer, questions, windows);
  const AnsweredQuestions answered = answer_questions(*trained.model, encoded, options);
  const SquadScores s = score_answers(questions, answered.questions, options);
  const SquadVersion version = options.may_lack || questions.without_answer() > 0 ? SquadVersion::v2 : SquadVersion::v1;
  const auto N = static_cast<double>(questions.size());
  const auto known = stats::proportion_interval(std::round(s.all.exact / 100 * N), N);
  Judged answer{{"", {Figure{"exact match, %", number(s.all.exact, "{:.4f}")}, Figure{"with 95 % confidence, from", number(100 * known.low, "{:.2f}")},
                      Figure{"to", number(100 * known.high, "{:.2f}")}, Figure{"F1, %", number(s.all.f1, "{:.4f}")}}},
                Json::object({{"exact", s.all.exact}, {"f1", s.all.f1}, {"total", s.all.questions}, {"interval", Json::array({known.low, known.high})}})};
  add_part(answer, "with an answer", "HasAns", s.with_answer);
  add_part(answer, "without one", "NoAns", s.without_answer);
  const std::vector<Question> found = for_squad(questions, answered.questions);
  if (options.may_lack) add_thresholds(answer, found);
  answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"nats a window", number(answered.loss, "{:.4f}")},
                                                           Figure{"questions", counted(std::ssize(questions.questions))},
                                                           Figure{"windows", counted(encoded.windows())}});
  answer.result.set("loss", answered.loss);
  answer.result.set("windows", encoded.windows());
  std::vector<Question> given = found;
  std::vector<double> sure;
  Json written = Json::object();
  for (size_t q = 0; q < given.size(); ++q) {
    const FoundAnswers& f = answered.questions[q];
    if (f.says_none(options)) given[q].given.clear();
    sure.push_back(f.says_none(options) ? f.none_probability : f.spans.front().probability);
    written.append(questions.questions[q].id, given[q].given);
  }
  if (!settings.out.empty()) write_atomically(settings.out, written.dump_pretty());
  add_worst(answer, questions, given, sure, version);
  const std::string signature =
      str("answers|squad:{}{}|longest:{}|windows-of:{}|stride:{}|{}questions:{}|data:{}|grimoire:{}", version == SquadVersion::v2 ? "2.0" : "1.1",
          options.may_lack ? str("|null-threshold:{:.6g}", options.threshold) : "", options.longest, windows.most, windows.stride,
          trained.dtype == Dtype::f32 ? "" : str("weights:{}|", name_of(trained.dtype)), questions.size(), questions.content_hash.substr(0, 16), GRIM_VERSION);
  answer.report.blocks.push_back(Remark{signature});
  answer.result.set("signature", signature);
  return answer;
}

}  // namespace grim::eval
