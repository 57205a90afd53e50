// Reductions made of sums and extremes: spread, length, log of a sum, running sums.
#pragma once

#include "grimoire/op/reduce.h"

namespace grim {

// sum (x - mean)^2 / (n - correction). correction 1 is the unbiased estimate, 0 the maximum-likelihood one.
Tensor var(const Tensor& x, const Axes& axes, int correction = 1, KeepDims keep = KeepDims::no);
Tensor var(const Tensor& x);

Tensor norm(const Tensor& x);  // sqrt(sum x^2), right at every scale; gradient 0 at 0
Tensor norm(const Tensor& x, const Axes& axes, KeepDims keep = KeepDims::no);
Tensor logsumexp(const Tensor& x, const Axes& axes, KeepDims keep = KeepDims::no);  // gradient: softmax
Tensor cumsum(const Tensor& x, int axis);  // f32, f64, i64; long f32 rows are added in f64

}  // namespace grim
