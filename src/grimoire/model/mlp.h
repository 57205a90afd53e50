// The feed-forward language model of Bengio et al. 2003: embed the last `context` tokens, concatenate, tanh layers, logits.
//   As trained in Karpathy's "makemore" parts 2 and 3, optionally with BatchNorm (Ioffe and Szegedy 2015) before each tanh.
// Notable: initial weights are scaled so that training starts at a loss of ln V with unsaturated units; the random numbers
// are drawn in the notebook's order, so that torch mode repeats its figures. One hidden layer starts as in part 3's first half
// (small random biases), several as in its second half (biases of 0, not drawn).
#pragma once

#include "grimoire/model/register.h"
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
  int64_t n_layer = 1;      // hidden layers
  double gain = 0;          // hidden weights start at N(0, gain^2 / fan_in); 0: 5/3
  double last_scale = 0;    // the last layer's at N(0, last_scale^2 / n_hidden); 0: deviation .01 over one hidden layer, .1 over several
  static MlpConfig from_json(const Json& config);
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  std::vector<SizeAxis> axes() const;
};

class Mlp final : public CausalLm {
 public:
  static constexpr const char* kTokenTable = "wte.weight";
  Mlp(const MlpConfig& config, Rng& rng);
  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Json config() const override;

 private:
  struct Layer : Module {
    Layer(const std::string& name, Module& parent, const MlpConfig& config, Rng& rng);
    Tensor operator()(const Tensor& x, Pass& pass) const;
    Linear linear;
    std::unique_ptr<BatchNorm> norm;
    Tanh tanh;
  };
  static std::vector<std::unique_ptr<Layer>> make_deeper(Module& parent, const MlpConfig& config, Rng& rng);

  MlpConfig config_;
  Embedding wte_;
  Linear hidden_;
  std::unique_ptr<BatchNorm> norm_;  // with batch_norm
  Tanh tanh_;
  std::vector<std::unique_ptr<Layer>> deeper_;  // hidden layers after the first
  Linear out_;
};

Architecture mlp_architecture();

}  // namespace grim
