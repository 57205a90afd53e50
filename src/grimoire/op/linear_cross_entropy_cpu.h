#pragma once

#include "grimoire/op/linear_cross_entropy.h"

namespace grim::cpu {

// The sum of the losses of x (N, C) times `scale`: targets (N) i64, all of which count; weight in its layout, V > 0. All dense; x and weight of one float
// dtype, or f32 beside bf16. dx (N, C) and dw, of f32 beside bf16 x, become the gradients of that sum; undefined: not wanted.
double linear_cross_entropy(HeadLayout layout, const Tensor& x, const Tensor& weight, const Tensor& targets, double smoothing, double scale, const Tensor& dx,
                            const Tensor& dw);

}  // namespace grim::cpu
