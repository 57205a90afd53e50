// Writing blocks of 256 numbers. What such a block can say is known (ggml_blocks.h); which of its values say it best is sought: the least sum of
// v (x - x^)^2, v the importance of a number. For given q the best scales solve a linear system, for given scales the best q is the nearest: the two are
// done in turn from several beginnings. Then scales are rounded to the few bits that they have, with their neighbours tried, and the f16 that all
// share is fitted again to what came out.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <tuple>
#include <utility>

#include "grimoire/base/ggml_blocks.h"
#include "grimoire/base/half.h"

namespace grim::ggml {
namespace {

constexpr int64_t kLarge = 256;

// To the nearest whole number, of two to the even one; |x| < 2^22. As a call to the C library it would be most of the time.
float nearest(float x) { return (x + 12582912.f) - 12582912.f; }
float as_half(float x) { return half_to_float(float_to_half(x)); }
void put_half(float x, char* to) {
  const uint16_t half = float_to_half(x);
  std::memcpy(to, &half, 2);
}

// --- x^ = s q - m, q of 0 .. top, m >= 0 ------------------------------------------------------------------------------

struct Line {
  float scale = 0, minimum = 0, error = 0;
};

template <int n> float error_of(const float* x, const float* v, float scale, float minimum, int top, uint8_t* q) {
  const float times = scale > 0 ? 1 / scale : 0, most = static_cast<float>(top);
  float error = 0;
  for (int i = 0; i < n; ++i) {
    const float k = nearest(std::clamp((x[i] + minimum) * times, 0.f, most)), off = x[i] - (scale * k - minimum);
    q[i] = static_cast<uint8_t>(k);
    error += v[i] * off * off;
  }
  return error;
}

// The best line through q: the normal equations of (s, m), or of s alone where m would be below 0.
template <int n> Line through(const float* x, const float* v, const uint8_t* q) {
  float one = 0, k1 = 0, k2 = 0, x1 = 0, kx = 0;
  for (int i = 0; i < n; ++i) {
    const auto k = static_cast<float>(q[i]);
    one += v[i], k1 += v[i] * k, k2 += v[i] * k * k, x1 += v[i] * x[i], kx += v[i] * k * x[i];
  }
  const float determinant = one * k2 - k1 * k1;
  if (determinant > 0) {
    const Line line{(one * kx - k1 * x1) / determinant, (k1 * kx - k2 * x1) / determinant, 0};
    if (line.scale > 0 && line.minimum >= 0) return line;
  }
  return {k2 > 0 ? std::max(0.f, kx / k2) : 0, 0, 0};
}

template <int n> Line best_line(const float* x, const float* v, int top) {
  constexpr int kBeginnings = 12, kTurns = 4;
  const auto [lowest, highest] = std::minmax_element(x, x + n);
  const float low = std::min(0.f, *lowest), range = *highest - low;
  std::array<uint8_t, n> q;
  Line best{0, 0, error_of<n>(x, v, 0, 0, top, q.data())};
  if (const float flat = error_of<n>(x, v, 0, -low, top, q.data()); flat < best.error) best = {0, -low, flat};
  if (!(range > 0)) return best;
  for (int b = 0; b < kBeginnings; ++b) {  // the range holds somewhat fewer or more steps than there are
    Line line{range / (static_cast<float>(top) + .25f * static_cast<float>(b) - 1), -low, 0};
    for (int turn = 0; turn < kTurns; ++turn) {
      line.error = error_of<n>(x, v, line.scale, line.minimum, top, q.data());
      if (line.error < best.error) best = line;
      else if (turn > 0) break;
      line = through<n>(x, v, q.data());
    }
  }
  return best;
}

// Eight groups of 32, scales and minima of six bits each.
struct LineBlock {
  float d = 0, e = 0;  // f16
  std::array<uint8_t, 8> scale{}, minimum{};
  std::array<uint8_t, kLarge> q{};
  float error = 0;
};

// Of given d and e: for each group the nearest scale and minimum and their neighbours.
void choose(LineBlock& b, const std::array<Line, 8>& lines, const float* x, const float* v, int top) {
  constexpr int kMost = 63;
  b.error = 0;
  std::array<uint8_t, 32> q;
  for (size_t g = 0; g < 8; ++g) {
    const int s = b.d > 0 ? static_cast<int>(nearest(lines[g].scale / b.d)) : 0, m = b.e > 0 ? static_cast<int>(nearest(lines[g].minimum / b.e)) : 0;
    float least = INFINITY;
    for (int i = std::max(0, s - 1); i <= std::min(kMost, s + 1); ++i)
      for (int k = std::max(0, m - 1); k <= std::min(kMost, m + 1); ++k) {
        const float error = error_of<32>(x + 32 * g, v + 32 * g, b.d * static_cast<float>(i), b.e * static_cast<float>(k), top, q.data());
        if (!(error < least)) continue;
        least = error, b.scale[g] = static_cast<uint8_t>(i), b.minimum[g] = static_cast<uint8_t>(k);
        std::ranges::copy(q, b.q.begin() + static_cast<int64_t>(32 * g));
      }
    b.error += least;
  }
}

// d and e that fit best what was chosen: x ~ d (s q) - e m.
std::pair<float, float> refitted(const LineBlock& b, const float* x, const float* v) {
  double a2 = 0, ab = 0, b2 = 0, ax = 0, bx = 0;
  for (size_t i = 0; i < kLarge; ++i) {
    const double a = b.scale[i / 32] * b.q[i], m = b.minimum[i / 32];
    a2 += v[i] * a * a, ab += v[i] * a * m, b2 += v[i] * m * m, ax += v[i] * a * x[i], bx += v[i] * m * x[i];
  }
  const double determinant = a2 * b2 - ab * ab;
  if (determinant > 1e-12 * a2 * b2) {
    const double d = (ax * b2 - bx * ab) / determinant, e = (ax * ab - bx * a2) / determinant;
    if (d > 0 && e >= 0) return {as_half(static_cast<float>(d)), as_half(static_cast<float>(e))};
  }
  return {a2 > 0 && ax > 0 ? as_half(static_cast<float>(ax / a2)) : b.d, b.e};
}

LineBlock line_block(const float* x, const float* v, int top) {
  constexpr int kRefits = 3;
  std::array<Line, 8> lines;
  float scale = 0, minimum = 0;
  for (size_t g = 0; g < 8; ++g) {
    lines[g] = best_line<32>(x + 32 * g, v + 32 * g, top);
    scale = std::max(scale, lines[g].scale), minimum = std::max(minimum, lines[g].minimum);
  }
  LineBlock best;
  best.d = as_half(scale / 63), best.e = as_half(minimum / 63);
  choose(best, lines, x, v, top);
  for (int i = 0; i < kRefits; ++i) {
    LineBlock other = best;
    std::tie(other.d, other.e) = refitted(best, x, v);
    choose(other, lines, x, v, top);
    if (!(other.error < best.error)) break;
    best = other;
  }
  return best;
}

// d e scales[12], the fifth bits of Q5_K[32], q[128]: as decode_large_with_minimum reads them.
template <int bits> void encode_lines(const float* x, const float* v, char* to) {
  const LineBlock b = line_block(x, v, (1 << bits) - 1);
  put_half(b.d, to), put_half(b.e, to + 2);
  std::array<uint8_t, 12> scales{};
  for (size_t g = 0; g < 4; ++g) {
    scales[g] = static_cast<uint8_t>(b.scale[g] | b.scale[g + 4] >> 4 << 6);
    scales[g + 4] = static_cast<uint8_t>(b.minimum[g] | b.minimum[g + 4] >> 4 << 6);
    scales[g + 8] = static_cast<uint8_t>((b.scale[g + 4] & 15) | (b.minimum[g + 4] & 15) << 4);
  }
  std::memcpy(to + 4, scales.data(), scales.size());
  char* const fifth = to + 16;
  char* const q = fifth + (bits == 5 ? 32 : 0);
  if (bits == 5) std::memset(fifth, 0, 32);
  std::memset(q, 0, 128);
  for (size_t i = 0; i < kLarge; ++i) {
    const size_t g = i / 32, l = i % 32;
    q[g / 2 * 32 + l] = static_cast<char>(q[g / 2 * 32 + l] | (b.q[i] & 15) << 4 * (g % 2));
    if (bits == 5) fifth[l] = static_cast<char>(fifth[l] | (b.q[i] >> 4) << g);
  }
}

// --- Q6_K: x^ = d s q, sixteen groups of 16, s of eight bits, q of -32 .. 31 ------------------------------------------

template <int n> float error_of_scale(const float* x, const float* v, float scale, int8_t* q) {
  const float times = scale != 0 ? 1 / scale : 0;
  float error = 0;
  for (int i = 0; i < n; ++i) {
    const float k = nearest(std::clamp(x[i] * times, -32.f, 31.f)), off = x[i] - scale * k;
    q[i] = static_cast<int8_t>(k);
    error += v[i] * off * off;
  }
  return error;
}

float best_scale(const float* x, const float* v) {
  constexpr int kBeginnings = 9, kTurns = 3;
  const float far = *std::max_element(x, x + 16, [](float a, float b) { return std::abs(a) < std::abs(b); });
  std::array<int8_t, 16> q;
  float best = 0, least = error_of_scale<16>(x, v, 0, q.data());
  for (int b = -kBeginnings; b <= kBeginnings && far != 0; ++b) {  // the farthest at -32, or near it
    float scale = far / -(32 + .25f * static_cast<float>(b));
    for (int turn = 0; turn < kTurns; ++turn) {
      const float error = error_of_scale<16>(x, v, scale, q.data());
      if (error < least) least = error, best = scale;
      else if (turn > 0) break;
      float kx = 0, k2 = 0;
      for (size_t i = 0; i < 16; ++i) kx += v[i] * x[i] * q[i], k2 += v[i] * static_cast<float>(q[i] * q[i]);
      if (!(k2 > 0)) break;
      scale = kx / k2;
    }
  }
  return best;
}

struct ScaleBlock {
  float d = 0;  // f16
  std::array<int8_t, 16> scale{};
  std::array<int8_t, kLarge> q{};
  float error = 0;
};

void choose(ScaleBlock& b, const std::array<float, 16>& scales, const float* x, const float* v) {
  b.error = 0;
  std::array<int8_t, 16> q;
  for (size_t g = 0; g < 16; ++g) {
    const int s = b.d != 0 ? static_cast<int>(nearest(scales[g] / b.d)) : 0;
    float least = INFINITY;
    for (int i = std::max(-128, s - 1); i <= std::min(127, s + 1); ++i) {
      const float error = error_of_scale<16>(x + 16 * g, v + 16 * g, b.d * static_cast<float>(i), q.data());
      if (!(error < least)) continue;
      least = error, b.scale[g] = static_cast<int8_t>(i);
      std::ranges::copy(q, b.q.begin() + static_cast<int64_t>(16 * g));
    }
    b.error += least;
  }
}

// lower bits[128] upper bits[64] scales[16] d: as decode_six_bits reads them.
void encode_scales(const float* x, const float* v, char* to) {
  constexpr int kRefits = 3;
  std::array<float, 16> scales;
  for (size_t g = 0; g < 16; ++g) scales[g] = best_scale(x + 16 * g, v + 16 * g);
  const float far = *std::ranges::max_element(scales, [](float a, float b) { return std::abs(a) < std::abs(b); });
  ScaleBlock b;
  b.d = as_half(far / -128);
  choose(b, scales, x, v);
  for (int i = 0; i < kRefits; ++i) {
    double ax = 0, a2 = 0;
    for (size_t k = 0; k < kLarge; ++k) {
      const double a = b.scale[k / 16] * b.q[k];
      ax += v[k] * a * x[k], a2 += v[k] * a * a;
    }
    ScaleBlock other = b;
    if (a2 > 0) other.d = as_half(static_cast<float>(ax / a2));
    choose(other, scales, x, v);
    if (!(other.error < b.error)) break;
    b = other;
  }
  std::memset(to, 0, 192);
  for (size_t i = 0; i < kLarge; ++i) {
    const int q = b.q[i] + 32;
    char &low = to[i / 128 * 64 + i % 64], &high = to[128 + i / 128 * 32 + i % 32];
    low = static_cast<char>(low | (q & 15) << 4 * (i / 64 % 2));
    high = static_cast<char>(high | (q >> 4) << 2 * (i / 32 % 4));
  }
  std::memcpy(to + 192, b.scale.data(), 16);
  put_half(b.d, to + 208);
}

// Numbers of importance 0 are of a little, so that what is left open has an answer.
template <int64_t bytes, auto one> void encode_all(const float* x, const float* importance, char* to, int64_t elements) {
  std::array<float, kLarge> v;
  v.fill(1);
  for (; elements > 0; elements -= kLarge, x += kLarge, to += bytes) {
    if (importance) {
      float sum = 0;
      for (size_t i = 0; i < kLarge; ++i) sum += importance[i];
      for (size_t i = 0; i < kLarge; ++i) v[i] = sum > 0 ? importance[i] * kLarge / sum + 1e-6f : 1;
      importance += kLarge;
    }
    one(x, v.data(), to);
  }
}

}  // namespace

void encode_q4_k(const float* from, const float* importance, char* to, int64_t elements) { encode_all<144, encode_lines<4>>(from, importance, to, elements); }
void encode_q5_k(const float* from, const float* importance, char* to, int64_t elements) { encode_all<176, encode_lines<5>>(from, importance, to, elements); }
void encode_q6_k(const float* from, const float* importance, char* to, int64_t elements) { encode_all<210, encode_scales>(from, importance, to, elements); }

}  // namespace grim::ggml
