#pragma once

#include "grimoire/nn/module.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/linear.h"

namespace grim {

// y = act(x W + b); W is (in, out). The caller chooses the initial numbers (nn/init.h); an undefined bias means none.
struct Linear : Module {
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
