#include "grimoire/command/predict_answers.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/task/answer_spans.h"

namespace grim {
namespace {

TextQuestions questions_of(const TextsToLabel& asked) {
  if (!asked.data.empty()) return read_questions(asked.data, WithAnswers::unread);
  const char* const hint = "--question asks, --text is where the answer is looked for; or give --data FILE of both";
  if (asked.questions.empty()) throw Error(ErrorKind::usage, "--question is missing: this model finds the answer to one in a text", hint);
  if (asked.texts.size() != 1) throw Error(ErrorKind::usage, str("{} texts are given with --text, expected one for the questions", asked.texts.size()), hint);
  TextQuestions all;
  all.contexts = asked.texts;
  all.articles = {0};
  for (const std::string& q : asked.questions)
    if (trimmed(q).empty()) throw Error(ErrorKind::usage, "--question is empty", hint);
  for (const std::string& q : asked.questions) all.questions.push_back({.id = "", .text = q, .context = 0, .answers = {}, .place = str("question '{}'", q)});
  return all;
}

// {"answer": ..., "probability": ..., "start": ..., "end": ...}: characters of the context, as SQuAD counts them.
Json json_of(const TextQuestions& questions, size_t q, const ScoredSpan& span) {
  const std::string_view context = questions.context_of(q);
  return Json::object({{"answer", questions.text_in(q, span.bytes)}, {"probability", span.probability},
                       {"start", count_code_points(context.substr(0, span.bytes.begin))}, {"end", count_code_points(context.substr(0, span.bytes.end))}});
}

// The best answers, 'no answer' among them at its place: before all others where it is taken.
std::vector<Json> answers_of(const TextQuestions& questions, size_t q, const FoundAnswers& found, const AnswerOptions& options, int64_t most) {
  std::vector<Json> all;
  bool none_is_due = options.may_lack;
  const auto none = [&] {
    all.push_back(Json::object({{"answer", ""}, {"probability", found.none_probability}}));
    none_is_due = false;
  };
  if (found.says_none(options)) none();
  for (const ScoredSpan& span : found.spans) {
    if (none_is_due && !all.empty() && found.none > span.score) none();
    all.push_back(json_of(questions, q, span));
  }
  if (none_is_due) none();
  all.resize(std::min(all.size(), static_cast<size_t>(most)));
  return all;
}

}  // namespace

int predict_answers(const TextsToLabel& asked, const TrainedEncoder& trained, Console& console) {
  refuse_given("finds answers in texts", {{asked.probabilities, "proba"}, {!asked.text_column.empty(), "text-column"},
                                          {!asked.pair_column.empty(), "pair-column"}, {!asked.choices.empty(), "choice"}});
  const Json run = eval::training_settings(trained.about);
  const TextQuestions questions = questions_of(asked);
  if (!questions.reading.empty()) console.say(questions.reading);
  AnswerOptions options = eval::answer_options_of_run(run, asked.null_threshold.has_value(), asked.null_threshold);
  options.best = std::max(options.best, asked.best);
  const EncodedQuestions encoded(*trained.tokenizer, questions, eval::question_windows_of_run(run, *trained.model));
  const AnsweredQuestions answered = answer_questions(*trained.model, encoded, options);
  Json all = Json::array();
  for (size_t q = 0; q < questions.size(); ++q) {
    const std::vector<Json> answers = answers_of(questions, q, answered.questions[q], options, asked.best);
    Json whole = Json::object();
    if (!questions.questions[q].id.empty()) whole.set("id", questions.questions[q].id);
    whole.set("question", questions.questions[q].text);
    for (size_t k = 0; k < answers[0].size(); ++k) whole.set(answers[0].keys()[k], answers[0][k]);
    if (asked.best > 1) whole.set("answers", Json::array_of(answers));
    if (console.json()) {
      all.push(whole);
    } else if (asked.lines_of_json) {
      console.data(whole.dump() + "\n");
    } else {
      for (const Json& a : answers) {
        const std::string& text = a.text("answer");
        console.data(str("{}\t{:.4f}\t{}\n", text.empty() ? "(no answer)" : text, a.real("probability"), questions.questions[q].text));
      }
    }
  }
  if (console.json()) console.result(Json::object({{"model", trained.path}, {"answers", all}}));
  return 0;
}

}  // namespace grim
