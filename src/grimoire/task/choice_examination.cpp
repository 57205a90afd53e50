#include "grimoire/task/choice_examination.h"

#include <algorithm>
#include <cmath>

#include "grimoire/report/layout.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/examination.h"

namespace grim {
namespace {

using report::counted, report::Figure, report::number, report::Table;

struct Choice {
  std::string is, said;
  double sure;
};
Choice choice_of(const ChosenAnswers& chosen, const ChoiceQuestion& asked, size_t q) {
  return {asked.choices[static_cast<size_t>(asked.answer)], asked.choices[static_cast<size_t>(chosen.choice(q))], std::ranges::max(chosen.probabilities[q])};
}

void add_worst(Examination& e, const ChosenAnswers& chosen, const std::vector<ChoiceQuestion>& questions) {
  Table table{{"is", "said", "probability", "question"}, {}, "Worst mistakes"};
  Json all = Json::array();
  std::vector<double> mistakes;
  for (size_t q = 0; q < questions.size(); ++q) mistakes.push_back(chosen.choice(q) == questions[q].answer ? 0 : std::ranges::max(chosen.probabilities[q]));
  for (const size_t q : largest(mistakes)) {
    const ChoiceQuestion& asked = questions[q];
    const Choice c = choice_of(chosen, asked, q);
    table.rows.push_back({report::shortened(c.is, kTextShown), report::shortened(c.said, kTextShown), number(c.sure, "{:.3f}"),
                          report::shortened(asked.context, kTextShown)});
    all.push(Json::object({{"line", asked.line}, {"is", c.is}, {"said", c.said}, {"probability", c.sure}, {"question", asked.context}}));
  }
  if (!table.rows.empty()) e.blocks.push_back(table);
  e.result.set("worst", all);
}

Table answers_of(const ChosenAnswers& chosen, const std::vector<ChoiceQuestion>& questions) {
  Table table{{"line", "question", "answer", "said", "probability"}, {}};
  for (size_t q = 0; q < questions.size(); ++q) {
    const Choice c = choice_of(chosen, questions[q], q);
    table.rows.push_back({static_cast<double>(questions[q].line), questions[q].context, c.is, c.said, number(c.sure, "{:.6f}")});
  }
  return table;
}

}  // namespace

Examination examined_choices(const ChosenAnswers& chosen, const std::vector<ChoiceQuestion>& questions) {
  const ChoiceScores s = score_choices(chosen, questions);
  const auto N = static_cast<double>(questions.size());
  Examination e{.judgement = {.loss = s.loss, .score = s.accuracy, .weight = N}, .blocks = {Figure{"accuracy", number(s.accuracy, "{:.4f}")}},
                .result = Json::object({{"accuracy", s.accuracy}, {"guessing", s.guessing}, {"loss", s.loss}, {"questions", std::ssize(questions)}})};
  const auto known = stats::proportion_interval(std::round(s.accuracy * N), N);
  add_interval(e, known.low, known.high);
  e.blocks.insert(e.blocks.end(), {Figure{"right by guessing", number(s.guessing, "{:.4f}")}, Figure{"nats a question", number(s.loss, "{:.4f}")},
                                   Figure{"questions", counted(std::ssize(questions))}});
  add_worst(e, chosen, questions);
  e.answers = answers_of(chosen, questions);
  return e;
}

}  // namespace grim
