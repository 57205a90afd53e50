// Straight-through estimators (Bengio, Leonard and Courville 2013, section 4): a step in the forward pass whose
// backward pretends it was the identity, so that quantised and discrete networks learn by descent. f32 and f64.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

Tensor round_ste(const Tensor& x);  // to the nearest integer, halves to even

enum class SignGradient : uint8_t {
  identity,  // dx = dy
  clipped,   // dx = dy where |x| <= 1, else 0: saturated units stop learning (Hubara et al. 2016, equation 4)
};
// 1 where x >= 0, else -1; NaN stays.
Tensor sign_ste(const Tensor& x, SignGradient gradient = SignGradient::clipped);

// 1 at the largest element along an axis (the first of them), else 0. Given softmax(logits), or softmax of logits plus
// Gumbel noise (Jang et al. 2017, section 2.2), the gradient reaches the logits through that softmax.
Tensor argmax_one_hot_ste(const Tensor& p, int axis = -1);

}  // namespace grim
