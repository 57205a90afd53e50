#pragma once

#include <cmath>

#include "grimoire/nn/init.h"
#include "grimoire/nn/module.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/conv1d.h"

namespace grim {

// Convolution over the last axis: x (B, C_in, T) gives (B, C_out, T'); weight (C_out, C_in, K).
struct Conv1d : Module {
  // Weight and bias from U(-b, b) with b = 1 / sqrt(C_in K), as PyTorch's Conv1d.
  Conv1d(const std::string& name, Module& parent, int64_t C_in, int64_t C_out, int64_t K, Rng& rng, const Conv1dOptions& conv_options = {})
      : Module(name, parent), options(conv_options),
        weight(parameter("weight", uniform_init({C_out, C_in, K}, fan_in_bound(C_in * K), rng))),
        bias(parameter("bias", uniform_init({C_out}, fan_in_bound(C_in * K), rng))) {}
  // The caller chooses the initial numbers; an undefined bias means none.
  Conv1d(const std::string& name, Module& parent, const Tensor& initial_weight, const Tensor& initial_bias,
         const Conv1dOptions& conv_options = {})
      : Module(name, parent), options(conv_options), weight(parameter("weight", initial_weight)),
        bias(initial_bias.defined() ? parameter("bias", initial_bias) : Tensor()) {}
  Tensor operator()(const Tensor& x) const { return tapped(*this, conv1d(x, weight, bias, options)); }
  Conv1dOptions options;
  Tensor weight, bias;
};

// He et al. 2015 for a kernel: a fan-in of C_in K.
inline Tensor conv1d_weight(int64_t C_out, int64_t C_in, int64_t K, Gain gain, Rng& rng, Dtype dtype = Dtype::f32) {
  return normal_init({C_out, C_in, K}, gain_of(gain) / std::sqrt(static_cast<double>(C_in * K)), rng, dtype);
}

}  // namespace grim
