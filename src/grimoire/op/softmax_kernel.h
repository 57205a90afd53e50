// Softmax of dense rows of length n. Gradients: dx = beta dx + ..., beta 0 or 1; with 0 dx is not read.
#pragma once

#include <cstdint>
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

}  // namespace grim::cpu
