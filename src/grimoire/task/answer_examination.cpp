#include "grimoire/task/answer_examination.h"

#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/report/layout.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/examination.h"

namespace grim {
namespace {

using report::counted, report::Figure, report::number, report::Table;

void add_part(Examination& e, const char* words, const std::optional<AnswerScores>& part) {
  if (!part) return;
  e.blocks.insert(e.blocks.end(), {Figure{str("exact match {}, %", words), number(part->exact, "{:.4f}")},
                                   Figure{str("F1 {}, %", words), number(part->f1, "{:.4f}")}, Figure{str("questions {}", words), counted(part->questions)}});
}

void add_thresholds(Examination& e, const std::vector<Question>& questions) {
  const BestThresholds best = best_thresholds(questions);
  e.blocks.insert(e.blocks.end(), {Figure{"best exact match, %", number(best.exact.score, "{:.4f}")},
                                   Figure{"at the null threshold", number(best.exact.threshold, "{:.4f}")},
                                   Figure{"best F1, %", number(best.f1.score, "{:.4f}")},
                                   Figure{"at the null threshold", number(best.f1.threshold, "{:.4f}")}});
  set_thresholds(e.result, best);
}

struct JudgedAnswer {
  GivenAnswer given;
  std::string right;  // the first; "": there is none
  AnswerScores scores;
};

void add_worst(Examination& e, const TextQuestions& questions, const std::vector<JudgedAnswer>& all) {
  Table table{{"is", "said", "probability", "question"}, {}, "Worst mistakes"};
  Json told = Json::array();
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("(none)") : report::shortened(text, kTextShown); };
  std::vector<double> mistakes;
  for (const JudgedAnswer& a : all) mistakes.push_back(a.scores.f1 == 0 ? a.given.probability : 0);
  for (const size_t q : largest(mistakes)) {
    const TextQuestion& asked = questions.questions[q];
    table.rows.push_back({shown(all[q].right), shown(all[q].given.text), number(mistakes[q], "{:.3f}"), shown(asked.text)});
    told.push(Json::object({{"id", asked.id}, {"is", all[q].right}, {"said", all[q].given.text}, {"probability", mistakes[q]}, {"question", asked.text},
                            {"place", asked.place}}));
  }
  if (!table.rows.empty()) e.blocks.push_back(table);
  e.result.set("worst", told);
}

Table answers_of(const TextQuestions& questions, const std::vector<JudgedAnswer>& all) {
  Table table{{"id", "question", "answer", "said", "probability", "exact", "f1"}, {}};
  for (size_t q = 0; q < all.size(); ++q)
    table.rows.push_back({questions.questions[q].id, questions.questions[q].text, all[q].right, all[q].given.text,
                          number(all[q].given.probability, "{:.6f}"), all[q].scores.exact / 100, number(all[q].scores.f1 / 100, "{:.4f}")});
  return table;
}

}  // namespace

GivenAnswer given_answer(const TextQuestions& questions, size_t question, const FoundAnswers& found, const AnswerOptions& options) {
  if (found.says_none(options)) return {"", found.none_probability};
  return {std::string(questions.text_in(question, found.spans.front().bytes)), found.spans.front().probability};
}

Examination examined_answers(const AnsweredQuestions& answered, const TextQuestions& questions, const AnswerOptions& options) {
  const SquadScores s = score_answers(questions, answered.questions, options);
  const SquadVersion version = version_of(questions, options);
  const auto N = static_cast<double>(questions.size());
  Examination e{.judgement = {.loss = answered.loss, .score = s.all.f1 / 100, .weight = N},
                .blocks = {Figure{"exact match, %", number(s.all.exact, "{:.4f}")}},
                .result = Json::object({{"exact", s.all.exact}, {"f1", s.all.f1}, {"total", s.all.questions}})};
  const auto known = stats::proportion_interval(std::round(s.all.exact / 100 * N), N);
  add_interval(e.blocks, 100 * known.low, 100 * known.high, "{:.2f}");
  e.blocks.push_back(Figure{"F1, %", number(s.all.f1, "{:.4f}")});
  e.result.set("interval", Json::array({known.low, known.high}));
  add_part(e, "with an answer", s.with_answer);
  add_part(e, "without one", s.without_answer);
  set_parts(e.result, s);
  std::vector<Question> found = for_squad(questions, answered.questions);
  if (options.may_lack) add_thresholds(e, found);
  e.blocks.insert(e.blocks.end(), {Figure{"nats a window", number(answered.loss, "{:.4f}")}, Figure{"questions", counted(std::ssize(questions.questions))}});
  e.result.set("loss", answered.loss);
  std::vector<JudgedAnswer> all;
  for (size_t q = 0; q < found.size(); ++q) {
    JudgedAnswer a{given_answer(questions, q, answered.questions[q], options), found[q].right.empty() ? "" : found[q].right[0], {}};
    found[q].given = a.given.text;
    a.scores = squad({&found[q], 1}, version).all;
    all.push_back(std::move(a));
  }
  add_worst(e, questions, all);
  e.answers = answers_of(questions, all);
  return e;
}

}  // namespace grim
