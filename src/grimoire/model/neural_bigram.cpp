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

Json NeuralBigram::config() const { return Json::object({{"model_type", "neural-bigram"}, {"vocab_size", config_.vocab_size}}); }

}  // namespace grim
