// Encoders that label texts and begin with nothing: Kim's network over the words of its own texts, or over given vectors; the same bits for any number of
// threads and across a stop.
#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/model/register.h"
#include "grimoire/task/folds.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/train/cost.h"
#include "grimoire/train/pretrained_embeddings.h"
#include "grimoire/train/run.h"
#include "task/taught_run.h"

namespace grim {
namespace {

class FreshLabels : public test::TaughtRun {
 protected:
  void SetUp() override {
    add_tasks();
    std::string texts = "text\tlabel\n", numbers = "text\tnumber\n";
    const char* const words[] = {"Fine", "bright", "dull", "slow"};
    for (int i = 0; i < 64; ++i) {
      const std::string text = str("The film was {}{}", i % 3 ? "very " : "", words[i % 4]);
      texts += str("{}\t{}\n", text, i % 4 < 2 ? "good" : "bad");
      numbers += str("{}\t{}\n", text, i % 4);
    }
    write_atomically(folder_ / "texts.tsv", texts);
    write_atomically(folder_ / "numbers.tsv", numbers);
    write_atomically(folder_ / "words.vec", "4 8\nfine 1 2 3 4 5 6 7 8\ndull 8 7 6 5 4 3 2 1\nship 0 0 0 0 0 0 0 1\nthe .5 0 0 0 0 0 0 0\n");
  }
  RunConfig config(const std::string& name, const std::string& data = "texts.tsv") const {
    RunConfig c = default_run("text-cnn", CorpusFormat::lines);
    c.data = folder_ / data;
    c.out = folder_ / name;
    c.split = "75/25/0";
    c.steps = 40;
    c.batch_size = 8;
    c.lr = 1e-2;
    c.eval_every = 20;
    c.save_every = 15;
    c.set("n-embd", 8).set("n-filters", 4).set("kernel-sizes", "1,2").set("dropout", .2);
    return c;
  }
  RunConfig with_vectors(const std::string& name) const {
    RunConfig c = config(name);
    c.embeddings = folder_ / "words.vec";
    return c;
  }
  // The numbers of a word's row.
  std::vector<float> row_of(const std::string& run, const std::string& word) const {
    const TrainedEncoder trained = load_encoder(folder_ / run);
    const int64_t id = trained.tokenizer->id_of(word).value();
    const Tensor table = test::weights_of_run(folder_ / run).at("embedding.weight");
    return {table.data<float>() + id * 8, table.data<float>() + (id + 1) * 8};
  }
};

TEST_F(FreshLabels, ClassesAreLearnedOverTheWordsOfTheTexts) {
  const RunResult r = train(config("run"), quiet_);
  EXPECT_EQ(r.dev_score, 1.0);
  const TrainedEncoder trained = load_encoder(folder_ / "run");
  EXPECT_EQ(trained.tokenizer->vocab_size(), 2 + 8);  // [UNK], [PAD], the words in small letters
  EXPECT_TRUE(trained.tokenizer->id_of("fine").has_value());
  EXPECT_FALSE(trained.tokenizer->id_of("Fine").has_value());
  EXPECT_EQ(trained.model->label_set().names, (std::vector<std::string>{"bad", "good"}));
  const std::vector<std::string> texts = {"the film was DULL", "bright"}, places = {"1", "2"};
  const LabelAnswers answers = answer_labels(*trained.model, EncodedTexts(*trained.tokenizer, texts, {}, {.most = 16}, places));
  EXPECT_GT(answers.values.at({0, 0}), .5);
  EXPECT_GT(answers.values.at({1, 1}), .5);
}

TEST_F(FreshLabels, RareWordsAreUnknown) {
  RunConfig c = config("rare");
  c.set("min-frequency", 20);
  train(c, quiet_);
  const TrainedEncoder trained = load_encoder(folder_ / "rare");
  EXPECT_FALSE(trained.tokenizer->id_of("dull").has_value());
  EXPECT_TRUE(trained.tokenizer->id_of("film").has_value());
}

TEST_F(FreshLabels, ATokenizerMayBeGiven) {
  write_atomically(folder_ / "words.json", test::word_tokenizer({"The", "film", "was", "Fine", "bright", "dull", "slow", "very"}));
  RunConfig c = config("given");
  c.set("tokenizer", folder_ / "words.json");
  EXPECT_EQ(train(c, quiet_).dev_score, 1.0);
  EXPECT_TRUE(load_encoder(folder_ / "given").tokenizer->id_of("Fine").has_value());
}

TEST_F(FreshLabels, IsTheSameForAnyNumberOfThreadsAndAcrossAStop) {
  expect_same_for_threads_and_across_a_stop([&](const std::string& name) { return with_vectors(name); },
                                            [&] { write_atomically(folder_ / "words.vec", "gone"); });  // a run that goes on needs them no more
}

TEST_F(FreshLabels, FoldsAreEachJudgedByWeightsThatHaveNotSeenThem) {
  RunConfig c = config("folds");
  c.set("folds", 2);
  const FoldedRun run = train_folds(c, quiet_);
  ASSERT_EQ(run.folds.size(), 2u);
  EXPECT_EQ(run.folds[0].examples + run.folds[1].examples, 64);
  EXPECT_EQ(resume_folds(folder_ / "folds", quiet_).mean, run.mean);
}

TEST_F(FreshLabels, WhatItCostsIsForetold) {
  const RunCost cost = predict_cost(with_vectors("none"));
  EXPECT_EQ(cost.examples, 48);
  EXPECT_EQ(cost.parameters, 10 * 8 + (8 * 4 + 4) + (2 * 8 * 4 + 4) + (8 * 2 + 2));
  EXPECT_GT(cost.total_seconds(), 0);
}

TEST_F(FreshLabels, AnotherHeadLearnsFromWhatItLearned) {
  train(config("first"), quiet_);
  RunConfig c = config("second", "numbers.tsv");
  c.init_from = folder_ / "first";
  c.task = "regress";
  train(c, quiet_);
  EXPECT_EQ(load_encoder(folder_ / "second").model->label_set().kind, LabelKind::number);
}

TEST_F(FreshLabels, VectorsAreTheFirstValuesOfTheirWords) {
  RunConfig c = with_vectors("frozen");
  c.freeze_embeddings = true;
  train(c, quiet_);
  EXPECT_TRUE(noted("vectors of 8 numbers for 3 of 8 tokens (37.5 %); the others keep the values they had"));
  EXPECT_EQ(row_of("frozen", "fine"), (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(row_of("frozen", "the"), (std::vector<float>{.5, 0, 0, 0, 0, 0, 0, 0}));
  RunConfig none = config("none");
  none.lr = 0;
  train(none, quiet_);
  EXPECT_EQ(row_of("frozen", "slow"), row_of("none", "slow"));  // frozen too, at what it began with
}

TEST_F(FreshLabels, VectorsLearnOnWhereTheyAreNotFrozen) {
  train(with_vectors("tuned"), quiet_);
  const std::vector<float> row = row_of("tuned", "fine");
  EXPECT_NE(row[0], 1);
  for (int i = 0; i < 8; ++i) EXPECT_NEAR(row[static_cast<size_t>(i)], i + 1, .5);
}

TEST_F(FreshLabels, VectorsAreRefusedByWhatIsWrong) {
  const auto with_file = [&](const std::string& bytes) {
    write_atomically(folder_ / "words.vec", bytes);
    return refusal(with_vectors("refused"));
  };
  EXPECT_NE(with_file("2 3\nfine 1 2 3\ndull 3 2 1\n").find("its vectors have 3 numbers, and the model's tokens 8"), std::string::npos);
  EXPECT_NE(with_file("1 8\nship 1 2 3 4 5 6 7 8\n").find("none of the model's 8 tokens is among its 1 words"), std::string::npos);
  EXPECT_NE(with_file("nothing of the kind\n").find("neither a model of fastText nor a file of word vectors"), std::string::npos);
  RunConfig c = with_vectors("refused");
  c.embeddings = folder_ / "not-there";
  EXPECT_NE(refusal(c).find("not-there"), std::string::npos);
  EXPECT_FALSE(exists(folder_ / "refused"));
}

TEST_F(FreshLabels, CharactersAreNoWords) {
  write_atomically(folder_ / "names.txt", "fine\ndull\na\nbright\nslow\nthe\nship\nsail\nsea\nanchor\n");
  RunConfig c = default_run("mlp", CorpusFormat::lines);
  c.data = folder_ / "names.txt";
  c.out = folder_ / "characters";
  c.set("n-embd", 8).set("steps", 2);
  c.embeddings = folder_ / "letters.vec";
  write_atomically(c.embeddings, "1 8\na 1 2 3 4 5 6 7 8\n");
  EXPECT_NE(refusal(c).find("the model's tokens are single characters"), std::string::npos) << refusal(c);
}

TEST(TokenTables, AreThoseOfTheArchitectures) {
  int64_t with_table = 0;
  for (const Architecture* a : architectures()) {
    if (a->token_table.empty()) continue;
    ++with_table;
    const std::unique_ptr<ModelConfig> shape = a->defaults();
    constexpr int64_t kTokens = 57;
    shape->set_vocabulary(kTokens);
    if (shape->size("context") == 0) shape->set_size("context", 8);
    Rng rng(RngMode::unset, 0);
    int64_t tables = 0;
    for (const NamedTensor& p : shape->build(rng)->parameters()) {
      if (!is_token_table(*a, p.name)) continue;
      ++tables;
      EXPECT_EQ(p.tensor.dim(0), kTokens) << a->name << ": " << p.name;
    }
    EXPECT_GE(tables, 1) << a->name;
    EXPECT_LE(tables, a->task == "seq2seq" ? 2 : 1) << a->name;
  }
  EXPECT_GE(with_table, 20);
  EXPECT_FALSE(is_token_table(architecture_named("text-cnn"), "other_embedding.weight"));
  EXPECT_FALSE(is_token_table(architecture_named("wavenet"), "wte.weight"));
}

}  // namespace
}  // namespace grim
