// Models with a mixture of experts: what transformers' Mixtral says of the same weights, and what has to hold of any.

#include <map>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/experts.h"
#include "grimoire/nn/tap.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"
#include "grimoire/tensor/view.h"
#include "support/golden_model.h"
#include "support/op_case.h"

namespace grim {
namespace {

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/causal_families/";

// Their loss is ours times k: f there is a share of tokens, and here of choices.
TEST(Mixtral, SameScoresAndRouterLossesAsInTransformers) {
  for (const std::string name : {"mixtral", "mixtral_three"}) {
    SCOPED_TRACE(name);
    TensorMap golden;
    std::vector<NamedTensor> weights;
    for (const auto& [tensor_name, tensor] : read_all(*open_tensor_file(kGolden + name + ".safetensors"))) {
      golden[tensor_name] = tensor;
      if (tensor_name.starts_with("model.") || tensor_name.starts_with("lm_head.")) weights.push_back({tensor_name, tensor});
    }
    const Json config = Json::parse(read_file(kGolden + name + ".json"));
    Rng rng(RngMode::philox, 1);
    const std::unique_ptr<CausalLm> model = build_causal_lm(config, rng);
    model->load(weights);
    const auto mixtures = experts_in(*model);
    const auto k = static_cast<double>(config.integer("num_experts_per_tok"));
    ASSERT_EQ(std::ssize(mixtures), golden.at("router_losses").numel());
    size_t layer = 0;
    const Tap tap([&](const Site& site, const Tensor& scores) {
      if (layer < mixtures.size() && &site.layer == &mixtures[layer].second->gate()) {
        const Tensor want = view::select(golden.at("router_logits"), 0, static_cast<int64_t>(layer));
        EXPECT_LT(test::relative_difference(scores, want), 1e-5) << layer;
        const Routed to = routed(scores, mixtures[layer].second->options(), false);
        EXPECT_NEAR(balance_loss(scores, to.routing).item() * k, golden.at("router_losses").at({static_cast<int64_t>(layer)}), 1e-5) << layer;
        ++layer;
      }
      return Tensor();
    });
    Pass pass;
    model->logits(golden.at("tokens"), pass);
    EXPECT_EQ(layer, mixtures.size());
  }
}

// transformers adds router_aux_loss_coef times one number for all layers, which is k where a layer's is 1: L layers' losses of 1, each times a, are as much.
TEST(Mixtral, FactorOfTheLossComesAndGoesInTheirUnits) {
  Json config = Json::parse(read_file(kGolden + "mixtral_three.json"));
  for (const double theirs : {.02, .001, 1. / 7}) {
    config.set("router_aux_loss_coef", theirs);
    Rng rng(RngMode::unset, 1);
    const std::unique_ptr<CausalLm> model = build_causal_lm(config, rng);
    EXPECT_NEAR(experts_in(*model)[0].second->options().balance_loss, theirs * 3 / 2, 1e-12);
    EXPECT_NEAR(model->config().real("router_aux_loss_coef", 0), theirs, 1e-12);
    EXPECT_EQ(build_causal_lm(model->config(), rng)->config().dump(), model->config().dump());
  }
}

Json small(const std::string& type, int64_t experts, int64_t per_token) {
  Json c = type == "gpt2" ? Json::object({{"model_type", "gpt2"}, {"vocab_size", 19}, {"n_positions", 12}, {"n_embd", 16}, {"n_layer", 2}, {"n_head", 2},
                                          {"resid_pdrop", 0.0}})
                          : Json::object({{"model_type", experts ? "mixtral" : "llama"}, {"vocab_size", 19}, {"max_position_embeddings", 12},
                                          {"hidden_size", 16}, {"intermediate_size", 24}, {"num_hidden_layers", 2}, {"num_attention_heads", 2},
                                          {"rms_norm_eps", 1e-6}});
  if (experts == 0) return c;
  c.set(type == "gpt2" ? "grimoire_experts" : "num_local_experts", experts);
  c.set(type == "gpt2" ? "grimoire_experts_per_token" : "num_experts_per_tok", per_token);
  return c;
}

// One expert's weight is 1, and everything goes there: loss and gradients have the dense model's bits.
TEST(Experts, OneIsTheDenseModelToTheBit) {
  const std::pair<std::string, std::string> renamed[] = {{"block_sparse_moe.experts.0.w1", "mlp.gate_proj"}, {"block_sparse_moe.experts.0.w2", "mlp.down_proj"},
                                                         {"block_sparse_moe.experts.0.w3", "mlp.up_proj"},   {"mlp.experts.0.", "mlp."}};
  for (const std::string type : {"gpt2", "llama"}) {
    SCOPED_TRACE(type);
    Rng rng(RngMode::philox, 3);
    Json one_config = small(type, 1, 1);
    one_config.set("grimoire_router_z_loss", 0.0);
    const std::unique_ptr<CausalLm> dense = build_causal_lm(small(type, 0, 0), rng), one = build_causal_lm(one_config, rng);
    std::map<std::string, Tensor> of_dense;
    for (const NamedTensor& p : dense->parameters()) of_dense[p.name] = p.tensor;
    std::vector<std::pair<Tensor, Tensor>> pairs;
    for (const NamedTensor& p : one->parameters()) {
      if (p.name.find("gate.weight") != p.name.npos) continue;
      std::string name = p.name;
      for (const auto& [part, other] : renamed)
        if (const size_t at = name.find(part); at != name.npos) name.replace(at, part.size(), other);
      copy_into(p.tensor, of_dense.at(name));
      pairs.emplace_back(p.tensor, of_dense.at(name));
    }
    ASSERT_EQ(pairs.size(), of_dense.size());
    const Tensor x = randint(0, 19, {3, 12}, rng), y = randint(0, 19, {3, 12}, rng);
    Pass a = Pass::train(1, 1), b = Pass::train(1, 1), c, d;
    EXPECT_TRUE(test::bit_equal(one->logits(x, c), dense->logits(x, d)));
    const Tensor loss = one->loss(x, y, a), dense_loss = dense->loss(x, y, b);
    EXPECT_TRUE(test::bit_equal(loss, dense_loss));
    backward(loss), backward(dense_loss);
    for (const auto& [mine, its] : pairs) EXPECT_EQ(test::relative_difference(grad(mine), grad(its)), 0) << str("{}", mine.shape());  // 0 and -0 are equal
  }
}

TEST(Experts, CountsOfParametersAndWork) {
  for (const std::string type : {"gpt2", "llama"}) {
    const auto shape = [&](int64_t experts, int64_t per_token) {
      const Json c = small(type, experts, per_token);
      return architecture_of(c).from_json(c);
    };
    Rng rng(RngMode::philox, 3);
    const std::unique_ptr<ModelConfig> dense = shape(0, 0), one = shape(1, 1), eight = shape(8, 2);
    EXPECT_EQ(double(build_causal_lm(small(type, 8, 2), rng)->parameter_count()), eight->parameter_count());
    EXPECT_EQ(dense->work(), dense->parameter_count());
    const double routers = 2 * 16;  // of one expert
    EXPECT_EQ(one->parameter_count(), dense->parameter_count() + routers);
    const double layers_of_experts = (eight->parameter_count() - one->parameter_count() - 7 * routers) / 7;  // one feed-forward of each layer
    EXPECT_EQ(eight->work(), dense->work() + layers_of_experts + 8 * routers);
  }
}

TEST(Experts, ConfigThatCannotBeIsRefused) {
  const auto refusal = [](const Json& config) -> std::string {
    try {
      architecture_of(config).from_json(config)->check();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(small("llama", 8, 2)), "");
  EXPECT_NE(refusal(small("llama", 2, 3)).find("key 'num_experts_per_tok' is 3 and key 'num_local_experts' 2"), std::string::npos);
  EXPECT_NE(refusal(small("gpt2", 2, 3)).find("key 'grimoire_experts_per_token' is 3"), std::string::npos);
  Json c = small("llama", 8, 2);
  c.set("router_aux_loss_coef", -1.0);
  EXPECT_NE(refusal(c).find("'router_aux_loss_coef'"), std::string::npos);
  c = small("llama", 0, 0);
  c.set("num_local_experts", 8);
  EXPECT_NE(refusal(c).find("'num_local_experts' is not known"), std::string::npos);
  c = small("llama", 8, 2);
  c.set("attention_bias", true);
  EXPECT_NE(refusal(c).find("biases"), std::string::npos);
}

}  // namespace
}  // namespace grim
