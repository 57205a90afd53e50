#include "grimoire/nn/init.h"

#include <cmath>
#include <vector>

#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"

namespace grim {
namespace {

struct Fans {
  double in, out;
};
Fans fans(const Shape& shape) {
  GRIM_CHECK(shape.ndim() >= 2, shape, "init", "got {}, expected (in, ..., out)", shape);
  return {static_cast<double>(shape.numel() / shape.back()), static_cast<double>(shape.numel() / shape[0])};
}

Tensor scaled(const Tensor& x, double scale, double shift) {
  visit_float("init", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const p = x.data<T>();
    for (int64_t i = 0; i < x.numel(); ++i) p[i] = p[i] * static_cast<T>(scale) + static_cast<T>(shift);
  });
  return x;
}

}  // namespace

double gain_of(Gain gain) {
  switch (gain) {
    case Gain::relu: return std::sqrt(2.0);
    case Gain::tanh: return 5.0 / 3.0;
    default: return 1.0;
  }
}

double fan_in_bound(int64_t fan_in) {
  GRIM_CHECK(fan_in > 0, argument, "init", "fan_in: got {}, expected at least 1", fan_in);
  return 1 / std::sqrt(static_cast<double>(fan_in));
}

Tensor normal_init(const Shape& shape, double std, Rng& rng, Dtype dtype) {
  const Tensor x = randn(shape, rng, dtype);
  return rng.mode() == RngMode::unset ? x : scaled(x, std, 0);
}
Tensor uniform_init(const Shape& shape, double bound, Rng& rng, Dtype dtype) {
  const Tensor x = rand(shape, rng, dtype);
  return rng.mode() == RngMode::unset ? x : scaled(x, 2 * bound, -bound);
}

Tensor kaiming_normal(const Shape& shape, Gain gain, Rng& rng, Dtype dtype) { return kaiming_normal(shape, gain_of(gain), rng, dtype); }
Tensor kaiming_normal(const Shape& shape, double gain, Rng& rng, Dtype dtype) {
  return normal_init(shape, gain / std::sqrt(fans(shape).in), rng, dtype);
}
Tensor kaiming_uniform(const Shape& shape, Gain gain, Rng& rng, Dtype dtype) {
  return uniform_init(shape, gain_of(gain) * std::sqrt(3 / fans(shape).in), rng, dtype);
}
Tensor xavier_normal(const Shape& shape, Gain gain, Rng& rng, Dtype dtype) {
  return normal_init(shape, gain_of(gain) * std::sqrt(2 / (fans(shape).in + fans(shape).out)), rng, dtype);
}
Tensor xavier_uniform(const Shape& shape, Gain gain, Rng& rng, Dtype dtype) {
  return uniform_init(shape, gain_of(gain) * std::sqrt(6 / (fans(shape).in + fans(shape).out)), rng, dtype);
}

double gpt2_residual_std(int64_t layers) { return 0.02 / std::sqrt(2.0 * static_cast<double>(layers)); }

// Gram-Schmidt on the short side, twice, which is orthogonal to working precision.
Tensor orthogonal(const Shape& shape, double gain, Rng& rng, Dtype dtype) {
  GRIM_CHECK(shape.ndim() == 2, shape, "orthogonal", "got {}, expected 2 dimensions", shape);
  if (rng.mode() == RngMode::unset) return Tensor::empty(shape, dtype);
  const bool wide = shape[1] >= shape[0];
  const int64_t vectors = wide ? shape[0] : shape[1], length = wide ? shape[1] : shape[0];
  const Tensor source = randn({vectors, length}, rng, Dtype::f64);
  double* const v = source.data<double>();
  for (int64_t i = 0; i < vectors; ++i) {
    double* const row = v + i * length;
    for (int pass = 0; pass < 2; ++pass)
      for (int64_t j = 0; j < i; ++j) {
        double dot = 0;
        for (int64_t k = 0; k < length; ++k) dot += row[k] * v[j * length + k];
        for (int64_t k = 0; k < length; ++k) row[k] -= dot * v[j * length + k];
      }
    double norm = 0;
    for (int64_t k = 0; k < length; ++k) norm += row[k] * row[k];
    for (int64_t k = 0; k < length; ++k) row[k] /= std::sqrt(norm);
  }
  const Tensor out = Tensor::empty(shape, Dtype::f64);
  for (int64_t r = 0; r < shape[0]; ++r)
    for (int64_t c = 0; c < shape[1]; ++c) out.data<double>()[r * shape[1] + c] = gain * (wide ? v[r * length + c] : v[c * length + r]);
  return cast(out, dtype);
}

}  // namespace grim
