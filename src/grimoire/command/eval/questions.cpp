// Encoders that mark answers in texts: exact match and F1 as SQuAD counts them, thresholds, and the answers they are wrongly sure of.
#include "grimoire/base/files.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/task/answer_examination.h"

namespace grim::eval {

Judged judge_answers(const TrainedEncoder& trained, const EvalSettings& settings) {
  const Json run = training_settings(trained.about);
  const TextQuestions questions = read_questions(settings.data);
  const AnswerOptions options = answer_options_of_run(run, questions.without_answer() > 0, settings.null_threshold);
  const QuestionWindows windows = question_windows_of_run(run, *trained.model);
  const EncodedQuestions encoded(*trained.tokenizer, questions, windows);
  const AnsweredQuestions answered = answer_questions(*trained.model, encoded, options);
  Examination e = examined_answers(answered, questions, options);
  e.blocks.push_back(report::Figure{"windows", report::counted(encoded.windows())});
  e.result.set("windows", encoded.windows());
  if (!settings.out.empty()) {  // as SQuAD's programs read it
    Json written = Json::object();
    for (size_t q = 0; q < questions.size(); ++q)
      written.append(questions.questions[q].id, given_answer(questions, q, answered.questions[q], options).text);
    write_atomically(settings.out, written.dump_pretty());
  }
  return signed_by(
      std::move(e), {},
      str("answers|squad:{}{}|longest:{}|windows-of:{}|stride:{}|{}questions:{}|data:{}|grimoire:{}",
          version_of(questions, options) == SquadVersion::v2 ? "2.0" : "1.1", options.may_lack ? str("|null-threshold:{:.6g}", options.threshold) : "",
          options.longest, windows.most, windows.stride, weights_of(trained.products), questions.size(),
          questions.content_hash.substr(0, 16), GRIM_VERSION));
}

}  // namespace grim::eval
