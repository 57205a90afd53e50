// The inner loops of the linear models on SIMD vectors. Sums run in an order that depends on the length alone.
#pragma once

#include <cstdint>

#include "grimoire/base/dtype.h"

namespace grim::cpu {

double dot(const double* a, const double* b, int64_t n);
void axpy(double a, const double* x, double* y, int64_t n);  // y += a x
// out[j] = sum_i column_j[i] r[i] for `count` columns of n bf16 numbers that lie one after another at `stride`.
void bf16_products(const Bf16* columns, int64_t stride, int64_t count, const float* r, int64_t n, float* out);

}  // namespace grim::cpu
