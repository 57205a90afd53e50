#include "grimoire/base/box_muller.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>

// The float32 loop is compiled twice and picked at run time, with the same bits: std::fma rounds once as an instruction
// and as a call, but the call is eight times slower. What the loop uses must be inlined for that. (Not under
// sanitizers: the choice is made before they are ready.)
#define GRIM_INLINE [[gnu::always_inline]] inline
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GRIM_CLONES __attribute__((target_clones("fma", "default")))
#else
#define GRIM_CLONES
#endif

namespace grim {
namespace {

// ln x for a normal x > 0: x = m 2^e with m in [sqrt(1/2), sqrt 2), then a polynomial of degree 8 in m - 1.
GRIM_INLINE float cephes_log(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  float e = static_cast<float>(static_cast<int>(bits >> 23) - 126);
  const float m = std::bit_cast<float>((bits & 0x007fffffu) | 0x3f000000u);  // [0.5, 1)
  float f = m - 1.0f;
  if (m < 0.707106781186547524f) {
    e -= 1.0f;
    f += m;
  }
  float y = 7.0376836292e-2f;
  for (float c : {-1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                  2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f})
    y = std::fma(y, f, c);
  const float z = f * f;
  y = std::fma(y * f, z, e * -2.12194440e-4f);
  y = std::fma(z, -0.5f, y);
  return std::fma(e, 0.693359375f, f + y);
}

// sin x and cos x for 0 <= x < 8192: octant by 4/pi, reduction in three parts, one polynomial each.
GRIM_INLINE void cephes_sincos(float x, float& sine, float& cosine) {
  const int octant = (static_cast<int>(x * 1.27323954473516f) + 1) & ~1;
  const float y = static_cast<float>(octant);
  for (float part : {-0.78515625f, -2.4187564849853515625e-4f, -3.77489497744594108e-8f}) x = std::fma(y, part, x);
  const float z = x * x;
  float c = 2.443315711809948e-5f;
  c = std::fma(c, z, -1.388731625493765e-3f);
  c = std::fma(c, z, 4.166664568298827e-2f);
  c = std::fma(c * z, z, z * -0.5f) + 1.0f;
  float s = -1.9515295891e-4f;
  s = std::fma(s, z, 8.3321608736e-3f);
  s = std::fma(s, z, -1.6666654611e-1f);
  s = std::fma(s * z, x, x);
  const bool swap = (octant & 2) != 0;
  sine = swap ? c : s;
  cosine = swap ? s : c;
  if (octant & 4) sine = -sine;
  if (!((octant - 2) & 4)) cosine = -cosine;
}

GRIM_INLINE void pair_of(float u1, float u2, float& first, float& second) {
  const float radius = std::sqrt(-2.0f * cephes_log(u1));
  float sine, cosine;
  cephes_sincos(6.283185307179586f * u2, sine, cosine);
  first = radius * cosine;
  second = radius * sine;
}

}  // namespace

GRIM_CLONES
void box_muller(const float* u1, const float* u2, float mean, float deviation, float* first, float* second, size_t n) {
  for (size_t j = 0; j < n; ++j) {
    float a, b;
    pair_of(1.0f - u1[j], u2[j], a, b);
    first[j] = std::fma(a, deviation, mean);
    second[j] = std::fma(b, deviation, mean);
  }
}

void box_muller(const double* u1, const double* u2, double mean, double deviation, double* first, double* second,
                size_t n) {
  for (size_t j = 0; j < n; ++j) {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - u1[j])), theta = 6.283185307179586 * u2[j];
    first[j] = std::fma(radius * std::cos(theta), deviation, mean);
    second[j] = std::fma(radius * std::sin(theta), deviation, mean);
  }
}

}  // namespace grim
