#include "grimoire/adapt/upcycle.h"

#include <gtest/gtest.h>

#include "grimoire/model/causal_lm.h"
#include "grimoire/model/register.h"
#include "grimoire/tensor/random.h"
#include "support/op_case.h"

namespace grim {
namespace {

std::unique_ptr<CausalLm> dense(const std::string& type) {
  Rng rng(RngMode::philox, 5);
  if (type == "gpt2")
    return build_causal_lm(Json::object({{"model_type", type}, {"vocab_size", 19}, {"n_positions", 12}, {"n_embd", 16}, {"n_layer", 3}, {"n_head", 2}}), rng);
  return build_causal_lm(Json::object({{"model_type", type}, {"vocab_size", 19}, {"max_position_embeddings", 12}, {"hidden_size", 16},
                                       {"intermediate_size", 24}, {"num_hidden_layers", 3},
                                       {"num_attention_heads", 2}, {"tie_word_embeddings", type == "mistral"}}),
                         rng);
}

TEST(Upcycled, ComputesWhatTheModelDid) {
  for (const std::string type : {"gpt2", "llama", "mistral"})
    for (const int64_t k : {1, 2, 3}) {
      SCOPED_TRACE(str("{} {}", type, k));
      const std::unique_ptr<CausalLm> model = dense(type);
      std::unique_ptr<Pretrained> made = upcycled(*model, {.experts = 5, .per_token = k, .balance_loss = 0.25}, 7);
      EXPECT_EQ(made->config().text("model_type"), type == "gpt2" ? "gpt2" : "mixtral");
      const std::unique_ptr<CausalLm> mixture = capability_in<CausalLm>(made);
      const auto mixtures = experts_in(*mixture);
      ASSERT_EQ(mixtures.size(), 3u);
      EXPECT_EQ(mixtures[0].second->options().balance_loss, 0.25);
      Rng rng(RngMode::philox, 5);
      const Tensor x = randint(0, 19, {4, 12}, rng);
      Pass a, b;
      RouterLog log;
      const RouterScope logged(1, &log);
      EXPECT_LT(test::relative_difference(mixture->logits(x, b), model->logits(x, a)), 2e-6);
      for (const RouterLog::Layer& l : log.layers) EXPECT_LT(l.busiest(), 5. / static_cast<double>(k)) << "routers differ from nothing";
    }
}

TEST(Upcycled, RefusesWhatWouldNotBeTheSame) {
  const std::unique_ptr<CausalLm> model = dense("llama");
  EXPECT_THROW(upcycled(*model, {.experts = 0}, 1), Error);
  EXPECT_THROW(upcycled(*model, {.experts = 2, .per_token = 3}, 1), Error);
  EXPECT_THROW(upcycled(*model, {.experts = 4, .shared = 1}, 1), Error);
  EXPECT_THROW(upcycled(*model, {.experts = 4, .weights = RouterWeights::all}, 1), Error);
  const std::unique_ptr<Pretrained> once = upcycled(*model, {.experts = 4}, 1);
  EXPECT_THROW(upcycled(*once, {.experts = 4}, 1), Error);
  Rng rng(RngMode::philox, 5);
  const Json lstm = Json::object({{"model_type", "lstm"}, {"vocab_size", 19}, {"context", 4}, {"n_embd", 16}, {"n_hidden", 16}});
  try {
    upcycled(*build_model(lstm, rng), {.experts = 4}, 1);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[upcycle] lstm knows no experts");
  }
}

}  // namespace
}  // namespace grim
