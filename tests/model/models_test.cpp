// What every language model must do: start at ln V, learn one batch by heart, save and load, say its shape.

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/model/language_model.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/tensor/random.h"
#include "support/op_case.h"

namespace grim {
namespace {

constexpr int64_t V = 11, T = 8;

Json config_of(const std::string& type) {
  if (type == "gpt2")
    return Json::object({{"model_type", type}, {"vocab_size", V}, {"n_positions", T}, {"n_embd", 32}, {"n_layer", 2}, {"n_head", 4}});
  return Json::object({{"model_type", type}, {"vocab_size", V}, {"context", T}, {"n_embd", 16}, {"n_hidden", 48}});
}

struct Data {
  Tensor x, y;
};
Data data_for(const LanguageModel& model, int64_t N) {
  Rng rng(RngMode::philox, 5);
  const int64_t length = model.context();
  const Tensor x = randint(0, V, {N, length}, rng);
  return {x, model.reading() == Reading::window ? randint(0, V, {N}, rng) : randint(0, V, {N, length}, rng)};
}

class Models : public ::testing::TestWithParam<std::string> {};

TEST_P(Models, StartNearUniform) {
  Rng rng(RngMode::philox, 1);
  const auto model = make_language_model(config_of(GetParam()), rng);
  const Data d = data_for(*model, 64);
  Pass pass = Pass::train(1, 0);
  // The notebook's neural bigram starts from a table of unit normal logits; all others start nearly indifferent.
  EXPECT_NEAR(model->loss(d.x, d.y, pass).item(), std::log(static_cast<double>(V)), GetParam() == "neural-bigram" ? 1.2 : 0.15);
}

TEST_P(Models, LearnsOneBatchByHeart) {
  Rng rng(RngMode::philox, 1);
  const auto model = make_language_model(config_of(GetParam()), rng);
  const Data d = data_for(*model, 4);
  if (model->context() == 1)  // a function of one token can only be learned where each token has one answer
    for (int64_t i = 0; i < 4; ++i) d.x.data<int64_t>()[i] = i;
  Parameters parameters(model->parameters());
  Adam adam(parameters, {});
  double loss = 0;
  for (uint32_t step = 0; step < 300; ++step) {
    adam.zero_grad();
    Pass pass = Pass::train(1, step);
    const Tensor l = model->loss(d.x, d.y, pass);
    loss = l.item();
    backward(l);
    adam.step(GetParam() == "neural-bigram" ? 0.1 : 0.01);
  }
  // bow cannot tell every order apart; the others can.
  EXPECT_LT(loss, GetParam() == "bow" ? 0.6 : 0.05);
}

TEST_P(Models, CheckpointBringsEveryBitBack) {
  Rng rng(RngMode::philox, 1);
  const auto model = make_language_model(config_of(GetParam()), rng), other = make_language_model(model->config(), rng);
  const Data d = data_for(*model, 8);
  Pass train = Pass::train(1, 0);
  model->loss(d.x, d.y, train);  // moves BatchNorm's running averages
  other->load(model->checkpoint());
  Pass a, b;
  EXPECT_TRUE(test::bit_equal(model->logits(d.x, a), other->logits(d.x, b)));
  EXPECT_EQ(model->config().dump(), other->config().dump());
}

TEST_P(Models, SameBitsForAnyThreadCountAndOnlyCausal) {
  Rng rng(RngMode::philox, 1);
  const auto model = make_language_model(config_of(GetParam()), rng);
  if (model->reading() != Reading::sequence) GTEST_SKIP() << "a window has one answer";
  const Data d = data_for(*model, 2);
  Pass pass;
  const Tensor before = model->logits(d.x, pass);
  for (int64_t b = 0; b < 2; ++b) d.x.data<int64_t>()[b * T + T - 1] = (d.x.data<int64_t>()[b * T + T - 1] + 1) % V;  // change the last token
  const Tensor after = model->logits(d.x, pass);
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t t = 0; t < T; ++t)
      EXPECT_EQ(before.at({b, t, 3}) == after.at({b, t, 3}), t < T - 1) << GetParam() << " place " << t;
}

INSTANTIATE_TEST_SUITE_P(All, Models, ::testing::Values("neural-bigram", "mlp", "bow", "rnn", "gru", "lstm", "wavenet", "gpt2"),
                         [](const auto& p) { std::string s = p.param; s.erase(std::remove(s.begin(), s.end(), '-'), s.end()); return s; });

TEST(LanguageModel, UnknownTypeNamesTheNearest) {
  Rng rng(RngMode::philox, 1);
  try {
    make_language_model(Json::object({{"model_type", "gpt3"}}), rng);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    EXPECT_EQ(e.hint(), "did you mean 'gpt2'?");
  }
}

}  // namespace
}  // namespace grim
