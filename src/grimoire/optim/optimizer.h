// Optimisers over flat Parameters. Each holds its hyperparameters as a plain struct and its state as flat tensors that
// a checkpoint saves by name.
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
  double dampening = 0;  // the velocity takes 1 - dampening of each gradient after the first
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

enum class SecondMoment { current, largest };  // largest: AMSGrad (Reddi et al. 2018)
struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double weight_decay = 0;  // decoupled (AdamW), times each range's weight_decay_scale
  double l2 = 0, l1 = 0;    // coupled penalties: added to the gradient (plain Adam)
  SecondMoment second_moment = SecondMoment::current;
  // The learning rate is multiplied by the root mean square of each parameter, 0.001 at least, so that weights of any scale change by the
  // same share of themselves (Shazeer and Stern 2018, "Adafactor", section 8). A decoupled decay is multiplied with it.
  bool relative_step = false;
};
class Adam final : public Optimizer {
 public:
  Adam(Parameters& parameters, const AdamOptions& options);
  std::vector<NamedTensor> state() const override;

 private:
  void update(double lr, double gradient_scale) override;
  AdamOptions options_;
  Tensor m_, v_, largest_;
};

// Steps divided by the root of a running mean (RMSProp: Tieleman and Hinton 2012, lecture 6e) or sum (AdaGrad: Duchi et
// al. 2011) of squared gradients, as in PyTorch.
enum class PastSquares { mean, sum };
struct RmsOptions {
  PastSquares squares = PastSquares::mean;
  double alpha = 0.99, eps = 1e-8;  // alpha: what the mean keeps a step
  double l2 = 0, l1 = 0;
};
class Rms final : public Optimizer {
 public:
  Rms(Parameters& parameters, const RmsOptions& options);
  std::vector<NamedTensor> state() const override;

 private:
  void update(double lr, double gradient_scale) override;
  RmsOptions options_;
  Tensor squares_;
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
