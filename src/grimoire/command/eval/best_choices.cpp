// Encoders that choose among answers: how often they are right, beside chance, and where they are wrongly sure.
#include <algorithm>
#include <cmath>

#include "grimoire/base/utf8.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/choice_scores.h"

namespace grim::eval {

using report::Figure, report::number, report::Remark;

int64_t longest_choice_of_run(const Json& run, const TextEncoder& model) {
  const int64_t most = run.integer("max_length", 0);
  return most > 0 ? std::min(most, model.context()) : model.context();
}

Judged judge_best_choices(const TrainedEncoder& trained, const EvalSettings& settings) {
  const Corpus corpus = load_corpus(settings.choices.empty() ? settings.data : settings.choices, CorpusFormat::text);
  const std::vector<ChoiceQuestion> questions = parse_choices(corpus.text, corpus.source);
  const int64_t most = longest_choice_of_run(training_settings(trained.about), *trained.model);
  const EncodedChoices encoded(*trained.tokenizer, questions, most, corpus.source);
  const ChosenAnswers chosen = choose_answers(*trained.model, encoded);
  const ChoiceScores s = score_choices(chosen, questions);
  const auto N = static_cast<double>(questions.size());
  const auto known = stats::proportion_interval(std::round(s.accuracy * N), N);
  std::vector<size_t> wrong;
  for (size_t q = 0; q < questions.size(); ++q)
    if (chosen.choice(q) != questions[q].answer) wrong.push_back(q);
  const auto sure = [&](size_t q) { return std::ranges::max(chosen.probabilities[q]); };
  std::ranges::stable_sort(wrong, std::greater<>(), sure);
  constexpr size_t kShown = 10, kWidth = 40;
  report::Table table{{"is", "said", "probability", "question"}, {}, "Worst mistakes"};
  Json worst = Json::array();
  for (const size_t q : std::span(wrong).first(std::min(kShown, wrong.size()))) {
    const ChoiceQuestion& asked = questions[q];
    const std::string &is = asked.choices[static_cast<size_t>(asked.answer)], &said = asked.choices[static_cast<size_t>(chosen.choice(q))];
    table.rows.push_back({std::string(whole_characters(is, kWidth)), std::string(whole_characters(said, kWidth)), number(sure(q), "{:.3f}"),
                          std::string(whole_characters(asked.context, kWidth))});
    worst.push(Json::object({{"line", asked.line}, {"is", is}, {"said", said}, {"probability", sure(q)}, {"question", asked.context}}));
  }
  const std::string signature = str("best-choice|pairs-of:{}|longer:{}|questions:{}|{}", most, encoded.longer(), questions.size(),
                                    common_signature(*trained.tokenizer, corpus, trained.dtype));
  Judged answer{{"", {Figure{"accuracy", number(s.accuracy, "{:.4f}")}, Figure{"with 95 % confidence, from", number(known.low, "{:.4f}")},
                      Figure{"to", number(known.high, "{:.4f}")}, Figure{"right by guessing", number(s.guessing, "{:.4f}")},
                      Figure{"nats a question", number(s.loss, "{:.4f}")}, Figure{"questions", counted(std::ssize(questions))}}},
                Json::object({{"accuracy", s.accuracy}, {"interval", Json::array({known.low, known.high})}, {"guessing", s.guessing}, {"loss", s.loss},
                              {"questions", std::ssize(questions)}, {"worst", worst}, {"signature", signature}})};
  if (!table.rows.empty()) answer.report.blocks.push_back(table);
  answer.report.blocks.push_back(Remark{signature});
  return answer;
}

}  // namespace grim::eval
