#include "grimoire/nn/rotary.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "grimoire/nn/decode_cache.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

// With w = 2 pi / f positions to a turn, and L positions in training, pair i turns L / w times: few turns are stretched by `factor`, many are not,
// and between both bounds the two mix by how far L / w has come from the one to the other.
double llama3(double f, const RotaryOptions& o) {
  const double turns = static_cast<double>(o.trained) * f / (2 * std::numbers::pi);
  if (turns < o.low_freq_factor) return f / o.factor;
  if (turns > o.high_freq_factor) return f;
  const double mix = (turns - o.low_freq_factor) / (o.high_freq_factor - o.low_freq_factor);
  return (1 - mix) * f / o.factor + mix * f;
}

}  // namespace

std::vector<float> rotary_frequencies(const RotaryOptions& o) {
  std::vector<float> all;
  for (int64_t i = 0; i < o.size; i += 2) {
    const float f = 1 / std::pow(static_cast<float>(o.theta), static_cast<float>(i) / static_cast<float>(o.size));
    all.push_back(static_cast<float>(o.scaling == RotaryScaling::linear ? f / o.factor : o.scaling == RotaryScaling::llama3 ? llama3(f, o) : f));
  }
  return all;
}

Turns turns_of(const RotaryOptions& o, std::span<const int64_t> positions, Dtype dtype) {
  GRIM_CHECK(o.size > 0 && o.size % 2 == 0, argument, "rotary", "size: got {}, expected an even number", o.size);
  const std::vector<float> f = rotary_frequencies(o);
  const auto half = std::ssize(f), count = std::ssize(positions);
  Turns t{Tensor::empty({count, half}, dtype), Tensor::empty({count, half}, dtype)};
  visit_float("rotary", dtype, [&](auto zero) {
    using T = decltype(zero);
    T *const cos = t.cos.data<T>(), *const sin = t.sin.data<T>();
    for (int64_t p = 0; p < count; ++p)
      for (int64_t i = 0; i < half; ++i) {
        const double angle = static_cast<float>(positions[static_cast<size_t>(p)]) * f[static_cast<size_t>(i)];
        cos[p * half + i] = static_cast<T>(std::cos(angle));
        sin[p * half + i] = static_cast<T>(std::sin(angle));
      }
  });
  return t;
}

Turns turns_of(const RotaryOptions& o, int64_t first, int64_t count, Dtype dtype) {
  std::vector<int64_t> positions(static_cast<size_t>(count));
  std::iota(positions.begin(), positions.end(), first);
  return turns_of(o, positions, dtype);
}

Turns turns_of(const RotaryOptions& o, const Pass& pass, int64_t T, Dtype dtype) {
  if (!pass.cache) return turns_of(o, 0, T, dtype);
  const Turns t = turns_of(o, pass.cache->places(T), dtype);
  if (!pass.cache->unequal()) return t;
  const Shape own{t.cos.dim(0) / T, T, t.cos.dim(1)};
  return {reshape(t.cos, own), reshape(t.sin, own)};
}

}  // namespace grim
