#pragma once

#include "grimoire/nn/module.h"
#include "grimoire/op/dropout.h"

namespace grim {

// Zeroes elements with probability p in training and scales the rest by 1 / (1 - p) (Srivastava et al. 2014); no parameters.
inline Tensor dropout(const Tensor& x, double p, Pass& pass) {
  return pass.training && p > 0 ? dropout(x, p, pass.next_key()) : x;
}
// residual + dropout(x), in one sweep.
inline Tensor dropout_add(const Tensor& x, const Tensor& residual, double p, Pass& pass) {
  return dropout_add(x, residual, pass.training ? p : 0.0, pass.training && p > 0 ? pass.next_key() : DropoutKey{});
}

}  // namespace grim
