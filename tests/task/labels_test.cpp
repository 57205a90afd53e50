// Fine-tuning: a small BERT learns what texts are about; frozen layers stay; the same bits for any number of threads and across a stop.
#include "grimoire/task/labels.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/op/view.h"
#include "grimoire/task/finetune.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/train/cost.h"
#include "grimoire/train/report.h"
#include "grimoire/train/run.h"
#include "grimoire/train/trainer.h"
#include "support/op_case.h"
#include "task/taught_run.h"

namespace grim {
namespace {

const std::string kTokenizer = test::word_tokenizer({"the", "film", "was", "fine", "bright", "dull", "slow", "very"});

class Labelling : public test::TaughtRun {
 protected:
  void SetUp() override {
    begin_with(kTokenizer, 12, 16);
    std::string texts = "text\tlabel\n";
    const char* const words[] = {"fine", "bright", "dull", "slow"};
    for (int i = 0; i < 64; ++i) texts += str("the film was {}{}\t{}\n", i % 3 ? "very " : "", words[i % 4], i % 4 < 2 ? "good" : "bad");
    write_atomically(folder_ / "texts.tsv", texts);
  }
  RunConfig config(const std::string& task, const std::string& name, const std::string& data = "texts.tsv") { return run_of(task, name, data); }
  TensorMap weights(const std::string& run) { return test::weights_of_run(folder_ / run); }
};

TEST_F(Labelling, ClassesAreLearned) {
  const RunResult r = train(config("classify", "run"), quiet_);
  EXPECT_EQ(r.dev_score, 1.0);
  EXPECT_LT(r.dev_loss, .2);
  EXPECT_NEAR(r.uniform_loss, std::log(2.0), 1e-12);
  const TrainedEncoder trained = load_encoder(folder_ / "run");
  EXPECT_EQ(trained.model->label_set().names, (std::vector<std::string>{"bad", "good"}));
  const std::vector<std::string> texts = {"the film was dull", "very bright"}, places = {"1", "2"};
  const LabelAnswers answers = answer_labels(*trained.model, EncodedTexts(*trained.tokenizer, texts, {}, {.most = 16}, places));
  EXPECT_GT(answers.values.at({0, 0}), .7);
  EXPECT_GT(answers.values.at({1, 1}), .7);
  EXPECT_NEAR(answers.values.at({0, 0}) + answers.values.at({0, 1}), 1, 1e-12);
}

TEST_F(Labelling, TheReportTellsWhatIsRightAndByWhichScore) {
  RunConfig c = config("classify", "told");
  c.split = "50/25/25";
  const RunResult r = train(c, quiet_);
  EXPECT_EQ(r.score_name, "accuracy");
  ASSERT_EQ(r.examined.size(), 2u);
  EXPECT_EQ(r.examined[0].part, Part::dev);
  EXPECT_EQ(r.examined[0].judgement.score, r.dev_score);
  EXPECT_EQ(r.examined[1].judgement.score, r.test_score);
  const std::string page = read_file(c.out + "/report.html"), log = read_file(c.out + "/metrics.jsonl");
  for (const char* part : {"Answers on dev", "Answers on test", "accuracy, dev", "Matthews correlation", "is \\ predicted"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_NE(log.find(R"("score": "accuracy")"), std::string::npos);
  const std::vector<Examination> again = examined_run(c.out);  // from its folder alone
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[1].result.dump(), r.examined[1].result.dump());
}

TEST_F(Labelling, IsTheSameForAnyNumberOfThreadsAndAcrossAStop) {
  expect_same_for_threads_and_across_a_stop([&](const std::string& name) { return config("classify", name); });
}

TEST_F(Labelling, FrozenLayersStay) {
  for (const auto& [dtype, freeze] : {std::pair<const char*, int64_t>{"f32", 1}, {"bf16", 1}, {"f32", -1}}) {
    RunConfig c = config("classify", str("frozen-{}{}", dtype, freeze));
    c.set("freeze", freeze).set("dtype", dtype);
    train(c, quiet_);
    const TensorMap before = read_safetensors(folder_ / "bert-1/model.safetensors"), after = weights(str("frozen-{}{}", dtype, freeze));
    int64_t same = 0, other = 0;
    for (const auto& [name, tensor] : after) {
      const auto was = before.find(name);
      if (was == before.end()) continue;
      const auto of = [&, &n = name](const char* part) { return n.find(part) != std::string::npos; };
      const bool frozen = of("embeddings") || of("layer.0.") || (freeze < 0 && of("layer.1."));
      EXPECT_EQ(test::bit_equal(tensor, was->second), frozen) << name;
      ++(frozen ? same : other);
    }
    EXPECT_GT(same, 10);
    EXPECT_EQ(other > 10, freeze > 0);
  }
}

TEST_F(Labelling, WithFrozenLayersGoOnAsIfTheyHadNotStopped) {
  for (const char* const dtype : {"f32", "bf16"}) {
    RunConfig whole = config("classify", str("whole-{}", dtype)), c = config("classify", str("stopped-{}", dtype));
    for (RunConfig* const run : {&whole, &c}) run->set("freeze", 1).set("dtype", dtype);
    train(whole, quiet_);
    test::Quiet stopper;
    stopper.stop_at = 23;
    EXPECT_EQ(train(c, stopper).ending, Ending::stopped);
    resume(c.out, quiet_);
    expect_same(file_name(whole.out), file_name(c.out));
  }
}

// What learns nothing has no gradient and no optimiser state.
TEST_F(Labelling, WhatIsFrozenCostsTheOptimiserNothing) {
  const auto learned = [&](int64_t freeze) {
    RunConfig c = config("classify", "cost");
    c.set("freeze", freeze);
    const std::unique_ptr<TaskSource> source = c.open_task();
    source->resolve(c);
    Trainer trainer(c, *source);
    int64_t frozen = 0;
    for (const NamedTensor& t : trainer.task().model().frozen()) frozen += t.tensor.numel();
    EXPECT_EQ(trainer.parameters().count() + frozen, trainer.task().model().parameter_count());
    return std::pair(trainer.parameters().count(), predict_cost(c, *source).optimizer_bytes);
  };
  const auto [all, all_bytes] = learned(0);
  const auto [some, some_bytes] = learned(1);
  EXPECT_EQ(all_bytes, 8 * all);
  EXPECT_EQ(some_bytes, 8 * some);
  EXPECT_LT(some, all);
}

TEST_F(Labelling, RatesFallTowardsTheFirstLayers) {
  const FinetuneOptions o{.layer_decay = .5};
  EXPECT_EQ(o.rate_scale("classifier.weight", 2), 1);
  EXPECT_EQ(o.rate_scale("bert.pooler.dense.weight", 2), 1);
  EXPECT_EQ(o.rate_scale("bert.encoder.layer.1.output.dense.weight", 2), .5);
  EXPECT_EQ(o.rate_scale("bert.encoder.layer.0.output.dense.weight", 2), .25);
  EXPECT_EQ(o.rate_scale("bert.embeddings.word_embeddings.weight", 2), .125);
}

TEST_F(Labelling, AHeadMayReadTheMean) {
  RunConfig c = config("classify", "mean");
  c.set("pool", "mean");
  EXPECT_EQ(train(c, quiet_).dev_score, 1.0);
  for (const auto& [name, tensor] : weights("mean")) EXPECT_EQ(name.find("pooler"), std::string::npos) << name;
  const TrainedEncoder trained = load_encoder(folder_ / "mean");
  EXPECT_EQ(trained.model->config().text("classifier_pooling"), "mean");
  const TokenBatch both = encode_batch(*trained.tokenizer, std::vector<std::string>{"the film was very dull", "fine"});
  const TokenBatch alone = encode_batch(*trained.tokenizer, std::vector<std::string>{"fine"});
  Pass pass;
  const Tensor y = trained.model->labels(trained.model->hidden(both, pass), both, pass);
  EXPECT_TRUE(test::bit_equal(slice(y, 0, 1, 2), trained.model->labels(trained.model->hidden(alone, pass), alone, pass)));
  TensorMap w;  // W mean + b
  for (const NamedTensor& t : trained.model->checkpoint()) w[t.name] = t.tensor;
  const Tensor h = trained.model->hidden(alone, pass);
  for (int64_t k = 0; k < 2; ++k) {
    double want = w.at("classifier.bias").at({k});
    for (int64_t c = 0; c < 16; ++c) want += w.at("classifier.weight").at({k, c}) * (h.at({0, c}) + h.at({1, c}) + h.at({2, c})) / 3;
    EXPECT_NEAR(y.at({1, k}), want, 1e-5);
  }
}

TEST_F(Labelling, BatchesAddUpToOne) {
  RunConfig c = config("classify", "one");
  c.set("class_weights", "balanced");
  // Attention does not feel what is added to all keys.
  expect_batches_to_add_up(c, 2, [](const std::string& name) { return name.ends_with("key.bias"); });
}

TEST_F(Labelling, SeveralLabelsAndNumbersAreLearned) {
  std::string several = "text\tlabel\n", numbers = "text\tlabel\n";
  for (int i = 0; i < 64; ++i) {
    const bool very = i % 3 == 0, fine = i % 2 == 0;
    const std::string text = str("the film was {}{}", very ? "very " : "", fine ? "fine" : "slow");
    several += str("{}\t{}{}\n", text, very ? "strong" : "", fine ? (very ? ",kind" : "kind") : "");
    numbers += str("{}\t{}\n", text, (fine ? 1 : -1) * (very ? 2.0 : 1.0));
  }
  write_atomically(folder_ / "several.tsv", several);
  write_atomically(folder_ / "numbers.tsv", numbers);
  EXPECT_EQ(train(config("multilabel", "several", "several.tsv"), quiet_).dev_score, 1.0);
  EXPECT_EQ(load_encoder(folder_ / "several").model->label_set().kind, LabelKind::several);
  RunConfig numbers_run = config("regress", "numbers", "numbers.tsv");
  numbers_run.steps = 150;
  EXPECT_GT(train(numbers_run, quiet_).dev_score, .98);
}

TEST_F(Labelling, LongTextsAreReadAsIsSaid) {
  std::string texts = "text\tlabel\n";
  for (int i = 0; i < 32; ++i) texts += str("{} the film was the film was the film was the film was the film\t{}\n", i % 2 ? "fine" : "dull", i % 2);
  write_atomically(folder_ / "long.tsv", texts);
  for (const char* how : {"head", "window"}) {
    RunConfig c = config("classify", str("long-{}", how), "long.tsv");
    c.set("max_length", 8).set("long_texts", how).set("stride", 2);
    c.steps = 200;
    quiet_.notes.clear();
    EXPECT_EQ(train(c, quiet_).dev_score, 1.0) << how;
    EXPECT_TRUE(std::ranges::any_of(quiet_.notes, [](const std::string& n) { return n.starts_with("32 of 32 texts are longer than 8 tokens"); })) << how;
  }
  // Of 24 texts that train, in steps of 8: an epoch is 3 steps, and of windows of 8 tokens, which share 2, so many times that as a text has.
  for (const auto& [how, steps] : {std::pair{"head", 3}, {"window", 12}}) {
    RunConfig c = config("classify", how, "long.tsv");
    c.set("max_length", 8).set("long_texts", how).set("stride", 2).set("epochs", 1.0);
    c.steps = 0;
    c.open_task()->resolve(c);
    EXPECT_EQ(c.steps, steps) << how;
  }
  RunConfig refused = config("classify", "refused", "long.tsv");
  refused.set("max_length", 8).set("long_texts", "refuse");
  EXPECT_NE(refusal(refused).find("the text has more than 8 tokens"), std::string::npos);
}

TEST_F(Labelling, SaysWhatIsWrongBeforeItTrains) {
  const auto with = [&](const std::string& texts) {
    write_atomically(folder_ / "bad.tsv", texts);
    return refusal(config("classify", "bad", "bad.tsv"));
  };
  EXPECT_EQ(with("text\tlabel\na\tx\nb\tx\n"), "[labels] all 2 texts have the label 'x': there is nothing to tell apart");
  EXPECT_NE(with("text\tlabel\na\tx\nb\t\n").find("row 2 (line 3): the label is empty"), std::string::npos);
  write_atomically(folder_ / "dev.tsv", "text\tlabel\nthe film\tgod\n");
  RunConfig c = config("classify", "bad");
  c.set("dev", folder_ / "dev.tsv");
  EXPECT_NE(refusal(c).find("row 1 (line 2): the label 'god' is none of those that are learned: bad, good"), std::string::npos);
  RunConfig number = config("regress", "bad");
  EXPECT_NE(refusal(number).find("label 'good', expected a number"), std::string::npos);
  EXPECT_FALSE(exists(folder_ / "bad"));
}

TEST_F(Labelling, PairsAreTwoTexts) {
  std::string pairs = "text\tpair\tlabel\n";
  for (int i = 0; i < 64; ++i) {
    const bool one = i % 2 == 1, other = i % 4 < 2;
    pairs += str("the film was {}\tvery {}\t{}\n", one ? "fine" : "dull", other ? "fine" : "dull", one == other ? "same" : "other");
  }
  write_atomically(folder_ / "pairs.tsv", pairs);
  const RunResult r = train(config("pair", "pairs", "pairs.tsv"), quiet_);
  EXPECT_EQ(r.score_name, "accuracy");
  EXPECT_TRUE(noted("pair 'pair'"));
  EXPECT_NE(refusal(config("pair", "alone")).find("one column of texts, expected two"), std::string::npos);
}

TEST(LabelScores, CountWhatIsRight) {
  const Tensor said = Tensor::from<double>({.7, .2, .1, .1, .6, .3, .4, .3, .3}, {3, 3}), right = Tensor::from<double>({1, 0, 0, 0, 1, 0, 0, 0, 1}, {3, 3});
  const LabelScores s = score_labels({LabelKind::one, said}, right);
  EXPECT_NEAR(s.score, 2.0 / 3, 1e-15);
  EXPECT_NEAR(s.loss, -(std::log(.7) + std::log(.6) + std::log(.3)) / 3, 1e-15);
  EXPECT_EQ(s.confusion, (std::vector<double>{1, 0, 0, 0, 1, 0, 1, 0, 0}));
  const LabelScores several = score_labels({LabelKind::several, said}, right);  // two hits, no false alarm, one miss
  EXPECT_NEAR(several.score, 2 * 2.0 / (2 * 2 + 0 + 1), 1e-15);
}

}  // namespace
}  // namespace grim
