// Eigenvalues, singular values, principal components. Tensors of f32 or f64, any strides; results are f64.
#pragma once

#include <cstdint>

#include "grimoire/tensor/tensor.h"

namespace grim::stats {

struct SymmetricEigen {
  Tensor values;   // (N), ascending
  Tensor vectors;  // (N, N): column j belongs to values[j]
};
// a (N, N): its lower triangle is read. Values are exact to about N ulps of the largest. throws: shape; numeric, NaN
SymmetricEigen eigen_symmetric(const Tensor& a);
Tensor eigenvalues_symmetric(const Tensor& a);
// The k algebraically largest, descending, vectors (N, k), by Lanczos with full reorthogonalisation: one product with `a` a step
// until every residual is below 1e-12 of the norm; falls back to the whole decomposition when that does not pay. A start vector
// that is random sees one copy of an eigenvalue that repeats exactly.
SymmetricEigen eigen_top(const Tensor& a, int64_t k);

struct GeneralEigen {
  Tensor re, im;                  // (N): complex ones come in conjugate pairs
  Tensor vectors_re, vectors_im;  // (N, N): columns of length 1
};
GeneralEigen eigen_general(const Tensor& a);

struct Svd {
  Tensor u, s, vt;  // (M, K), (K) descending, (K, N) with K = min(M, N): a = u diag(s) vt
};
Svd svd(const Tensor& a);

}  // namespace grim::stats
