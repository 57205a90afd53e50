#include "grimoire/task/infill.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/model/bart.h"
#include "grimoire/text/pipeline_tokenizer.h"

namespace grim {
namespace {

constexpr int64_t kBegin = 0, kEnd = 2, kMask = 3, kStop = 4;

InfillTokens tokens() {
  InfillTokens t{.begin = kBegin, .end = kEnd, .mask = kMask, .stops = std::vector<bool>(200, false)};
  t.stops[kStop] = true;
  return t;
}

// 10, 11, ... with a stop after every `sentence` of them.
std::vector<int32_t> text_of(int32_t n, int32_t sentence) {
  std::vector<int32_t> ids;
  for (int32_t i = 0; i < n; ++i) ids.push_back(i % (sentence + 1) == sentence ? static_cast<int32_t>(kStop) : 10 + i);
  return ids;
}

// BART's tokenizer puts <s> before a text, and so must what is trained; one that does not, does not.
TEST(Infill, TextsBeginAsTheTokenizerHasThem) {
  for (const bool puts : {true, false}) {
    const std::string around = R"("post_processor": {"type": "BertProcessing", "cls": ["<s>", 1], "sep": ["</s>", 2]},)";
    const auto tokenizer = parse_tokenizer(str(R"({{"version": "1.0", "added_tokens": [], {} "pre_tokenizer": {{"type": "WhitespaceSplit"}},
      "model": {{"type": "WordLevel", "unk_token": "u", "vocab": {{"u": 0,
      "<s>": 1, "</s>": 2, "[MASK]": 3, "word.": 4, "word": 5}}}}}})", puts ? around : ""), "here");
    const InfillTokens t = InfillTokens::of(*tokenizer);
    EXPECT_EQ(t.begin, puts ? std::optional<int64_t>(1) : std::nullopt);
    EXPECT_EQ(t.end, 2);
    EXPECT_EQ(t.mask, 3);
    EXPECT_EQ(t.stops, (std::vector<bool>{false, false, false, false, true, false}));
  }
}

// Poisson(3) truncated by the last, which is cut: the shares of the first lengths are its own.
TEST(Infill, LengthsOfSpansArePoissons) {
  std::map<int64_t, double> seen;
  double sum = 0, spans = 0;
  for (uint32_t i = 0; i < 4000; ++i) {
    Rng rng(RngMode::philox, 1, i);
    const InfillSpans s = infill_spans(200, 60, 3, rng);
    EXPECT_EQ(std::accumulate(s.lengths.begin(), s.lengths.end(), int64_t{0}), 60);
    seen[s.lengths[0]] += 1.0 / 4000;
    sum += 60, spans += static_cast<double>(s.lengths.size());
  }
  for (const auto& [k, p] : std::map<int64_t, double>{{0, 0.049787}, {1, 0.149361}, {2, 0.224042}, {3, 0.224042}, {4, 0.168031}, {5, 0.100819}})
    EXPECT_NEAR(seen[k], p, 4 * std::sqrt(p / 4000)) << k;
  EXPECT_NEAR(spans / 4000, 60.0 / 3 + 0.5, 0.5) << "about " << sum / spans << " tokens each";
}

TEST(Infill, EveryChoiceOfPlacesIsAsLikelyAsAnother) {
  std::map<std::vector<int64_t>, int> seen;
  int two = 0;
  for (uint32_t i = 0; i < 6000; ++i) {
    Rng rng(RngMode::philox, 2, i);
    const InfillSpans s = infill_spans(5, 2, 2, rng);
    if (s.lengths.size() != 2) continue;
    ++two;
    ++seen[s.kept_before];
  }
  ASSERT_EQ(seen.size(), 6u) << "two of the four places between three tokens that stay, and around them";
  for (const auto& [places, n] : seen) EXPECT_NEAR(n, two / 6.0, 4 * std::sqrt(two / 6.0));
}

TEST(Infill, NoSourceIsLongerThanItsText) {
  for (const int64_t length : {2, 3, 10})
    for (int64_t taken = 1; taken < length; ++taken)
      for (uint32_t i = 0; i < 200; ++i) {
        Rng rng(RngMode::philox, 3, i);
        const InfillSpans s = infill_spans(length, taken, 0.1, rng);  // most spans are of no token
        EXPECT_LE(static_cast<int64_t>(s.lengths.size()), std::min(taken, length - taken + 1));
        EXPECT_TRUE(std::ranges::adjacent_find(s.kept_before, std::greater_equal<>()) == s.kept_before.end()) << "spans never touch";
        EXPECT_LE(s.kept_before.back(), length - taken);
      }
  Rng rng(RngMode::philox, 1);
  EXPECT_THROW(infill_spans(3, 3, 3, rng), Error);
}

TEST(Infill, EveryOrderOfSentencesIsAsLikelyAsAnother) {
  const std::vector<int64_t> text = {10, kStop, kStop, 11, 12, kStop, 13};  // a run of stops ends one sentence; the last has none
  std::map<std::vector<int64_t>, int> seen;
  for (uint32_t i = 0; i < 6000; ++i) {
    Rng rng(RngMode::philox, 4, i);
    ++seen[permuted_sentences(text, tokens().stops, rng)];
  }
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_TRUE(seen.contains({13, 10, kStop, kStop, 11, 12, kStop}));
  for (const auto& [order, n] : seen) EXPECT_NEAR(n, 1000, 120);
}

TEST(Infill, TheTargetIsTheTextAndTheSourceWhatIsLeftOfIt) {
  const std::vector<int32_t> text = text_of(40, 9);
  const Infill damage(tokens(), {.permute = false});
  const Damage::Pair pair = damage.of(text, 0, 5, 1);
  EXPECT_EQ(static_cast<int64_t>(pair.target.size()), damage.target_length(40));
  EXPECT_EQ(pair.target.front(), kBegin);
  EXPECT_EQ(pair.target.back(), kEnd);
  EXPECT_TRUE(std::equal(text.begin(), text.end(), pair.target.begin() + 1, pair.target.end() - 1));
  EXPECT_EQ(pair.source.front(), kBegin);
  EXPECT_EQ(pair.source.back(), kEnd);
  std::vector<int64_t> left = pair.source;
  EXPECT_GT(std::erase(left, kMask), 0);
  EXPECT_EQ(left.size(), 40u - 12 + 2) << "three in ten are gone";
  auto at = pair.target.begin();
  for (const int64_t id : left) {
    at = std::find(at, pair.target.end(), id);
    ASSERT_NE(at, pair.target.end()) << "in the order of the text";
    ++at;
  }
  const Damage::Pair same = damage.of(text, 0, 5, 1), later = damage.of(text, 0, 5, 2), other = damage.of(text, 1, 5, 1);
  EXPECT_EQ(pair.source, same.source);
  EXPECT_NE(pair.source, later.source);
  EXPECT_NE(pair.source, other.source);
}

TEST(Infill, SentencesArePermutedWhereAsked) {
  const std::vector<int32_t> text = text_of(100, 9);
  const auto rises = [&](bool permute) {
    std::vector<int64_t> left = Infill(tokens(), {.rate = 0.05, .permute = permute}).of(text, 0, 5, 1).source;
    std::erase_if(left, [](int64_t id) { return id < 10; });
    return std::ranges::is_sorted(left);
  };
  EXPECT_TRUE(rises(false));
  EXPECT_FALSE(rises(true));
}

TEST(Infill, IsJudged) {
  Rng rng(RngMode::philox, 1);
  const Bart model({.vocab_size = 200, .context = 22, .n_embd = 16, .n_layer = 1, .n_head = 2}, rng);
  const RewriteEvaluation e = evaluate(model, TextPieces(text_of(80, 9), 20), Infill(tokens(), {}));
  EXPECT_EQ(e.tokens, 4 * 22);
  EXPECT_NEAR(e.loss, std::log(200.0), 0.1);
}

}  // namespace
}  // namespace grim
