#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// Zeros around x before it is convolved; reach = (K - 1) * dilation.
enum class Padding : uint8_t {
  none,
  causal,  // reach at the left: y at t sees x up to t (van den Oord et al. 2016, section 2.1)
  same,    // reach in all, the smaller half at the left: with stride 1, y is as long as x
};
struct Conv1dOptions {
  int64_t stride = 1, dilation = 1;
  Padding padding = Padding::none;
};

// y[b][o][t] = bias[o] + sum over c, k of weight[o][c][k] x[b][c][t * stride + k * dilation - left].
// x (B, C_in, T), weight (C_out, C_in, K) as in PyTorch, bias (C_out,) or undefined:
// (B, C_out, (T + padding - reach - 1) / stride + 1). f32 and f64. throws: shape, x shorter than the reach.
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv1dOptions& options = {});

}  // namespace grim
