#include "grimoire/model/neural_bigram.h"

#include "grimoire/model/config_keys.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/view.h"

namespace grim {

NeuralBigramConfig NeuralBigramConfig::from_json(const Json& config) {
  static const std::vector<KeyRule> rules = {{"vocab_size"},
                                             {"context", KeyUse::harmless}, {"n_embd", KeyUse::harmless}, {"n_hidden", KeyUse::harmless}};
  check_config_keys(config, rules);
  return {.vocab_size = config_size(config, "vocab_size")};
}

NeuralBigram::NeuralBigram(const NeuralBigramConfig& config, Rng& rng)
    : config_(config), next_("next", *this, normal_init({config.vocab_size, config.vocab_size}, 1.0, rng)) {}

Tensor NeuralBigram::logits(const Tensor& tokens, Pass&) const { return next_(reshape(tokens, {-1})); }  // (N, V)

Json NeuralBigram::config() const { return config_.to_json(); }

Options NeuralBigramConfig::options() { return {}; }
Json NeuralBigramConfig::to_json() const { return Json::object({{"model_type", "neural-bigram"}, {"vocab_size", vocab_size}}); }
ConfigShapes NeuralBigramConfig::shapes() const {
  const ConfigShapes::Length V{{"vocab_size"}, vocab_size};
  return {.tensors = {{"next.weight", {V, V}}}};
}
double NeuralBigramConfig::parameter_count() const { return double(vocab_size) * double(vocab_size); }

Architecture neural_bigram_architecture() {  // makemore part 1
  const std::string recipe = R"({"steps": 200, "full_batch": true, "optimizer": "sgd", "lr": 50, "split": "100/0/0"})";
  return architecture<NeuralBigram, NeuralBigramConfig>({.name = "neural-bigram", .summary = "the bigram by gradient descent",
                                                         .items_recipe = recipe, .text_recipe = recipe}, Reading::window);
}

}  // namespace grim
