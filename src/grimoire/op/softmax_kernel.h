// Softmax of dense rows of length n. Gradients: dx = beta dx + ..., beta 0 or 1; with 0 dx is not read.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace grim::cpu {

template <class T> struct SoftmaxKernel {
  void (*forward)(const T* x, T* y, int64_t rows, int64_t n);
  void (*backward)(const T* y, const T* dy, T* dx, int64_t rows, int64_t n, T beta);
};
struct Softmax {
  SoftmaxKernel<float> f32;
  SoftmaxKernel<double> f64;
  template <class T> const SoftmaxKernel<T>& of() const {
    if constexpr (std::is_same_v<T, float>) return f32;
    else return f64;
  }
};
struct SoftmaxTable {
  Softmax softmax, log_softmax;
};
const SoftmaxTable& softmax();

// e^x_i / sum_j e^x_j of a row that holds +inf: the limit, in which the infinities share the whole. A NaN makes all of it NaN.
template <class T> void infinite_softmax(const T* x, T* y, int64_t n) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const bool nan = std::any_of(x, x + n, [](T v) { return std::isnan(v); });
  const T share = nan ? std::numeric_limits<T>::quiet_NaN() : T(1) / static_cast<T>(std::count(x, x + n, kInfinity));
  std::transform(x, x + n, y, [=](T v) { return nan || v == kInfinity ? share : T(0); });
}

}  // namespace grim::cpu
