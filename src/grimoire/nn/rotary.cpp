#include "grimoire/nn/rotary.h"

#include <algorithm>
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

// The pair, a real number, that turns so often within the L positions of the training: L theta^(-2 i / R) / (2 pi) = turns, solved for i.
double pair_with(double turns, const RotaryOptions& o) {
  return static_cast<double>(o.size) * std::log(static_cast<double>(o.trained) / (turns * 2 * std::numbers::pi)) / (2 * std::log(o.theta));
}

// "NTK by parts" (YaRN, section 3.2): a pair that came round often in training knows distances within a turn and keeps its angle; one that never came round
// would meet angles it has not seen, and is stretched by `factor`. Between both the paper mixes by the number of turns; its published code, and with it every
// model, mixes by the number of the pair.
double yarn(double f, int64_t pair, const RotaryOptions& o) {
  double first = pair_with(o.beta_fast, o), last = pair_with(o.beta_slow, o);
  if (o.truncate) first = std::floor(first), last = std::ceil(last);
  first = std::max(first, 0.0), last = std::min(last, static_cast<double>(o.size - 1));
  if (first == last) last += 0.001;  // a step
  const double mix = std::clamp((static_cast<double>(pair) - first) / (last - first), 0.0, 1.0);
  return (1 - mix) * f + mix * f / o.factor;
}

double scaled(double f, int64_t pair, const RotaryOptions& o) {
  switch (o.scaling) {
    case RotaryScaling::linear: return f / o.factor;
    case RotaryScaling::llama3: return llama3(f, o);
    case RotaryScaling::yarn: return yarn(f, pair, o);
    case RotaryScaling::none:
    case RotaryScaling::dynamic: break;
  }
  return f;
}

}  // namespace

std::vector<float> rotary_frequencies(const RotaryOptions& o) {
  std::vector<float> all;
  for (int64_t i = 0; i < o.size; i += 2) {
    const float f = 1 / std::pow(static_cast<float>(o.theta), static_cast<float>(i) / static_cast<float>(o.size));
    all.push_back(static_cast<float>(scaled(f, i / 2, o)));
  }
  return all;
}

// Among more keys a softmax spreads out. YaRN (section 3.4) sharpens it by scores / t with sqrt(1 / t) = 0.1 ln(factor) + 1, found by fitting perplexities; the
// root goes to queries and to keys, by way of their turns.
double rotary_attention_factor(const RotaryOptions& o) {
  if (o.scaling != RotaryScaling::yarn) return 1;
  return o.attention_factor > 0 ? o.attention_factor : 0.1 * std::log(o.factor) + 1;
}

Turns turns_of(const RotaryOptions& o, std::span<const int64_t> positions, Dtype dtype) {
  GRIM_CHECK(o.size > 0 && o.size % 2 == 0, argument, "rotary", "size: got {}, expected an even number", o.size);
  const std::vector<float> f = rotary_frequencies(o);
  const double length = rotary_attention_factor(o);
  const auto half = std::ssize(f), count = std::ssize(positions);
  dtype = computed_in(dtype);
  Turns t{Tensor::empty({count, half}, dtype), Tensor::empty({count, half}, dtype)};
  visit_float("rotary", dtype, [&](auto zero) {
    using T = decltype(zero);
    T *const cos = t.cos.data<T>(), *const sin = t.sin.data<T>();
    for (int64_t p = 0; p < count; ++p)
      for (int64_t i = 0; i < half; ++i) {
        const double angle = static_cast<float>(positions[static_cast<size_t>(p)]) * f[static_cast<size_t>(i)];
        cos[p * half + i] = static_cast<T>(length * std::cos(angle));
        sin[p * half + i] = static_cast<T>(length * std::sin(angle));
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
