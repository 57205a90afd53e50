// What there is to tell of written texts: their scores are those of the metrics, the worst come first, and lengths keep apart what they should.
#include "grimoire/task/pair_examination.h"

#include <gtest/gtest.h>

#include "grimoire/metric/bleu.h"
#include "grimoire/metric/rouge.h"

namespace grim {
namespace {

const WrittenTexts kWritten{.sources = {"ein hund", "zwei hunde laufen dort", "ein mann schläft", "eine frau"},
                            .texts = {"a dog", "two dogs are running over there", "nothing of it", "a woman"},
                            .references = {"a dog", "two dogs are running there today", "a man sleeps", "one woman"},
                            .source_tokens = {2, 9, 3, 2},
                            .numbers = {0, 4, 5, 9}};
const PairEvaluation kEvaluation{.loss = 1.5, .tokens = 40, .pairs = 4, .buckets = {{1, 5, 3, 20, 1.25}, {6, 10, 1, 20, 1.75}}};

std::vector<report::Table> tables_in(const Examination& e) {
  std::vector<report::Table> all;
  for (const report::Block& b : e.blocks)
    if (const auto* const t = std::get_if<report::Table>(&b)) all.push_back(*t);
  return all;
}

TEST(PairExamination, BleuIsTheMetrics) {
  const Examination e = examined_pairs(kEvaluation, kWritten, TextScore::bleu);
  const std::vector<Lines> references = {Lines(kWritten.references.begin(), kWritten.references.end())};
  EXPECT_EQ(e.judgement.score, Bleu().score_of(Lines(kWritten.texts.begin(), kWritten.texts.end()), references));
  EXPECT_GT(e.judgement.score, 10);
  EXPECT_EQ(e.score_name, "BLEU");
  EXPECT_EQ(e.judgement.loss, 1.5);
  EXPECT_EQ(e.result.at("bleu_by_length").size(), 2u);
  EXPECT_EQ(e.result.at("bleu_by_length")[1].real("bleu"), Bleu().score_of({kWritten.texts[1]}, std::vector<Lines>{{kWritten.references[1]}}));
  EXPECT_EQ(e.result.at("by_length")[0].integer("pairs"), 3);
  EXPECT_EQ(e.result.text("bleu_signature").find("BLEU|nrefs:1|case:mixed"), 0u);
}

TEST(PairExamination, RougeIsTheMetrics) {
  const Examination e = examined_pairs(kEvaluation, kWritten, TextScore::rouge);
  double sum = 0;
  for (size_t i = 0; i < 4; ++i) sum += rouge(rouge_kind("rougeL"), kWritten.texts[i], Lines{kWritten.references[i]}, Stemming::none).f1();
  EXPECT_NEAR(e.judgement.score, sum / 4, 1e-15);
  EXPECT_NEAR(e.result.at("rouge").at("rougeL").real("f1"), sum / 4, 1e-15);
  EXPECT_EQ(e.score_name, "ROUGE-L");
  const std::vector<report::Table> tables = tables_in(e);
  ASSERT_EQ(tables.size(), 4u) << "nats and ROUGE-L by length, the kinds, the worst";
  EXPECT_EQ(tables[2].rows.size(), 2u);
}

TEST(PairExamination, TheWorstComeFirstAndTheRightOnesNotAtAll) {
  for (const TextScore score : {TextScore::bleu, TextScore::rouge}) {
    const Examination e = examined_pairs(kEvaluation, kWritten, score);
    const Json& worst = e.result.at("worst");
    ASSERT_EQ(worst.size(), 3u) << "one is as it was given";
    EXPECT_EQ(worst[0].text("written"), "nothing of it");
    EXPECT_EQ(worst[0].integer("pair"), 6) << "as people count the pairs of the file";
    EXPECT_EQ(worst[0].real("score"), 0);
    ASSERT_EQ(e.answers.rows.size(), 4u);
    EXPECT_EQ(std::get<std::string>(e.answers.rows[3][3]), "a woman");
  }
}

TEST(PairExamination, WithoutATextTheLossIsAllThereIs) {
  const Examination e = examined_pairs(kEvaluation, {}, TextScore::bleu);
  EXPECT_TRUE(std::isnan(e.judgement.score));
  EXPECT_EQ(e.judgement.loss, 1.5);
  EXPECT_TRUE(e.answers.rows.empty());
}

}  // namespace
}  // namespace grim
