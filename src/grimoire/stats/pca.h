// Principal components: the directions of greatest variance of the rows of x.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::stats {

enum class Scaling : uint8_t { none, unit_variance };  // divides by n - 1, as R's scale does

struct Pca {
  Tensor mean, scale;  // (D); scale is ones without scaling
  Tensor components;   // (K, D): orthonormal rows; the largest entry of each is positive
  Tensor sd;           // (K), descending: square roots of explained variances (n - 1)
  Tensor ratio;        // (K): share of the total variance
  Tensor transform(const Tensor& x) const;  // (N, D) -> (N, K), f64
};

// x (N, D), f32 or f64; k components, 0 for all. Small data go through the SVD of the centred matrix: every component is exact.
// Tall data (N >= 4 D and more than 2^20 numbers) go through the covariance, in x's own type with sums of blocks in double:
// components below 1e-6 (f32) or 1e-14 (f64) of the largest variance are noise. throws: shape; numeric, NaN;
// argument, no column that varies, or one that does not where it is to have unit variance
Pca pca(const Tensor& x, int64_t k = 0, Scaling scaling = Scaling::none);

}  // namespace grim::stats
