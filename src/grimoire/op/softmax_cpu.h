#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

enum class SoftmaxOp : uint8_t { softmax, log_softmax };

// y = softmax(x) of rows along the last axis; dense, of one shape and dtype.
void softmax(SoftmaxOp op, const Tensor& x, const Tensor& y);
// dx = beta dx + ..., beta 0 or 1; with 0 dx is not read.
void softmax_backward(SoftmaxOp op, const Tensor& y, const Tensor& dy, const Tensor& dx, float beta);

// e^x_i / sum_j e^x_j of a row that holds +inf: the limit, in which the infinities share the whole. A NaN makes all of it NaN.
template <class T> void infinite_softmax(const T* x, T* y, int64_t n) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const bool nan = std::any_of(x, x + n, [](T v) { return std::isnan(v); });
  const T share = nan ? std::numeric_limits<T>::quiet_NaN() : T(1) / static_cast<T>(std::count(x, x + n, kInfinity));
  std::transform(x, x + n, y, [=](T v) { return nan || v == kInfinity ? share : T(0); });
}

}  // namespace grim::cpu
