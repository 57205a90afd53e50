#include "grimoire/base/error.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/command/predict_answers.h"
#include "grimoire/task/choice_scores.h"

namespace grim {
namespace {

std::vector<ChoiceQuestion> questions_of(const TextsToLabel& asked) {
  if (!asked.data.empty()) return parse_choices(load_corpus(asked.data, CorpusFormat::text).text, asked.data, WithAnswers::unread);
  const char* const hint = "--question asks, each --choice is an answer; or give --data FILE of both";
  if (asked.questions.size() != 1)
    throw Error(ErrorKind::usage, str("{} questions are given with --question, expected one: this model chooses among answers", asked.questions.size()), hint);
  if (asked.choices.size() < 2) throw Error(ErrorKind::usage, str("{} answers are given with --choice, expected two or more", asked.choices.size()), hint);
  return {{.context = asked.questions[0], .choices = asked.choices, .answer = -1, .line = 1}};
}

}  // namespace

int predict_choices(const TextsToLabel& asked, const TrainedEncoder& trained, Console& console) {
  refuse_given("chooses among answers", {{!asked.texts.empty(), "text"}, {!asked.text_column.empty(), "text-column"},
                                         {!asked.pair_column.empty(), "pair-column"}, {asked.best > 1, "best"},
                                         {asked.null_threshold.has_value(), "null-threshold"}});
  const std::vector<ChoiceQuestion> questions = questions_of(asked);
  const int64_t most = eval::longest_choice_of_run(eval::training_settings(trained.about), *trained.model);
  const ChosenAnswers chosen = choose_answers(*trained.model, EncodedChoices(*trained.tokenizer, questions, most, asked.data));
  Json all = Json::array();
  for (size_t q = 0; q < questions.size(); ++q) {
    const auto choice = static_cast<size_t>(chosen.choice(q));
    const double p = chosen.probabilities[q][choice];
    Json whole = Json::object({{"question", questions[q].context}, {"answer", questions[q].choices[choice]}, {"choice", choice}, {"probability", p}});
    if (asked.probabilities) whole.set("probabilities", Json::array_of(chosen.probabilities[q]));
    if (console.json()) {
      all.push(whole);
    } else if (asked.lines_of_json) {
      console.data(whole.dump() + "\n");
    } else {
      std::string line = str("{}\t{:.4f}", questions[q].choices[choice], p);
      for (size_t c = 0; asked.probabilities && c < questions[q].choices.size(); ++c)
        line += str("\t{}={:.4f}", questions[q].choices[c], chosen.probabilities[q][c]);
      console.data(str("{}\t{}\n", line, questions[q].context));
    }
  }
  if (console.json()) console.result(Json::object({{"model", trained.path}, {"answers", all}}));
  return 0;
}

}  // namespace grim
