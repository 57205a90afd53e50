#pragma once

#include <cstdint>

#include "grimoire/op/linear.h"

namespace grim::cpu {

// Rows [m0, m1), columns [n0, n1) of y (M, N), which hold x W: adds the bias, keeps that sum in `pre` when given (what gelu's
// and silu's slopes need), applies the activation.
template <class T> struct BiasActivation {
  Activation activation;
  const T* bias;  // (N,) or null
  T* y;
  T* pre;         // (M, N) or null
  int64_t N;
};
void bias_activation(const BiasActivation<float>& p, int64_t m0, int64_t m1, int64_t n0, int64_t n1);
void bias_activation(const BiasActivation<double>& p, int64_t m0, int64_t m1, int64_t n0, int64_t n1);

// dz = dy * act'(.) and dbias = column sums of dz + beta * dbias. `kept` is pre for gelu and silu, y for the others.
template <class T> struct BiasActivationBackward {
  Activation activation;
  const T* dy;
  const T* kept;
  T* dz;     // may be null when activation is none
  T* dbias;  // (N,) or null
  T beta;
  int64_t M, N;
};
void bias_activation_backward(const BiasActivationBackward<float>& p);
void bias_activation_backward(const BiasActivationBackward<double>& p);

}  // namespace grim::cpu
