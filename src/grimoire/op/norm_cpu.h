#pragma once

#include <vector>

#include "grimoire/autograd/tape.h"
#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

// Tensors are dense and of one dtype, but for bf16 x, y, dy and dx of rows, beside which all others are f32. weight, bias (C,): undefined for 1
// and 0. mean and rstd are kept for the backward. Gradients are
// written as Grads::write_first gives them; undefined ones are not wanted.

enum class Centre : uint8_t { yes, no };  // layer norm subtracts the mean, RMS norm does not

// Rows of x (..., C); mean, rstd (N,).
void row_norm(Centre centre, double eps, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y, const Tensor& mean,
              const Tensor& rstd);
void row_norm_backward(Centre centre, const Tensor& x, const Tensor& weight, const Tensor& mean, const Tensor& rstd, const Tensor& dy,
                       const GradSlot& dx, const GradSlot& dweight, const GradSlot& dbias);

// Columns of x (..., C): batch norm; mean, rstd (C,). `divisor` of the variance: n or n - 1.
void column_norm(double divisor, double eps, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y, const Tensor& mean,
                 const Tensor& rstd);
// Writes all of dx, dweight, dbias.
void column_norm_backward(double divisor, const Tensor& x, const Tensor& weight, const Tensor& mean, const Tensor& rstd, const Tensor& dy,
                          const Tensor& dx, const Tensor& dweight, const Tensor& dbias);

// running (C,) = (1 - momentum) running + momentum batch.
void update_running(const Tensor& running, const std::vector<double>& batch, double momentum);

}  // namespace grim::cpu
