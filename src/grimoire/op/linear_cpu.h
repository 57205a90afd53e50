#pragma once

#include "grimoire/op/linear.h"

namespace grim::cpu {

// Matrices are dense, or transposes of dense ones where that is said.

// y = act(x W + b): x (M, K), w (K, N) or a transpose, bias (N,) or undefined; y (M, N). `pre`, where it is defined, gets x W + b: what the
// slopes of gelu and silu need.
void linear(Activation activation, const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y, const Tensor& pre);
// Layers of one x (M, K) where nothing is recorded, one after the other: y = act(x W + b) * times. Up to 64 rows have the same bits however many stand
// beside them. Beside a w in bf16 x is rounded too where the processor has bf16 products. All w have one dtype, or all are quantised, to one type.
struct EvaluatedLayer {
  Activation activation;
  Tensor w, bias, y;
  Tensor times = {};  // (M, N), as y dense, or undefined for 1
  QuantisedMatrix quantised = {};  // in the place of w
};
void linear_evaluated(const Tensor& x, std::span<const EvaluatedLayer> layers);
// dz = dy act'(.), `kept` being `pre` or y; without an activation nothing is kept and dz is dy. dbias = beta dbias + column sums of dz, where it
// is defined.
void bias_activation_backward(Activation activation, const Tensor& dy, const Tensor& kept, const Tensor& dz, const Tensor& dbias, float beta);
// c = a b + beta c, beta 0 or 1; a and b may be transposes.
void product(const Tensor& a, const Tensor& b, const Tensor& c, float beta);

}  // namespace grim::cpu
