// ROUGE against rouge-score 0.1.2 and NLTK's Porter stemmer (tools/golden/metrics.py), and the examples of rouge-score's own tests.
#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/porter.h"
#include "grimoire/metric/rouge.h"
#include "support/golden.h"

namespace grim {
namespace {

PrecisionRecall score(const char* kind, std::string_view reference, std::string_view summary) {
  return rouge(rouge_kind(kind), summary, std::vector<std::string_view>{reference}, Stemming::none);
}
void expect(const PrecisionRecall& s, double precision, double recall, double f1) {
  EXPECT_NEAR(s.precision, precision, 1e-12);
  EXPECT_NEAR(s.recall, recall, 1e-12);
  EXPECT_NEAR(s.f1(), f1, 1e-12);
}

TEST(Porter, EqualsNltk) {
  const Json all = golden_file("metrics/stems.json");
  ASSERT_GE(all.size(), 1000u);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(porter_stem(all.keys()[i]), all[i].as_text()) << all.keys()[i];
}

TEST(Rouge, EqualsRougeScoreOnRandomTexts) {
  const Json all = golden_file("metrics/rouge.json").at("cases");
  ASSERT_GE(all.size(), 100u);
  for (const Json& c : all.items()) {
    SCOPED_TRACE(c.dump());
    std::vector<std::string_view> references;
    for (const Json& r : c.at("refs").items()) references.push_back(r.as_text());
    for (size_t k = 0; k < c.at("scores").size(); ++k) {
      const PrecisionRecall s =
          rouge(rouge_kind(c.at("scores").keys()[k]), c.text("text"), references, c.boolean("stem") ? Stemming::porter : Stemming::none);
      EXPECT_NEAR(s.precision, c.at("scores")[k][0].as_real(), 1e-12) << c.at("scores").keys()[k];
      EXPECT_NEAR(s.recall, c.at("scores")[k][1].as_real(), 1e-12) << c.at("scores").keys()[k];
    }
  }
}

TEST(Rouge, IntervalsEqualRougeScoresForTheSameSeed) {
  const Json g = golden_file("metrics/rouge.json").at("aggregate");
  std::vector<std::vector<PrecisionRecall>> scores(2);
  for (const Json& pair : g.at("pairs").items()) {
    scores[0].push_back(score("rouge1", pair[1].as_text(), pair[0].as_text()));
    scores[1].push_back(score("rougeL", pair[1].as_text(), pair[0].as_text()));
  }
  const auto intervals = aggregate(scores, {.samples = g.integer("samples"), .seed = static_cast<uint32_t>(g.integer("seed"))});
  const auto same = [](const PrecisionRecall& s, double f, const Json& golden) {
    EXPECT_NEAR(s.precision, golden[0].as_real(), 1e-12);
    EXPECT_NEAR(s.recall, golden[1].as_real(), 1e-12);
    EXPECT_NEAR(f, golden[2].as_real(), 1e-12);
  };
  for (size_t k = 0; k < 2; ++k) {
    const Json& golden = g.at("intervals").at(k == 0 ? "rouge1" : "rougeL");
    same(intervals[k].low, intervals[k].f1_low, golden[0]);
    same(intervals[k].middle, intervals[k].f1_middle, golden[1]);
    same(intervals[k].high, intervals[k].f1_high, golden[2]);
  }
}

TEST(Rouge, PublishedScores) {
  expect(score("rouge1", "testing one two", "testing"), 1, 1.0 / 3, 0.5);
  expect(score("rougeL", "testing one two", "testing two"), 1, 2.0 / 3, 0.8);
  expect(score("rougeLsum", "w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"), 0.4, 0.8, 8.0 / 15);
  const auto several = [](const char* kind) {
    const std::vector<std::string_view> first = {"hello", "there"}, second = {"general kenobi", "general yoda"};
    return (rouge(rouge_kind(kind), "hello there", first, Stemming::none).f1() + rouge(rouge_kind(kind), "general kenobi", second, Stemming::none).f1()) / 2;
  };
  EXPECT_NEAR(several("rouge1"), 0.8333, 1e-4);
  EXPECT_NEAR(several("rouge2"), 0.5, 1e-12);
  EXPECT_NEAR(several("rougeL"), 0.8333, 1e-4);
}

TEST(Rouge, CornerShapesAndNames) {
  for (const char* kind : {"rouge1", "rouge9", "rougeL", "rougeLsum"}) {
    expect(score(kind, "", ""), 0, 0, 0);
    expect(score(kind, "a", ""), 0, 0, 0);
    expect(score(kind, "", "a"), 0, 0, 0);
    expect(score(kind, "!?", "\n\n"), 0, 0, 0);
    EXPECT_EQ(rouge_kind(kind).name(), kind);
  }
  EXPECT_EQ(rouge_words("It's 3 Äpfel, running", Stemming::porter), (std::vector<std::string>{"it", "s", "3", "pfel", "run"}));
  EXPECT_THROW(rouge_kind("rouge0"), Error);
  EXPECT_THROW(rouge(rouge_kind("rouge1"), "a", {}, Stemming::none), Error);
  EXPECT_THROW(aggregate(std::vector<std::vector<PrecisionRecall>>{{}}, {}), Error);
  EXPECT_THROW(aggregate(std::vector<std::vector<PrecisionRecall>>{{{1, 1}}}, {.samples = 0}), Error);
  EXPECT_THROW(aggregate(std::vector<std::vector<PrecisionRecall>>{{{1, 1}}}, {.level = 1}), Error);
  try {
    rouge_kind("rougel");
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(e.hint().find("rougeL"), std::string::npos);
  }
}

}  // namespace
}  // namespace grim
