// The published numbers of Karpathy's makemore lectures on names.txt, exact in torch mode.

#include <cmath>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/data/batcher.h"
#include "grimoire/generate/generate.h"
#include "grimoire/model/bigram.h"
#include "grimoire/model/mlp.h"
#include "grimoire/model/neural_bigram.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/train/lm_data.h"
#include "support/data.h"

namespace grim {
namespace {

constexpr uint64_t kSeed = 2147483647;

class Makemore : public ::testing::Test {
 protected:
  void SetUp() override {
    GRIMOIRE_DATA(path, "names/names.txt");
    corpus_ = load_corpus(path);
    tokenizer_ = make_tokenizer(corpus_);
    golden_ = Json::parse(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/makemore.json"));
  }
  LmPart whole(int64_t context) { return make_lm_part(corpus_, *tokenizer_, Reading::window, context); }
  Examples everything(const LmPart& part) {
    Examples all;
    part.for_each_batch(part.rows(), 1, [&](const Examples& e) { all = e; });
    return all;
  }
  Corpus corpus_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Json golden_;
};

TEST_F(Makemore, CountingBigram) {
  const Examples all = everything(whole(1));
  EXPECT_EQ(all.y.numel(), 228146);
  for (const auto& [smoothing, nll] : {std::pair{0.0, 2.454014}, {1.0, 2.454577}, {0.1, 2.454061}}) {
    Bigram bigram({.vocab_size = 27, .smoothing = smoothing});
    bigram.count(all.x, all.y);
    EXPECT_NEAR(evaluate(bigram, whole(1)).nll_nats, nll, 6e-7) << smoothing;
  }
}

TEST_F(Makemore, PublishedNames) {
  const Examples all = everything(whole(1));
  Bigram bigram({.vocab_size = 27, .smoothing = 1});
  bigram.count(all.x, all.y);
  Rng rng(RngMode::torch, kSeed);
  std::string names;
  for (int i = 0; i < 5; ++i) names += generate(bigram, *tokenizer_, "", {}, rng) + ". ";
  EXPECT_EQ(names, "mor. axx. minaymoryles. kondlaisah. anchshizarie. ");
}

TEST_F(Makemore, Splits) {
  const LmData data = make_lm_data(corpus_, *tokenizer_, SplitPercent::parse("80/10/10"), Reading::window, 3);
  EXPECT_EQ(data.train.rows(), 182625);
  EXPECT_EQ(data.dev.rows(), 22655);
  EXPECT_EQ(data.test.rows(), 22866);
}

TEST_F(Makemore, NeuralBigram) {
  Rng rng(RngMode::torch, kSeed);
  NeuralBigram model({.vocab_size = 27}, rng);
  const Examples all = everything(whole(1));
  Pass pass;
  const std::vector<int64_t> first_word = {0, 1, 2, 3, 4};
  const Examples emma = take_rows(all, first_word);
  EXPECT_NEAR(model.loss(emma.x, emma.y, pass).item(), 3.7693049908, 1e-6);

  Parameters parameters(model.parameters());
  Sgd sgd(parameters, {});
  const Tensor W = model.parameters()[0].tensor;
  for (int step = 0; step < 100; ++step) {
    sgd.zero_grad();
    const Tensor loss = model.loss(all.x, all.y, pass) + mean(square(W)) * 0.01;
    const double published = step == 0 ? 3.768619 : step == 10 ? 2.696505 : step == 99 ? 2.490130 : NAN;
    if (!std::isnan(published)) {
      EXPECT_NEAR(loss.item(), published, 2e-6) << step;
    }
    backward(loss);
    sgd.step(50);
  }
}

// Part 3: construction order, batches and losses of the BatchNorm net all come from one generator.
TEST_F(Makemore, BatchNormNetStartsAtThePublishedLoss) {
  Rng rng(RngMode::torch, kSeed);
  Mlp model({.batch_norm = true}, rng);
  EXPECT_EQ(model.parameter_count(), 12097);
  const LmData data = make_lm_data(corpus_, *tokenizer_, SplitPercent::parse("80/10/10"), Reading::window, 3);
  Batcher batcher(data.train.rows(), 32, Sampling::replacement, rng);
  Parameters parameters(model.parameters());
  Sgd sgd(parameters, {});
  const Json& golden = golden_.at("batch norm net");
  for (int64_t step = 0; step < 5; ++step) {
    const std::vector<int64_t> rows = batcher.batch(step);
    for (size_t i = 0; step == 0 && i < rows.size(); ++i) ASSERT_EQ(rows[i], golden.at("first batch")[i].as_integer());
    const Examples e = data.train.take(rows);
    sgd.zero_grad();
    Pass pass = Pass::train(1, static_cast<uint32_t>(step));
    const Tensor loss = model.loss(e.x, e.y, pass);
    EXPECT_NEAR(loss.item(), 3.3239, step == 0 ? 5e-5 : 0.2);
    // The notebook divides by the deviation without our eps of 1e-5: about 1e-5 of the loss.
    EXPECT_NEAR(loss.item(), golden.at("losses")[static_cast<size_t>(step)].as_real(), 5e-5) << step;
    backward(loss);
    sgd.step(0.1);
  }
}

}  // namespace
}  // namespace grim
