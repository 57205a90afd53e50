// The bigram as a network: one row of logits for each token, trained by gradient descent.
//   Karpathy, "makemore" part 1. Its loss falls towards that of the counting bigram (model/bigram.h), which is its optimum.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/nn/embedding.h"

namespace grim {

struct NeuralBigramConfig {
  int64_t vocab_size = 27;
  static NeuralBigramConfig from_json(const Json& config);
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
};

class NeuralBigram final : public CausalLm {
 public:
  NeuralBigram(const NeuralBigramConfig& config, Rng& rng);
  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return 1; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Json config() const override;

 private:
  NeuralBigramConfig config_;
  Embedding next_;  // (V, V): row i holds the logits of what follows token i
};

Architecture neural_bigram_architecture();

}  // namespace grim
