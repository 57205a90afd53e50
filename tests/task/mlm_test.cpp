#include "grimoire/task/mlm.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/model/bert.h"

namespace grim {
namespace {

constexpr MlmTokens kTokens{.begin = 0, .separator = 1, .mask = 2, .vocabulary = 1000};

// Sentence s of document d is the tokens 10 + 100 d + s, three of them; their words have two pieces and one.
std::vector<TokenDocument> numbered(int documents, int sentences) {
  std::vector<TokenDocument> all;
  for (int d = 0; d < documents; ++d) {
    all.emplace_back();
    for (int s = 0; s < sentences; ++s) all.back().push_back({std::vector<int32_t>(3, 10 + 100 * d + s), {1, 0, 1}});
  }
  return all;
}

std::vector<int64_t> all_rows(const MlmExamples& e) {
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < e.rows(); ++r) rows.push_back(r);
  return rows;
}

// Put back what was hidden: the text as it was.
std::vector<int64_t> uncovered(const MlmExamples::Batch& b) {
  std::vector<int64_t> ids = b.texts.ids.to_vector<int64_t>();
  const std::vector<int64_t> places = b.places.to_vector<int64_t>(), targets = b.targets.to_vector<int64_t>();
  for (size_t i = 0; i < places.size(); ++i) ids[static_cast<size_t>(places[i])] = targets[i];
  return ids;
}

TEST(SentencePairs, FollowEachOtherInHalfOfThem) {
  Rng rng(RngMode::philox, 5);
  const MlmExamples pairs = sentence_pairs(numbered(8, 90), kTokens, 32, rng);
  const MlmExamples::Batch b = pairs.batch(all_rows(pairs), kTokens, {}, 1, 0);
  const std::vector<int64_t> ids = uncovered(b), types = b.texts.types.to_vector<int64_t>(), next = b.next.to_vector<int64_t>();
  int64_t following = 0;
  ASSERT_GT(pairs.rows(), 100);
  for (size_t i = 0; i < next.size(); ++i) {
    const auto from = static_cast<size_t>(b.texts.offsets[i]), to = static_cast<size_t>(b.texts.offsets[i + 1]);
    ASSERT_LE(to - from, 32u);
    EXPECT_EQ(ids[from], kTokens.begin);
    EXPECT_EQ(ids[to - 1], kTokens.separator);
    size_t middle = from;
    while (ids[middle] != kTokens.separator) EXPECT_EQ(types[middle++], 0);
    EXPECT_EQ(types[middle], 0);
    for (size_t t = middle + 1; t < to; ++t) EXPECT_EQ(types[t], 1);
    const int64_t last = ids[middle - 1], first = ids[middle + 1];
    following += next[i] == 0;
    if (next[i] == 0) EXPECT_TRUE(first == last || first == last + 1) << last << " " << first;  // a sentence may be cut
    else EXPECT_NE((first - 10) / 100, (last - 10) / 100) << "from another document";
  }
  EXPECT_NEAR(static_cast<double>(following) / static_cast<double>(next.size()), 0.5, 0.12);
}

TEST(FullSentences, AreTheWholeTextWithSeparators) {
  const MlmExamples texts = full_sentences(numbered(2, 4), kTokens, 12);
  const MlmExamples::Batch b = texts.batch(all_rows(texts), kTokens, {}, 1, 0);
  // [begin] s0 s1 s2 [sep] | [begin] s3 [sep] s0' s1' [sep] | [begin] s2' s3' [sep]
  EXPECT_EQ(uncovered(b), (std::vector<int64_t>{0, 10, 10, 10, 11, 11, 11, 12, 12, 12, 1, 0, 13, 13, 13, 1, 110, 110, 110, 111, 111, 111, 1,
                                                0, 112, 112, 112, 113, 113, 113, 1}));
  for (const int64_t type : b.texts.types.to_vector<int64_t>()) EXPECT_EQ(type, 0);
  std::map<int64_t, int> seen;
  for (const int64_t id : uncovered(b)) ++seen[id];
  for (const int d : {0, 1})
    for (int s = 0; s < 4; ++s) EXPECT_EQ(seen[10 + 100 * d + s], 3) << "every sentence once";
  EXPECT_LE(b.texts.longest(), 12);
}

// A text in which nothing could be hidden would have no loss.
TEST(FullSentences, LeaveOutWhatIsNothingButSeparators) {
  const TokenDocument bare = {{{1, 0}, {1, 1}}, {{1}, {1}}};
  EXPECT_EQ(full_sentences({bare}, kTokens, 12).rows(), 0);
  Rng rng(RngMode::philox, 5);
  EXPECT_EQ(sentence_pairs({bare, bare}, kTokens, 12, rng).rows(), 0);
  std::vector<TokenDocument> some = numbered(1, 2);
  some.insert(some.begin(), {{std::vector<int32_t>(11, 1), std::vector<uint8_t>(11, 1)}});
  const MlmExamples texts = full_sentences(some, kTokens, 12);
  ASSERT_GT(texts.rows(), 0);
  for (int64_t r = 0; r < texts.rows(); ++r) {
    const int64_t row[] = {r};
    EXPECT_EQ(texts.batch(row, kTokens, {}, 1, 0).targets.numel(), texts.asked_in(r, {})) << r;
  }
}

TEST(Masks, HideEightInTenReplaceOneAndLeaveOne) {
  const MlmExamples texts = full_sentences(numbered(9, 400), kTokens, 128);
  const MlmExamples::Batch b = texts.batch(all_rows(texts), kTokens, {}, 7, 3);
  const std::vector<int64_t> now = b.texts.ids.to_vector<int64_t>(), places = b.places.to_vector<int64_t>(), targets = b.targets.to_vector<int64_t>();
  int64_t asked = 0, masked = 0, same = 0;
  for (int64_t r = 0; r < texts.rows(); ++r) asked += texts.asked_in(r, {});
  for (size_t i = 0; i < places.size(); ++i) {
    masked += now[static_cast<size_t>(places[i])] == kTokens.mask;
    same += now[static_cast<size_t>(places[i])] == targets[i];
    EXPECT_TRUE(targets[i] != kTokens.begin && targets[i] != kTokens.separator);
  }
  const auto n = static_cast<double>(places.size());
  EXPECT_EQ(static_cast<int64_t>(places.size()), asked);
  EXPECT_NEAR(n / static_cast<double>(now.size()), 0.15, 0.005);
  EXPECT_NEAR(static_cast<double>(masked) / n, 0.8, 0.03);
  EXPECT_NEAR(static_cast<double>(same) / n, 0.1, 0.03);
}

TEST(Masks, ChangeFromStepToStepOrStay) {
  const MlmExamples texts = full_sentences(numbered(2, 40), kTokens, 64);
  const auto places = [&](const MaskOptions& o, uint64_t seed, uint32_t step) {
    return texts.batch(std::vector<int64_t>{1, 0}, kTokens, o, seed, step).places.to_vector<int64_t>();
  };
  EXPECT_EQ(places({}, 1, 2), places({}, 1, 2));
  EXPECT_NE(places({}, 1, 2), places({}, 1, 3));
  EXPECT_NE(places({}, 1, 2), places({}, 2, 2));
  EXPECT_EQ(places({.fixed = true}, 1, 2), places({.fixed = true}, 1, 3));
}

TEST(Masks, TakeWholeWords) {
  const MlmExamples texts = full_sentences(numbered(3, 40), kTokens, 64);
  for (uint32_t step = 0; step < 5; ++step) {
    const MlmExamples::Batch b = texts.batch(std::vector<int64_t>{0}, kTokens, {.whole_words = true}, 1, step);
    const std::vector<int64_t> places = b.places.to_vector<int64_t>();
    const std::set<int64_t> hidden(places.begin(), places.end());
    EXPECT_LE(static_cast<int64_t>(places.size()), texts.asked_in(0, {}));
    for (const int64_t p : places) {
      const int64_t in_sentence = (p - 1) % 3;  // of the first document alone: behind the first token nothing parts them
      if (p < 1 + 60 && in_sentence < 2) EXPECT_TRUE(hidden.contains(in_sentence == 0 ? p + 1 : p - 1)) << p;
    }
  }
}

// A model whose weights say nothing guesses.
TEST(Mlm, IsJudged) {
  Rng rng(RngMode::philox, 1);
  BertConfig config{.vocab_size = 1000, .context = 16, .n_embd = 16, .n_layer = 1, .n_head = 2, .head = BertHead::pretraining};
  const Bert model(config, rng);
  const MlmExamples examples = mlm_examples(model, numbered(6, 30), kTokens, 1);
  const MlmEvaluation e = evaluate(model, examples, kTokens, {.fixed = true});
  const double spread = 0.02 * std::sqrt(768);  // of the first logits, as those of BERT's own width; normal ones of it cost half their square more
  EXPECT_NEAR(e.words_loss, std::log(1000.0) + spread * spread / 2, 0.05);
  EXPECT_NEAR(e.next_loss, std::log(2.0), 0.1);
  EXPECT_EQ(e.pairs, examples.rows());
  EXPECT_TRUE(e.asked > 0 && e.commonest > 0 && e.found <= e.asked);
  EXPECT_TRUE(evaluate(model, examples, kTokens, {}, 0, [] { return true; }).stopped);
}

}  // namespace
}  // namespace grim
