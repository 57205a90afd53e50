// Cholesky's factorisation A = L L' of a positive definite matrix, and what is solved with it. Matrices are dense, row after row at
// `stride` numbers; only the lower triangle is read and written.
#pragma once

#include <cstdint>

namespace grim {

// In place. False when a pivot falls to `smallest` times its diagonal element or below: A is not positive definite in this precision.
bool cholesky(double* a, int64_t n, int64_t stride, double smallest = 1e-14);
// L L' x = b, in place.
void cholesky_solve(const double* l, int64_t n, int64_t stride, double* b);
// (L L')^-1 in full, both triangles; out is (n, n) at n numbers a row.
void cholesky_inverse(const double* l, int64_t n, int64_t stride, double* out);

}  // namespace grim
