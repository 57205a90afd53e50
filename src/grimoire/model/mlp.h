// The feed-forward language model of Bengio et al. 2003: embed the last `context` tokens, concatenate, one tanh layer, logits.
//   As trained in Karpathy's "makemore" parts 2 and 3, optionally with BatchNorm (Ioffe and Szegedy 2015) before the tanh.
// Notable: initial weights are scaled so that training starts at a loss of ln V with unsaturated units; the random numbers
// are drawn in the notebook's order, so that torch mode repeats its figures.
#pragma once

#include "grimoire/model/language_model.h"
#include "grimoire/nn/activation.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"

namespace grim {

struct MlpConfig {
  int64_t vocab_size = 27;
  int64_t context = 3;
  int64_t n_embd = 10;
  int64_t n_hidden = 200;
  bool batch_norm = false;
  static MlpConfig from_json(const Json& config);
};

class Mlp final : public LanguageModel {
 public:
  Mlp(const MlpConfig& config, Rng& rng);
  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Json config() const override;

 private:
  MlpConfig config_;
  Embedding wte_;
  Linear hidden_;
  std::unique_ptr<BatchNorm> norm_;  // with batch_norm
  Tanh tanh_;
  Linear out_;
};

}  // namespace grim
