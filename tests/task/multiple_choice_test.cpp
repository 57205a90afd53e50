// Multiple choice: a small BERT learns which answer goes with a question, of which there may be any number; the same bits for any number of threads and
// across a stop; batches add up.
#include "grimoire/task/multiple_choice.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/model/bert.h"
#include "grimoire/task/choice_scores.h"
#include "grimoire/task/softmax_within.h"
#include "grimoire/train/run.h"
#include "support/op_case.h"
#include "task/taught_run.h"

namespace grim {
namespace {

const std::string kTokenizer = test::word_tokenizer({"who", "sang", "fell", "old", "ada", "dog", "cat"});

class Choosing : public test::TaughtRun {
 protected:
  void SetUp() override {
    begin_with(kTokenizer, 11, 12);
    // "ada" wherever it stands, among two or three, with or without "old".
    std::string lines;
    for (int i = 0; i < 64; ++i) {
      const char* const ada = i & 2 ? "old ada" : "ada";
      const std::string others[] = {i & 4 ? "\"old dog\"" : "\"dog\"", i & 8 ? "\"cat\"" : "\"cat cat\""};
      const int at = i % 3;
      lines += str(R"({{"question": "who {}", "choices": [{}], "answer": {}}})", i & 1 ? "sang" : "fell",
                   at == 0 ? str("\"{}\", {}", ada, others[0]) : at == 1 ? str("{}, \"{}\", {}", others[0], ada, others[1])
                                                                         : str("{}, {}, \"{}\"", others[0], others[1], ada), at) + "\n";
    }
    write_atomically(folder_ / "all.jsonl", lines);
  }
  RunConfig config(const std::string& name, const std::string& data = "all.jsonl") {
    RunConfig c = run_of("choice", name, data);
    c.eval_every = 60;
    return c;
  }
};

TEST_F(Choosing, TheRightAnswerIsLearned) {
  for (const Dtype dtype : {Dtype::f32, Dtype::bf16}) {
    RunConfig c = config(str("run-{}", name_of(dtype)));
    c.dtype = dtype;
    const RunResult r = train(c, quiet_);
    EXPECT_EQ(r.dev_score, 1.0);
    EXPECT_LT(r.dev_loss, .2);
    EXPECT_GT(r.uniform_loss, std::log(2.0));
    EXPECT_LT(r.uniform_loss, std::log(3.0));
    const TrainedEncoder trained = load_encoder(c.out);
    EXPECT_TRUE(trained.model->has(EncoderPart::choices));
    const std::vector<ChoiceQuestion> q = {{.context = "who fell", .choices = {"cat", "dog", "old cat", "ada"}, .answer = 3}};
    const ChosenAnswers chosen = choose_answers(*trained.model, EncodedChoices(*trained.tokenizer, q, 12, "q"));
    EXPECT_EQ(chosen.choice(0), 3);
    EXPECT_NEAR(chosen.probabilities[0][0] + chosen.probabilities[0][1] + chosen.probabilities[0][2] + chosen.probabilities[0][3], 1, 1e-12);
  }
}

TEST_F(Choosing, IsTheSameForAnyNumberOfThreadsAndAcrossAStop) {
  expect_same_for_threads_and_across_a_stop([&](const std::string& name) { return config(name); });
}

TEST_F(Choosing, BatchesAddUpToOne) {
  // A softmax does not feel what is added to all of its terms, and little of what is added to all choices: gradients of biases are what is left where
  // large numbers cancel.
  expect_batches_to_add_up(config("one"), 2, [](const std::string& name) { return name.ends_with("bias"); });
}

TEST_F(Choosing, LongPairsAreCutAndCounted) {
  RunConfig c = config("cut");
  c.steps = 1;
  c.set("max_length", 6);
  train(c, quiet_);
  EXPECT_TRUE(std::ranges::any_of(quiet_.notes, [](const std::string& n) {
    return n.ends_with("questions with an answer are longer than 6 tokens, and are read up to there");
  }));
}

TEST(Choices, AreRefusedWhereTheFamilyHasNoHeadForThem) {
  Rng rng(RngMode::philox, 1);
  const Bert electra({.vocab_size = 11, .context = 12, .n_embd = 8, .n_layer = 1, .n_head = 1, .head = BertHead::none, .kind = BertKind::electra}, rng);
  EXPECT_THROW(electra.with_head(NewHead::choices, {}, rng), Error);
}

TEST(ChoiceScores, CountWhatIsRight) {
  const std::vector<ChoiceQuestion> q = {{.context = "a", .choices = {"x", "y"}, .answer = 1}, {.context = "b", .choices = {"x", "y", "z", "w"}, .answer = 0}};
  const ChoiceScores s = score_choices({{{.3, .7}, {.2, .5, .2, .1}}}, q);
  EXPECT_NEAR(s.loss, -(std::log(.7) + std::log(.2)) / 2, 1e-15);
  EXPECT_EQ(s.accuracy, .5);
  EXPECT_EQ(s.guessing, (1.0 / 2 + 1.0 / 4) / 2);
  EXPECT_THROW(score_choices({}, q), Error);
}

TEST(SoftmaxWithin, HasTheGradientOfItsTexts) {
  const Tensor x = requires_grad(Tensor::from<double>({.1, -.4, 2, .3, .5, -1}, {6, 1}));
  const std::vector<int64_t> offsets = {0, 2, 3, 6}, targets = {1, 0, 2};
  const Tensor loss = cross_entropy_within(x, offsets, targets);
  backward(loss);
  for (size_t b = 0; b < 3; ++b) {
    double sum = 0;
    for (int64_t i = offsets[b]; i < offsets[b + 1]; ++i) sum += std::exp(x.at({i, 0}));
    for (int64_t i = offsets[b]; i < offsets[b + 1]; ++i)
      EXPECT_NEAR(grad(x).at({i, 0}), (std::exp(x.at({i, 0})) / sum - (i == offsets[b] + targets[b])) / 3, 1e-15) << i;
  }
  EXPECT_THROW(cross_entropy_within(x, offsets, {{1, 0}}), Error);
  EXPECT_THROW(cross_entropy_within(x, offsets, {{2, 0, 0}}), Error);
}

}  // namespace
}  // namespace grim
