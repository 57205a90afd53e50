// A GPT-2 written by PyTorch (tools/golden/gpt.py) gives the same hidden states, logits, loss, gradients, ten AdamW losses and greedy text here.

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/gpt.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/optim/optimizer.h"
#include "support/golden_model.h"
#include "support/op_case.h"

namespace grim {
namespace {

const std::string kFolder = std::string(GRIM_SOURCE_DIR) + "/tests/golden/gpt/";

std::vector<NamedTensor> named(const TensorMap& map) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : map) tensors.push_back({name, tensor});
  return tensors;
}

class GptGolden : public ::testing::Test {
 protected:
  void SetUp() override {
    Rng rng(RngMode::philox, 1);
    model_ = std::make_unique<Gpt>(GptConfig::from_json(Json::parse(read_file(kFolder + "config.json"))), rng);
    model_->load(named(read_safetensors(kFolder + "model.safetensors")));
    golden_ = read_safetensors(kFolder + "golden.safetensors");
    targets_ = test::with_ignored(golden_["targets"]);
  }
  std::unique_ptr<Gpt> model_;
  TensorMap golden_;
  Tensor targets_;
};

TEST_F(GptGolden, SameHiddenStates) {
  std::vector<Tensor> seen;
  {
    const Tap tap([&](const Site& site, const Tensor& y) {
      if (seen.empty() || site.kind == SiteKind::residual) seen.push_back(y);  // the table of tokens is the first that is shown
      return Tensor();
    });
    Pass pass;
    model_->logits(golden_["tokens"], pass);
  }
  for (const NamedTensor& t : model_->checkpoint())
    if (t.name == "transformer.wpe.weight") seen[0] = seen[0] + t.tensor;  // that of places is not shown
  ASSERT_EQ(seen.size(), 3u) << "the embedding and two blocks";
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_LT(test::relative_difference(seen[i], golden_.at(str("hidden.{}", i))), 2e-6) << i;
}

TEST_F(GptGolden, SameLogitsAndLoss) {
  Pass pass;
  EXPECT_LT(test::relative_difference(model_->logits(golden_["tokens"], pass), golden_["logits"]), 2e-6);
  EXPECT_NEAR(model_->loss(golden_["tokens"], targets_, pass).item(), golden_["loss"].item(), 2e-6);
}

TEST_F(GptGolden, SameGradients) {
  Pass pass;
  backward(model_->loss(golden_["tokens"], targets_, pass));
  test::expect_gradients(*model_, golden_);
  EXPECT_EQ(model_->parameters().size(), 28u);
}

TEST_F(GptGolden, SameTenAdamwLosses) {
  const Json adamw = Json::parse(read_file(kFolder + "golden.json")).at("adamw");
  Parameters parameters(model_->parameters());
  parameters.scale_weight_decay(decay_matrices_only);
  Adam adam(parameters, {.beta1 = adamw.real("beta1"), .beta2 = adamw.real("beta2"), .eps = adamw.real("eps"),
                         .weight_decay = adamw.real("weight_decay")});
  for (size_t step = 0; step < 10; ++step) {
    Pass pass;
    adam.zero_grad();
    const Tensor loss = model_->loss(golden_["tokens"], targets_, pass);
    EXPECT_NEAR(loss.item(), adamw.at("losses")[step].as_real(), 3e-5) << "step " << step;
    backward(loss);
    const double norm = parameters.gradient_norm();
    EXPECT_NEAR(norm, adamw.at("norms")[step].as_real(), 1e-4) << "step " << step;
    adam.step(adamw.real("lr"), clip_scale(norm, adamw.real("clip")));
  }
}

// All of the text read anew for each token, as the script does, and going on from a cache.
TEST_F(GptGolden, SameGreedyText) {
  const NoGrad no_grad;
  const Json greedy = Json::parse(read_file(kFolder + "golden.json")).at("greedy");
  const std::vector<int64_t> begun = slice(slice(golden_["tokens"], 0, 0, 1), 1, 0, 4).to_vector<int64_t>();
  std::vector<int64_t> want;
  for (size_t i = 0; i < 16; ++i) want.push_back(greedy[i].as_integer());
  for (const bool goes_on : {false, true}) {
    const std::unique_ptr<DecodeCache> cache = model_->decode_cache();
    Pass pass, decode = Pass::decode(*cache);
    std::vector<int64_t> text = begun, next = begun;
    while (text.size() < want.size()) {
      const std::vector<int64_t>& read = goes_on ? next : text;
      next = argmax(model_->last_logits(Tensor::from(read, {1, std::ssize(read)}), goes_on ? decode : pass), 1).to_vector<int64_t>();
      text.push_back(next[0]);
    }
    EXPECT_EQ(text, want) << (goes_on ? "with a cache" : "without a cache");
  }
}

TEST_F(GptGolden, CheckpointRoundTripKeepsEveryBit) {
  Rng rng(RngMode::philox, 2);
  Gpt other(GptConfig::from_json(model_->config()), rng);
  other.load(model_->checkpoint());
  Pass pass;
  EXPECT_TRUE(test::bit_equal(model_->logits(golden_["tokens"], pass), other.logits(golden_["tokens"], pass)));
}

TEST(Gpt, WithoutBiasesWritesZeroOnesAndDropsThemAgain) {
  Rng rng(RngMode::philox, 2);
  GptConfig config = GptConfig::nanogpt_cpu();
  Gpt model(config, rng);
  EXPECT_EQ(model.parameter_count(), 65 * 128 + 64 * 128 + 4 * (12 * 128 * 128 + 2 * 128) + 128);
  const std::vector<NamedTensor> saved_tensors = model.checkpoint();
  EXPECT_EQ(saved_tensors.size(), 2u + 4 * 12 + 2);
  Gpt again(GptConfig::from_json(model.config()), rng);
  again.load(saved_tensors);
  EXPECT_TRUE(test::bit_equal(model.parameters()[5].tensor, again.parameters()[5].tensor));
}

TEST(Gpt, PublishedParameterCounts) {
  Rng rng(RngMode::philox, 2);
  EXPECT_EQ(Gpt(GptConfig::makemore(), rng).parameter_count(), 27 * 64 * 2 + 16 * 64 + 4 * (12 * 64 * 64 + 13 * 64) + 2 * 64);
}

TEST(Gpt, InitialWeightsOfMakemoreAreTorchsLayerDefaults) {
  Rng rng(RngMode::philox, 2);
  const Gpt model(GptConfig::makemore(), rng);
  for (const NamedTensor& p : model.checkpoint()) {
    double largest = 0, squares = 0;
    for (double v : p.tensor.to_vector<double>()) largest = std::max(largest, std::abs(v)), squares += v * v;
    const double std = std::sqrt(squares / static_cast<double>(p.tensor.numel()));
    if (p.name.ends_with("wte.weight") || p.name.ends_with("wpe.weight")) EXPECT_NEAR(std, 1.0, 0.06) << p.name;
    const bool wide = p.name.find("mlp.c_proj") != std::string::npos;  // fan_in 256, all others 64
    if (p.name.find(".c_") != std::string::npos || p.name == "lm_head.weight") {
      EXPECT_LE(largest, wide ? 1.0 / 16 : 1.0 / 8) << p.name;
      EXPECT_GT(largest, (wide ? 1.0 / 16 : 1.0 / 8) * 0.9) << p.name;
    }
  }
}

TEST(Gpt, SaysWhatIsWrong) {
  Rng rng(RngMode::philox, 2);
  Gpt model(GptConfig::makemore(), rng);
  Pass pass;
  EXPECT_THROW(model.logits(Tensor::zeros({1, 17}, Dtype::i64), pass), Error);
  EXPECT_THROW(model.logits(Tensor::full({1, 2}, 27, Dtype::i64), pass), Error);
  EXPECT_THROW(Gpt({.n_embd = 10, .n_head = 3}, rng), Error);
  std::vector<NamedTensor> tensors = model.checkpoint();
  tensors.pop_back();
  EXPECT_THROW(model.load(tensors), Error);
}

}  // namespace
}  // namespace grim
