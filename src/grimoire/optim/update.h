// The sweeps over flat buffers behind the optimisers: kernels, on elements [begin, end) of each tensor. `working`, where it is defined, gets the new
// values rounded to bf16 in the same sweep.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

// Sum of squares in double, in an order that depends on the range alone.
double sum_of_squares(const Tensor& x, int64_t begin, int64_t end);

struct Penalty {
  double l2 = 0, l1 = 0;      // added to the gradient: l2 * w + l1 * sign(w)
  double gradient_scale = 1;  // clipping, averaging
};

// SGD with momentum as in PyTorch: v = momentum * v + (1 - dampening) * g (first step v = g);
//   w -= lr * (nesterov ? g + momentum * v : v)
struct SgdUpdate {
  double lr, momentum, dampening;
  bool nesterov, first;
  Penalty penalty;
};
void sgd(const SgdUpdate& u, const Tensor& values, const Tensor& gradients, const Tensor& velocity, const Tensor& working,
         int64_t begin, int64_t end);

// Adam (Kingma and Ba 2015, algorithm 1) with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2):
//   w *= 1 - lr * weight_decay;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//   w -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)
struct AdamUpdate {
  double lr, beta1, beta2, eps, weight_decay;
  int64_t t;  // 1 at the first step
  Penalty penalty;
};
// `largest`, when defined, keeps the largest v so far and stands in for it below the root (AMSGrad, Reddi et al. 2018).
struct AdamState {
  Tensor m, v, largest;
};
void adam(const AdamUpdate& u, const Tensor& values, const Tensor& gradients, const AdamState& state, const Tensor& working,
          int64_t begin, int64_t end);

// Steps divided by the root of past squares: s = keep * s + take * g^2;  w -= lr * g / (sqrt(s) + eps).
struct RmsUpdate {
  double lr, keep, take, eps;
  Penalty penalty;
};
void rms(const RmsUpdate& u, const Tensor& values, const Tensor& gradients, const Tensor& squares, const Tensor& working,
         int64_t begin, int64_t end);

// average = decay * average + (1 - decay) * values
void lerp(const Tensor& average, const Tensor& values, double decay);

}  // namespace grim::cpu
