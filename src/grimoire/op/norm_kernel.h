#pragma once

#include <cstdint>

namespace grim::cpu {

enum class Centre { yes, no };  // layer norm subtracts the mean, RMS norm does not

// Rows of x (N, C). mean and rstd (N,) are kept for the backward; weight and bias (C,) may be null.
template <class T> struct RowNorm {
  Centre centre;
  int64_t N, C;
  double eps;
  const T *x, *weight, *bias;
  T *y, *mean, *rstd;
};
void row_norm(const RowNorm<float>& p);
void row_norm(const RowNorm<double>& p);

// dx = beta_x * dx + ...; dweight and dbias likewise. Any of the three may be null.
template <class T> struct RowNormBackward {
  Centre centre;
  int64_t N, C;
  const T *x, *weight, *mean, *rstd, *dy;
  T *dx, *dweight, *dbias;
  T beta_x, beta_weight, beta_bias;
};
void row_norm_backward(const RowNormBackward<float>& p);
void row_norm_backward(const RowNormBackward<double>& p);

// Columns of x (N, C): batch norm. `divisor` is n or n - 1.
template <class T> struct ColumnNorm {
  int64_t N, C;
  double eps, divisor;
  const T *x, *weight, *bias;
  T *y, *mean, *rstd;
};
void column_norm(const ColumnNorm<float>& p);
void column_norm(const ColumnNorm<double>& p);

template <class T> struct ColumnNormBackward {
  int64_t N, C;
  double divisor;
  const T *x, *weight, *mean, *rstd, *dy;
  T *dx, *dweight, *dbias;  // written; dx may be null
};
void column_norm_backward(const ColumnNormBackward<float>& p);
void column_norm_backward(const ColumnNormBackward<double>& p);

}  // namespace grim::cpu
