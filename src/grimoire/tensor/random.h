// Tensors of random numbers. In torch mode the values are those of the PyTorch call of the same name, with one dtype
// and on contiguous memory; in philox mode large blocks are filled by all threads, with the same values for any number
// of them.
#pragma once

#include "grimoire/base/rng.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

Tensor rand(const Shape& shape, Rng& rng, Dtype dtype = Dtype::f32);   // uniform [0, 1); f32, f64, bf16
Tensor uniform(const Shape& shape, double low, double high, Rng& rng, Dtype dtype = Dtype::f32);  // [low, high)
Tensor randn(const Shape& shape, Rng& rng, Dtype dtype = Dtype::f32);  // mean 0, deviation 1; f32, f64, bf16
Tensor normal(const Shape& shape, double mean, double deviation, Rng& rng, Dtype dtype = Dtype::f32);
Tensor randint(int64_t low, int64_t high, const Shape& shape, Rng& rng);  // i64 in [low, high). throws: empty range
Tensor permutation(int64_t n, Rng& rng);                               // i64 (n): 0 .. n-1 shuffled

// n draws with replacement by weights p, f32 of shape (V) or (N, V), rows not all zero and not necessarily normalised:
// i64 (n) or (N, n). As torch: one draw is a race, several search the running sum. throws: argument, a bad weight
Tensor multinomial(const Tensor& p, int64_t n, Rng& rng);

}  // namespace grim
