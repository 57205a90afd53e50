#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

struct Conv1dSizes {
  int64_t B, C_in, T, C_out, K, T_out, stride, dilation, left;  // left: zeros before the first place
  int64_t rows() const { return C_in * K; }
};

// x (B, C_in, T), weight (C_out, C_in, K), bias (C_out,) or undefined: y (B, C_out, T_out). All dense, of one float dtype.
void conv1d(const Conv1dSizes& p, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y);
// dx, dweight and dbias += their gradients.
void add_conv1d_input_gradient(const Conv1dSizes& p, const Tensor& weight, const Tensor& dy, const Tensor& dx);
void add_conv1d_weight_gradient(const Conv1dSizes& p, const Tensor& x, const Tensor& dy, const Tensor& dweight);
void add_conv1d_bias_gradient(const Conv1dSizes& p, const Tensor& dy, const Tensor& dbias);

}  // namespace grim::cpu
