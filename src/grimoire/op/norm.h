// Normalisation: y = (x - mean) / sqrt(variance + eps) * weight + bias. weight and bias may be undefined (1 and 0).
// f32 and f64. What differs is the set of elements that share a mean.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// Each row of the last axis (Ba, Kiros and Hinton 2016). weight, bias: (C,).
Tensor layer_norm(const Tensor& x, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);

// x / sqrt(mean x^2 + eps) * weight along the last axis (Zhang and Sennrich 2019).
Tensor rms_norm(const Tensor& x, const Tensor& weight = {}, double eps = 1e-6);

enum class BatchNormVariance : uint8_t {
  biased,    // divided by n: the paper, PyTorch
  unbiased,  // divided by n - 1: Karpathy's makemore notebooks
};
enum class Channels : uint8_t {
  second,  // (N, C) or (N, C, L)
  last,    // (N, C) or (N, L, C)
};
struct BatchNormOptions {
  double momentum = 0.1, eps = 1e-5;
  BatchNormVariance variance = BatchNormVariance::biased;
  Channels channels = Channels::last;
};
// Each channel over the batch (Ioffe and Szegedy 2015). In training: statistics of x, and
// running = (1 - momentum) running + momentum (mean, unbiased variance), in place; running tensors may be undefined.
// throws: shape, fewer than two elements a channel.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_var, const BatchNormOptions& options = {});
// The same with given statistics.
Tensor batch_norm_eval(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                       const Tensor& running_var, const BatchNormOptions& options = {});

// x (N, C, ...): each of `groups` runs of channels in each item (Wu and He 2018). instance_norm: a group a channel.
Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);
Tensor instance_norm(const Tensor& x, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);

}  // namespace grim
