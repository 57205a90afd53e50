#pragma once

#include "grimoire/nn/module.h"
#include "grimoire/op/linear.h"

namespace grim {

enum class Bias { yes, no };

// y = act(x W + b); W is (in, out). The caller chooses the initial weights (nn/init.h); the bias starts at zero.
struct Linear : Module {
  Linear(const std::string& name, Module& parent, const Tensor& initial_weight, Bias with_bias = Bias::yes)
      : Module(name, parent), weight(parameter("weight", initial_weight)),
        bias(with_bias == Bias::yes ? parameter("bias", Tensor::zeros({initial_weight.dim(1)}, initial_weight.dtype())) : Tensor()) {}

  Tensor operator()(const Tensor& x, Activation activation = Activation::none) const {
    return linear(x, weight, bias, activation);
  }

  Tensor weight, bias;
};

}  // namespace grim
