#include "grimoire/op/fake_quantise_cpu.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "grimoire/base/ggml_blocks.h"
#include "grimoire/base/half.h"
#include "grimoire/device/threads.h"

namespace grim::cpu {
namespace {

constexpr int64_t kBlock = 32;

float as_half(double d) { return half_to_float(float_to_half(static_cast<float>(d))); }

// As files round it, there and back: no other code decides what a number becomes.
void int8_block(const float* w, float* y, float* inside) {
  char bytes[34];
  ggml::encode_q8_0(w, bytes, kBlock);
  ggml::decode_q8_0(bytes, y, kBlock);
  if (inside) std::fill_n(inside, kBlock, 1.0f);
}
void int4_block(const float* w, float* y, float* inside) {
  constexpr float kEnd = 7.5f;  // the last that rounds to 7; on the other side -8 d is the farthest number itself
  char bytes[18];
  ggml::encode_q4_0(w, bytes, kBlock);
  ggml::decode_q4_0(bytes, y, kBlock);
  if (!inside) return;
  uint16_t half;
  std::memcpy(&half, bytes, 2);
  const float d = half_to_float(half);
  for (int64_t i = 0; i < kBlock; ++i) inside[i] = w[i] * (d < 0 ? -1.0f : 1.0f) > kEnd * std::abs(d) ? 0.0f : 1.0f;
}

double sum_of_sizes(const float* w, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::abs(w[i]);
  return sum;
}

void ternary_row(const float* w, int64_t n, float d, float* y, float* inside) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = std::abs(w[i]) > d / 2 ? std::copysign(d, w[i]) : 0.0f;
    if (inside) inside[i] = std::abs(w[i]) > 1.5f * d ? 0.0f : 1.0f;
  }
}
void binary_row(const float* w, int64_t n, float* y, float* inside) {
  const float d = as_half(sum_of_sizes(w, n) / static_cast<double>(std::max<int64_t>(n, 1)));
  for (int64_t i = 0; i < n; ++i) {
    y[i] = w[i] >= 0 ? d : -d;
    if (inside) inside[i] = std::abs(w[i]) > 2 * d ? 0.0f : 1.0f;
  }
}

}  // namespace

void fake_quantise(FakeBits bits, const Tensor& w, const Tensor& y, const Tensor& inside) {
  const int64_t out = w.dim(0), in = w.dim(1), grain = std::max<int64_t>(1, 8192 / std::max<int64_t>(in, 1));
  float d = 0;  // of ternary
  if (bits == FakeBits::ternary) {
    std::vector<double> sums(static_cast<size_t>(out));
    device::parallel_for(out, grain, [&](int64_t first, int64_t last) {
      for (int64_t n = first; n < last; ++n) sums[static_cast<size_t>(n)] = sum_of_sizes(w.data<float>() + n * in, in);
    });
    double sum = 0;
    for (const double s : sums) sum += s;
    d = as_half(sum / static_cast<double>(std::max<int64_t>(w.numel(), 1)));
  }
  device::parallel_for(out, grain, [&](int64_t first, int64_t last) {
    for (int64_t n = first; n < last; ++n) {
      const float* const from = w.data<float>() + n * in;
      float *const to = y.data<float>() + n * in, *const reached = inside.defined() ? inside.data<float>() + n * in : nullptr;
      if (bits == FakeBits::ternary) ternary_row(from, in, d, to, reached);
      if (bits == FakeBits::binary) binary_row(from, in, to, reached);
      if (bits != FakeBits::int8 && bits != FakeBits::int4) continue;
      for (int64_t b = 0; b < in; b += kBlock) (bits == FakeBits::int8 ? int8_block : int4_block)(from + b, to + b, reached ? reached + b : nullptr);
    }
  });
}

}  // namespace grim::cpu
