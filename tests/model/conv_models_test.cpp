// A temporal convolutional network and a network of Kim's that PyTorch's layers make (tools/golden/conv_models.py) give the same numbers here.

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/tcn.h"
#include "grimoire/model/text_cnn.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/view.h"
#include "support/golden_model.h"
#include "support/op_case.h"

namespace grim {
namespace {

const std::string kFolder = std::string(GRIM_SOURCE_DIR) + "/tests/golden/conv_models/";

struct Golden {
  explicit Golden(const std::string& name) : config(Json::parse(read_file(kFolder + name + ".json"))) {
    for (const auto& [key, tensor] : read_safetensors(kFolder + name + ".safetensors"))
      if (key.starts_with("weight.")) weights.push_back({key.substr(7), tensor});
      else numbers[key] = tensor;
  }
  Json config;
  std::vector<NamedTensor> weights;
  TensorMap numbers;
};

class TcnGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(TcnGolden, SameLogitsLossAndGradients) {
  const Golden g(GetParam());
  Rng rng(RngMode::philox, 1);
  const TcnConfig config = TcnConfig::from_json(g.config);
  Tcn model(config, rng);
  model.load(g.weights);
  Pass pass;
  EXPECT_LT(test::relative_difference(model.logits(g.numbers.at("tokens"), pass), g.numbers.at("logits")), 1e-5);
  const Tensor loss = model.loss(g.numbers.at("tokens"), g.numbers.at("targets"), pass);
  EXPECT_NEAR(loss.item(), g.numbers.at("loss").item(), 1e-5);
  backward(loss);
  test::expect_gradients(model, g.numbers);
  EXPECT_EQ(config.parameter_count(), static_cast<double>(model.parameter_count()));
  EXPECT_EQ(model.config().dump(), config.to_json().dump());
}
INSTANTIATE_TEST_SUITE_P(Golden, TcnGolden, ::testing::Values("tcn", "tcn_tied"), [](const auto& info) { return std::string(info.param); });

TEST(Tcn, SaysHowFarItLooksBack) {
  TcnConfig config{.context = 16, .n_layer = 2, .kernel_size = 3};
  EXPECT_EQ(config.looks_back_on(), 1 + 2 * 2 * 3);
  ASSERT_EQ(config.warnings().size(), 1u) << "13 of 16";
  config.n_layer = 3;
  EXPECT_TRUE(config.warnings().empty());
  config.n_layer = 31;
  EXPECT_THROW(config.check(), Error);
}

// What it says of how far it looks back is what a change of one token reaches.
TEST(Tcn, LooksBackAsFarAsItSays) {
  Rng rng(RngMode::philox, 3);
  const Tcn model({.vocab_size = 5, .context = 20, .n_embd = 8, .n_hidden = 8, .n_layer = 2, .kernel_size = 3, .dropout = 0, .embedding_dropout = 0}, rng);
  for (const NamedTensor& p : model.parameters()) {  // so large that nothing is rounded away
    const Tensor large = test::random_tensor({p.tensor.shape()}, Dtype::f32, 4);
    std::copy_n(large.data<float>(), p.tensor.numel(), p.tensor.data<float>());
  }
  const int64_t reach = 1 + 2 * 2 * 3;
  const Tensor a = Tensor::zeros({1, 20}, Dtype::i64), b = Tensor::zeros({1, 20}, Dtype::i64);
  b.data<int64_t>()[2] = 3;
  Pass pass;
  const Tensor x = model.logits(a, pass), y = model.logits(b, pass);
  for (int64_t t = 0; t < 20; ++t)
    if (t < 2 || t >= 2 + reach) EXPECT_TRUE(test::bit_equal(select(x, 1, t), select(y, 1, t))) << t;
  EXPECT_FALSE(test::bit_equal(select(x, 1, 2), select(y, 1, 2)));
  EXPECT_FALSE(test::bit_equal(select(x, 1, 1 + reach), select(y, 1, 1 + reach))) << "the furthest";
}

TokenBatch texts_of(const Golden& g) {
  TokenBatch b{g.numbers.at("ids"), Tensor::zeros({g.numbers.at("ids").numel()}, Dtype::i64), {0}};
  for (const int64_t n : g.numbers.at("lengths").to_vector<int64_t>()) b.offsets.push_back(b.offsets.back() + n);
  return b;
}

TEST(TextCnn, SameLabelsLossAndGradients) {
  const Golden g("text_cnn");
  Rng rng(RngMode::philox, 1);
  const TextCnnConfig config = TextCnnConfig::from_json(g.config);
  TextCnn model(config, rng);
  model.load(g.weights);
  const TokenBatch texts = texts_of(g);
  Pass pass;
  const Tensor labels = model.labels(model.hidden(texts, pass), texts, pass);
  EXPECT_LT(test::relative_difference(labels, g.numbers.at("logits")), 1e-5);
  const Tensor loss = cross_entropy(labels, g.numbers.at("labels"));
  EXPECT_NEAR(loss.item(), g.numbers.at("loss").item(), 1e-5);
  backward(loss);
  test::expect_gradients(model, g.numbers);
  EXPECT_EQ(config.parameter_count(), static_cast<double>(model.parameter_count()));
  EXPECT_EQ(model.config().dump(), g.config.dump());
}

TEST(TextCnn, SaysWhatIsWrong) {
  Rng rng(RngMode::philox, 1);
  const TextCnn model({.vocab_size = 5, .context = 3, .n_embd = 4, .n_filters = 2}, rng);
  const std::vector<std::vector<int64_t>> longer = {{1, 2, 3, 4}}, empty = {{1}, {}};
  Pass pass;
  EXPECT_THROW(model.hidden(TokenBatch::of(longer), pass), Error);
  const TokenBatch none = TokenBatch::of(empty);
  EXPECT_THROW(model.pooled(model.hidden(none, pass), none), Error);
  EXPECT_THROW(model.masked_logits(Tensor::zeros({1, 4})), Error);
  for (const char* sizes : {"", "3,", "0", "2,x", "3;4"}) EXPECT_THROW(TextCnnConfig{.kernel_sizes = sizes}.check(), Error) << sizes;
  EXPECT_EQ((TextCnnConfig{.kernel_sizes = "2, 5"}.widths()), (std::vector<int64_t>{2, 5}));
}

}  // namespace
}  // namespace grim
