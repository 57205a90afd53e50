// Initial weights. A weight is (in, out): fan_in is its first size, fan_out its last.
#pragma once

#include "grimoire/base/rng.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

enum class Gain { linear, relu, tanh, sigmoid };
double gain_of(Gain gain);  // 1, sqrt 2, 5/3, 1 (He et al. 2015; PyTorch's calculate_gain)

// N(0, std^2) and U(-bound, bound).
Tensor normal_init(const Shape& shape, double std, Rng& rng, Dtype dtype = Dtype::f32);
Tensor uniform_init(const Shape& shape, double bound, Rng& rng, Dtype dtype = Dtype::f32);

double fan_in_bound(int64_t fan_in);  // 1 / sqrt(fan_in): of the uniform weights and biases that PyTorch's layers start from

// He et al. 2015: std = gain / sqrt(fan_in).
Tensor kaiming_normal(const Shape& shape, Gain gain, Rng& rng, Dtype dtype = Dtype::f32);
Tensor kaiming_normal(const Shape& shape, double gain, Rng& rng, Dtype dtype = Dtype::f32);
Tensor kaiming_uniform(const Shape& shape, Gain gain, Rng& rng, Dtype dtype = Dtype::f32);
// Glorot and Bengio 2010: variance 2 gain^2 / (fan_in + fan_out).
Tensor xavier_normal(const Shape& shape, Gain gain, Rng& rng, Dtype dtype = Dtype::f32);
Tensor xavier_uniform(const Shape& shape, Gain gain, Rng& rng, Dtype dtype = Dtype::f32);
// Radford et al. 2019, section 2.3: N(0, 0.02^2), projections into the residual stream by 1 / sqrt(2 layers) more.
double gpt2_residual_std(int64_t layers);
// Saxe et al. 2014: rows (or columns, whichever are fewer) orthonormal, times gain. 2-D.
Tensor orthogonal(const Shape& shape, double gain, Rng& rng, Dtype dtype = Dtype::f32);

}  // namespace grim
