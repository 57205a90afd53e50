#pragma once

#include "grimoire/nn/init.h"
#include "grimoire/nn/module.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/linear.h"

namespace grim {

// y = act(x W + b); W is (in, out).
struct Linear : Module {
  // Weight and bias from U(-1 / sqrt(in), 1 / sqrt(in)), as PyTorch's Linear.
  Linear(const std::string& name, Module& parent, int64_t in, int64_t out, Rng& rng, Dtype dtype = Dtype::f32)
      : Module(name, parent), weight(parameter("weight", uniform_init({in, out}, fan_in_bound(in), rng, dtype))),
        bias(parameter("bias", uniform_init({out}, fan_in_bound(in), rng, dtype))) {}
  // The caller chooses the initial numbers (nn/init.h); an undefined bias means none.
  Linear(const std::string& name, Module& parent, const Tensor& initial_weight, const Tensor& initial_bias)
      : Module(name, parent), weight(parameter("weight", initial_weight)),
        bias(initial_bias.defined() ? parameter("bias", initial_bias) : Tensor()) {}

  Tensor operator()(const Tensor& x, Activation activation = Activation::none) const {
    return tapped(*this, linear(x, weight, bias, activation));
  }

  Tensor weight, bias;
};

inline Tensor zero_bias(int64_t out, Dtype dtype = Dtype::f32) { return Tensor::zeros({out}, dtype); }
inline Tensor no_bias() { return {}; }

}  // namespace grim
