// What is done with single rows of tables: kernels on n numbers that may lie anywhere.
#pragma once

#include <cstdint>

namespace grim::cpu {

float dot(const float* a, const float* b, int64_t n);
void axpy(float a, const float* x, float* y, int64_t n);  // y += a x
// out[i] = rows[i] . x for rows i of `stride` numbers each
void dot_rows(const float* rows, int64_t stride, int64_t count, const float* x, int64_t n, float* out);

}  // namespace grim::cpu
