// SQuAD's scores against the rules of its official programs (tools/golden/metrics.py).
#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/squad.h"
#include "support/golden.h"

namespace grim {
namespace {

void expect(const Json& scores, const char* key, double v) {
  if (scores.at(key).is_null()) return;
  EXPECT_NEAR(v, scores.real(key), 1e-9) << key;
}

TEST(Squad, EqualsTheOfficialRulesOnRandomQuestions) {
  const Json all = golden_file("metrics/squad.json").at("cases");
  ASSERT_GE(all.size(), 60u);
  for (const Json& c : all.items()) {
    SCOPED_TRACE(c.dump());
    std::vector<Question> questions;
    for (const Json& q : c.at("questions").items()) {
      questions.push_back({.given = q.text("given"), .right = {}, .no_answer = q.real("na")});
      for (const Json& r : q.at("right").items()) questions.back().right.push_back(r.as_text());
    }
    const bool second = c.integer("version") == 2;
    const SquadScores s = squad(questions, second ? SquadVersion::v2 : SquadVersion::v1);
    const Json& g = c.at("scores");
    expect(g, "exact", s.all.exact);
    expect(g, "f1", s.all.f1);
    EXPECT_EQ(s.all.questions, static_cast<int64_t>(questions.size()));
    if (!second) continue;
    EXPECT_EQ(s.with_answer.has_value(), !g.at("HasAns_exact").is_null());
    EXPECT_EQ(s.without_answer.has_value(), !g.at("NoAns_exact").is_null());
    if (s.with_answer) expect(g, "HasAns_exact", s.with_answer->exact), expect(g, "HasAns_f1", s.with_answer->f1);
    if (s.without_answer) expect(g, "NoAns_exact", s.without_answer->exact), expect(g, "NoAns_f1", s.without_answer->f1);
    const BestThresholds best = best_thresholds(questions);
    expect(g, "best_exact", best.exact.score);
    expect(g, "best_exact_thresh", best.exact.threshold);
    expect(g, "best_f1", best.f1.score);
    expect(g, "best_f1_thresh", best.f1.threshold);
  }
}

TEST(Squad, NormalForm) {
  const Json pairs = golden_file("metrics/squad.json").at("normal");
  for (const Json& pair : pairs.items()) EXPECT_EQ(normalized_answer(pair[0].as_text()), pair[1].as_text()) << pair[0].as_text();
  EXPECT_EQ(normalized_answer("The  U.S. (an) A-team's"), "us ateams");
}

// The example of the `evaluate` library's squad metric.
TEST(Squad, TwoOfThree) {
  const std::vector<Question> questions = {{.given = "1976", .right = {"1976"}}, {.given = "Beyonce", .right = {"Beyoncé and Bruno Mars"}},
                                           {.given = "climate change", .right = {"climate change"}}};
  const SquadScores s = squad(questions, SquadVersion::v1);
  EXPECT_NEAR(s.all.exact, 66.6667, 1e-4);
  EXPECT_NEAR(s.all.f1, 66.6667, 1e-4);
}

TEST(Squad, WhatIsNotAnswered) {
  const std::vector<Question> questions = {{.given = "a b", .right = {"b"}}, {.given = "", .right = {"c"}, .answered = false}};
  EXPECT_EQ(squad(questions, SquadVersion::v1).all.exact, 50);
  EXPECT_EQ(squad(questions, SquadVersion::v2).all.exact, 100);
  EXPECT_EQ(squad(questions, SquadVersion::v2).unanswered, 1);
  EXPECT_EQ(answer_f1("the", "a", EmptyAnswers::never_match), 0);
  EXPECT_EQ(answer_f1("the", "a"), 1);
  EXPECT_EQ(squad(std::vector<Question>{{.given = "x", .right = {}}}, SquadVersion::v2).all.f1, 0);
  EXPECT_EQ(squad_at(std::vector<Question>{{.given = "x", .right = {}, .no_answer = 0.9}}, 0.5).all.f1, 100);
  EXPECT_EQ(squad_at(std::vector<Question>{{.given = "x", .right = {"x"}, .no_answer = 0.9}}, 0.5).all.exact, 0);
  EXPECT_THROW(squad({}, SquadVersion::v1), Error);
  EXPECT_THROW(best_thresholds({}), Error);
  EXPECT_THROW(best_thresholds(std::vector<Question>{{.given = "", .right = {"x"}, .answered = false}}), Error);
}

}  // namespace
}  // namespace grim
