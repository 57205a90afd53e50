// Optimisers over flat Parameters. Each holds its hyperparameters as a plain struct and its state as flat tensors that a
// checkpoint saves by name.
#pragma once

#include <memory>

#include "grimoire/optim/parameters.h"

namespace grim {

class Optimizer {
 public:
  explicit Optimizer(Parameters& parameters) : parameters_(parameters) {}
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // One update from the gradients collected so far, multiplied by `gradient_scale` (clipping, averaging).
  void step(double lr, double gradient_scale = 1.0);
  void zero_grad() const { parameters_.zero_grad(); }
  Parameters& parameters() const { return parameters_; }

  virtual std::vector<NamedTensor> state() const = 0;  // flat buffers, written in place when a run resumes
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 protected:
  virtual void update(double lr, double gradient_scale) = 0;  // steps_ counts this step already
  Parameters& parameters_;
  int64_t steps_ = 0;
};

// Multiplies gradients so that their norm is at most max_norm: returns that factor (PyTorch's clip_grad_norm_).
double clip_scale(double norm, double max_norm);

enum class Momentum { classic, nesterov };
struct SgdOptions {
  double momentum = 0;
  Momentum form = Momentum::classic;
  double l2 = 0, l1 = 0;  // penalties on the weights, times each range's weight_decay_scale
};
class Sgd final : public Optimizer {
 public:
  Sgd(Parameters& parameters, const SgdOptions& options);
  std::vector<NamedTensor> state() const override;

 private:
  void update(double lr, double gradient_scale) override;
  SgdOptions options_;
  Tensor velocity_;
};

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double weight_decay = 0;  // decoupled (AdamW), times each range's weight_decay_scale
  double l2 = 0, l1 = 0;    // coupled penalties: added to the gradient (plain Adam)
};
class Adam final : public Optimizer {
 public:
  Adam(Parameters& parameters, const AdamOptions& options);
  std::vector<NamedTensor> state() const override;
  void keep_bf16_copy(const Tensor& flat) { copy_bf16_ = flat; }  // fp32 masters, bf16 working copy

 private:
  void update(double lr, double gradient_scale) override;
  AdamOptions options_;
  Tensor m_, v_, copy_bf16_;
};

// Exponential moving average of the weights (Polyak and Juditsky 1992).
class Ema {
 public:
  Ema(const Parameters& parameters, double decay);
  void update();
  void swap();  // exchanges the weights and their average: evaluate between two calls
  const Tensor& average() const { return average_; }

 private:
  const Parameters& parameters_;
  double decay_;
  Tensor average_;
};

}  // namespace grim
