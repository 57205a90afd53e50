// Tagging words: a small BERT learns who is named; the same bits for any number of threads and across a stop; what is wrong is told before it trains.
#include "grimoire/task/tags.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/model/text_features.h"
#include "grimoire/task/tag_scores.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/train/run.h"
#include "support/op_case.h"
#include "task/taught_run.h"

namespace grim {
namespace {

// Words of one piece, and of several: "ada" and "adaline" begin alike, and the first piece has to tell.
const char* const kTokenizer = R"({"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
  "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3, "then": 4, "met": 5, "in": 6, "ada": 7, "##line": 8, "bob": 9, "##by": 10, "rome": 11,
  "oslo": 12, "and": 13}}})";

class Tagging : public test::TaughtRun {
 protected:
  void SetUp() override {
    begin_with(kTokenizer, 14, 24);
    std::string names, kinds;
    const char* const people[] = {"ada", "adaline", "bob", "bobby"};
    const char* const places[] = {"rome", "oslo"};
    for (int i = 0; i < 64; ++i) {
      const char *const one = people[i % 4], *const other = people[i / 4 % 4], *const place = places[i / 16 % 2];
      names += str("{}{}\tB-PER\n{}\tI-PER\nmet\tO\n{}\tB-PER\nin\tO\n{}\tB-LOC\n\n", i % 3 ? "then\tO\n" : "", one, other, other, place);
      kinds += str("{} NAME\nmet VERB\n{} NAME\n\n", one, other);
    }
    write_atomically(folder_ / "names.conll", names);
    write_atomically(folder_ / "kinds.conll", kinds);
  }
  RunConfig config(const std::string& name, const std::string& data = "names.conll") { return run_of("tag", name, data); }
};

TEST_F(Tagging, NamesAreLearned) {
  RunConfig c = config("run");
  c.steps = 150;
  const RunResult r = train(c, quiet_);
  EXPECT_EQ(r.dev_score, 1.0);
  EXPECT_EQ(r.score_name, "F1");
  EXPECT_LT(r.dev_loss, .1);
  EXPECT_NEAR(r.uniform_loss, std::log(4.0), 1e-12);
  EXPECT_TRUE(noted("4 tags; the score is the F1 of whole spans"));
  const TrainedEncoder trained = load_encoder(folder_ / "run");
  EXPECT_EQ(trained.model->label_set().names, (std::vector<std::string>{"B-LOC", "B-PER", "I-PER", "O"}));
  const TaggedSentences new_one = parse_tagged_words("then\nbobby\nadaline\nmet\nada\nin\nrome\n", "f", {}, WithTags::no);
  const TagAnswers answers = answer_words(*trained.model, EncodedWords(*trained.tokenizer, new_one, {.most = 24, .longer = LongTexts::window}));
  EXPECT_EQ(said_tags(answers, new_one, trained.model->label_set())[0], (Tags{"O", "B-PER", "I-PER", "O", "B-PER", "O", "B-LOC"}));
}

TEST_F(Tagging, KindsOfWordsAreScoredByAccuracy) {
  const RunResult r = train(config("kinds", "kinds.conll"), quiet_);
  EXPECT_EQ(r.dev_score, 1.0);
  EXPECT_EQ(r.score_name, "accuracy");
  EXPECT_TRUE(noted("2 tags; the score is the accuracy of words"));
}

TEST_F(Tagging, IsTheSameForAnyNumberOfThreadsAndAcrossAStop) {
  expect_same_for_threads_and_across_a_stop([&](const std::string& name) { return config(name); });
}

// Sentences have other numbers of words: batches count by words, or the parts would weigh otherwise.
TEST_F(Tagging, BatchesAddUpToOne) {
  // Attention does not feel what is added to all keys.
  expect_batches_to_add_up(config("one"), 1, [](const std::string& name) { return name.ends_with("key.bias"); });
}

TEST_F(Tagging, LongSentencesAreReadInWindows) {
  RunConfig c = config("windows");
  c.set("max_length", 8).set("stride", 2);
  c.steps = 120;
  EXPECT_GT(train(c, quiet_).dev_score, .9);
  EXPECT_TRUE(noted(" of 64 sentences are longer than 8 tokens, and are read in windows that are cut between words"));
  RunConfig refused = config("refused");
  refused.set("max_length", 8).set("long_texts", "refuse");
  EXPECT_NE(refusal(refused).find("the sentence has more than 8 tokens"), std::string::npos);
}

TEST_F(Tagging, SaysWhatIsWrongBeforeItTrains) {
  const auto with = [&](const std::string& words) {
    write_atomically(folder_ / "bad.conll", words);
    return refusal(config("bad", "bad.conll"));
  };
  EXPECT_NE(with("a O\nb O\n").find("all 2 words have the tag 'O': there is nothing to tell apart"), std::string::npos);
  EXPECT_NE(with("a O\nb\n").find("bad.conll: line 2: got 1 column, expected 2 as in line 1"), std::string::npos);
  std::string different;
  for (int i = 0; i < 60; ++i) different += str("w t{}\n", i);
  EXPECT_NE(with(different).find("60 words have 60 different tags"), std::string::npos);
  write_atomically(folder_ / "other.conll", "ada NOUN\nmet VERB\n");
  RunConfig c = config("bad");
  c.set("dev", folder_ / "other.conll");
  EXPECT_NE(refusal(c).find("other.conll: got the tags NOUN, VERB, and none of them is learned: B-LOC, B-PER, I-PER, O"), std::string::npos);
  EXPECT_FALSE(exists(folder_ / "bad"));
}

TEST_F(Tagging, ATagThatIsNotLearnedIsWrong) {
  write_atomically(folder_ / "some.conll", "ada B-PER\nmet O\noslo B-ORG\n");
  RunConfig c = config("some");
  c.set("dev", folder_ / "some.conll");
  train(c, quiet_);
  EXPECT_TRUE(noted("1 of 3 words have a tag that nothing is learned of: they count as wrong"));
}

// A layer's vectors of words are rows of that layer's vectors of tokens.
TEST_F(Tagging, FeaturesOfWordsAreThoseOfTheirFirstPieces) {
  const TrainedEncoder trained = load_encoder(folder_ / "bert-1");
  const TaggedSentences sentences = parse_tagged_words("then\nbobby\nadaline\n\nada\nin\nrome\n", "f", {}, WithTags::no);
  const EncodedWords words(*trained.tokenizer, sentences, {.most = 24, .longer = LongTexts::window});
  const std::vector<int64_t> layers = {0, 2};
  const std::vector<Tensor> of_words = word_features(*trained.model, words, layers);
  const TextFeatures of_tokens = text_features(*trained.model, words.windows(), layers, Pool::none);
  const std::vector<int64_t> rows = {1, 2, 4, 8, 9, 10};  // [CLS] then bob ##by ada ##line [SEP] [CLS] ada ...
  for (size_t l = 0; l < layers.size(); ++l) {
    ASSERT_EQ(of_words[l].shape(), Shape({6, 16}));
    for (int64_t w = 0; w < 6; ++w)
      for (int64_t k = 0; k < 16; ++k) EXPECT_EQ(of_words[l].at({w, k}), of_tokens.layers[l].at({rows[static_cast<size_t>(w)], k})) << w;
  }
}

TEST(TagScores, CountWordsAndSpans) {
  const Labels set{LabelKind::one, {"B-X", "I-X", "O"}};
  const TaggedSentences truth = parse_tagged_words("a B-X\nb I-X\nc O\n\nd B-X\ne B-Y\n", "f");
  const TagAnswers said{Tensor::from<float>({.8f, .1f, .1f, .2f, .7f, .1f, .5f, .2f, .3f, .9f, 0, .1f, .1f, .1f, .8f}, {5, 3})};  // B I B; B O
  const TagScores s = score_tags(said, truth, set);
  EXPECT_EQ(s.unknown, 1);
  EXPECT_NEAR(s.accuracy, 3.0 / 5, 1e-15);
  EXPECT_NEAR(s.loss, -(std::log(.8) + std::log(.7) + std::log(.3) + std::log(.9)) / 4, 1e-6);
  EXPECT_EQ(s.confusion, (std::vector<double>{2, 0, 0, 0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(s.spans.micro.right, 2);  // a b, and d; c is none, and e is missed
  EXPECT_EQ(s.spans.micro.predicted, 3);
  EXPECT_EQ(s.spans.micro.support, 3);
  EXPECT_NEAR(s.score, 2.0 / 3, 1e-15);
}

TEST(TagScores, KnowWhichTagsMarkSpans) {
  const auto marks = [](std::vector<std::string> names) { return marks_spans({LabelKind::one, std::move(names)}); };
  EXPECT_TRUE(marks({"B-X", "O"}));
  EXPECT_TRUE(marks({"B-X", "E-X", "I-X", "O", "S-X"}));
  EXPECT_FALSE(marks({"NOUN", "VERB"}));
  EXPECT_FALSE(marks({"O", "X"}));
  EXPECT_FALSE(marks({"-LRB-", "B-X", "O"}));
}

}  // namespace
}  // namespace grim
