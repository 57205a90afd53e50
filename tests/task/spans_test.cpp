#include "grimoire/task/spans.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/model/t5.h"

namespace grim {
namespace {

const SpanTokens kTokens{.gaps = {99, 98, 97, 96, 95, 94, 93, 92}, .end = 1};

std::vector<int32_t> counting(int32_t n) {
  std::vector<int32_t> ids(static_cast<size_t>(n));
  std::iota(ids.begin(), ids.end(), 10);
  return ids;
}

std::vector<int64_t> text_of(const TokenBatch& b, size_t i) {
  const std::vector<int64_t> ids = b.ids.to_vector<int64_t>();
  return {ids.begin() + b.offsets[i], ids.begin() + b.offsets[i + 1]};
}

// The published program on a text of 512: 77 tokens in 26 gaps.
TEST(Spans, SizesAreThePublishedOnes) {
  EXPECT_EQ(span_sizes(512, {}, 100).taken, 77);
  EXPECT_EQ(span_sizes(512, {}, 100).gaps, 26);
  EXPECT_EQ(span_sizes(512, {}, 11).gaps, 10) << "one gap token stands at the end";
  EXPECT_EQ(span_sizes(2, {}, 100).taken, 1);
  EXPECT_EQ(span_sizes(4, {.rate = 0.9, .mean_length = 1}, 100).gaps, 1) << "each gap stands behind a token that is kept";
  EXPECT_THROW(span_sizes(1, {}, 100), Error);
}

TEST(Spans, TooFewTokensForTheGapsAreTold) {
  EXPECT_EQ(Spans(kTokens, {}).warning(128), "") << "six gaps, and one at the end";
  const std::string warning = Spans({.gaps = {99, 98}, .end = 1}, {}).warning(128);
  EXPECT_NE(warning.find("6 gaps, which take 7 tokens"), std::string::npos) << warning;
  EXPECT_NE(warning.find("a gap is 19.0 tokens long in the mean, not 3.0"), std::string::npos) << warning;
}

TEST(Spans, EveryCutIsAsLikelyAsAnother) {
  std::map<std::vector<int64_t>, int> seen;
  for (uint32_t i = 0; i < 6000; ++i) {
    Rng rng(RngMode::philox, 3, i);
    ++seen[random_spans(7, {.taken = 3, .gaps = 2}, rng)];
  }
  ASSERT_EQ(seen.size(), 2u * 3) << "3 = 1 + 2 or 2 + 1; 4 in two parts in three ways";
  for (const auto& [turns, n] : seen) {
    EXPECT_NEAR(n, 1000, 120);
    EXPECT_EQ(turns[1] + turns[3], 3);
    EXPECT_EQ(turns[0] + turns[2], 4);
  }
}

TEST(Spans, SourceAndTargetMakeTheTextAgain) {
  const std::vector<int32_t> text = counting(40);
  std::vector<int32_t> twice = text;
  twice.insert(twice.end(), text.begin(), text.end());
  const TextPieces pieces(twice, 40);
  const std::vector<int64_t> rows = {0, 1};
  const Spans damage(kTokens, {});
  const RewriteBatch b = damage.batch(pieces, rows, 5, 2);
  EXPECT_NE(text_of(b.sources, 0), text_of(b.sources, 1));
  for (size_t i = 0; i < 2; ++i) {
    std::vector<int64_t> source = text_of(b.sources, i);
    const std::vector<int64_t> target = text_of(b.targets, i);
    EXPECT_EQ(source.back(), kTokens.end);
    EXPECT_EQ(target.back(), kTokens.end);
    EXPECT_EQ(static_cast<int64_t>(target.size()), damage.target_length(40));
    EXPECT_EQ(target.size(), 6u + 2 + 2) << "six tokens, two gaps, the last gap, the end";
    const auto answers = answers_in(target, kTokens, 2);
    std::vector<int32_t> whole;
    source.pop_back();
    for (const int64_t id : source) {
      const auto gap = std::ranges::find(kTokens.gaps, id);
      if (gap == kTokens.gaps.end()) whole.push_back(static_cast<int32_t>(id));
      else for (const int64_t a : answers[static_cast<size_t>(gap - kTokens.gaps.begin())]) whole.push_back(static_cast<int32_t>(a));
    }
    EXPECT_EQ(whole, text);
  }
  const RewriteBatch same = damage.batch(pieces, rows, 5, 2), later = damage.batch(pieces, rows, 5, 3);
  EXPECT_EQ(text_of(b.sources, 0), text_of(same.sources, 0));
  EXPECT_NE(text_of(b.sources, 0), text_of(later.sources, 0));
}

TEST(Spans, AnswersAreReadOutOfWhatAModelWrote) {
  EXPECT_EQ(answers_in(std::vector<int64_t>{5, 99, 6, 7, 97, 8, 1, 98, 9}, kTokens, 3), (std::vector<std::vector<int64_t>>{{6, 7}, {}, {8}}));
  EXPECT_EQ(answers_in(std::vector<int64_t>{98, 3, 99, 4}, kTokens, 1), (std::vector<std::vector<int64_t>>{{4}})) << "a gap that was not asked for";
}

TEST(Spans, AreJudged) {
  Rng rng(RngMode::philox, 1);
  const T5 model({.vocab_size = 100, .n_embd = 16, .head_size = 8, .n_head = 2, .n_inner = 32, .n_layer = 1}, rng);
  const SpanExamples examples(counting(80), 20);
  EXPECT_EQ(examples.rows(), 4);
  const SpanEvaluation e = evaluate(model, examples, kTokens, {}, WriteGaps::yes);
  EXPECT_EQ(e.gaps, 4 * 1);
  EXPECT_EQ(e.tokens, 4 * (3 + 1 + 2));
  EXPECT_GT(e.loss, 3);
  EXPECT_EQ(evaluate(model, examples, kTokens, {}, WriteGaps::no).gaps, 0);
}

}  // namespace
}  // namespace grim
