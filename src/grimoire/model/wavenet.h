// A hierarchical language model after WaveNet (van den Oord et al. 2016): neighbours are fused pairwise, layer by layer.
//   Karpathy, "makemore" part 5: FlattenConsecutive(2), Linear, BatchNorm over batch and time, tanh; log2(context) times.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/nn/activation.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"

namespace grim {

struct WaveNetConfig {
  int64_t vocab_size = 27;
  int64_t context = 8;  // a power of two
  int64_t n_embd = 24;
  int64_t n_hidden = 128;
  static WaveNetConfig from_json(const Json& config);
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  double work() const;  // a layer multiplies once for each pair that it fuses
  void check() const;
  std::vector<SizeAxis> axes() const;
};

class WaveNet final : public CausalLm {
 public:
  WaveNet(const WaveNetConfig& config, Rng& rng);
  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Json config() const override;

 private:
  struct Layer : Module {
    Layer(const std::string& name, Module& parent, int64_t in, int64_t out, Rng& rng);
    Tensor operator()(const Tensor& x, Pass& pass) const;
    Linear linear;
    BatchNorm norm;
    Tanh tanh;
  };
  WaveNetConfig config_;
  Embedding wte_;
  std::vector<std::unique_ptr<Layer>> layers_;
  std::unique_ptr<Linear> out_;
};

Architecture wavenet_architecture();

}  // namespace grim
