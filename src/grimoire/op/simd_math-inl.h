// exp, log, tanh, erf, sigmoid ... on vectors. Float lanes: own polynomials and rationals, found by
// tools/golden/minimax.py; each states its worst error in units in the last place (ULP), which tests/op/simd_test.cpp
// checks against long double. Double lanes call the C library lane by lane: there exactness counts (gradient checks),
// not speed. NaN goes through every function; so do infinities, to the limit.

#if defined(GRIM_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRIM_SIMD_MATH_INL_H_
#undef GRIM_SIMD_MATH_INL_H_
#else
#define GRIM_SIMD_MATH_INL_H_
#endif

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "hwy/highway.h"

#undef GRIM_MASKED_MEMORY
#define GRIM_MASKED_MEMORY (HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
template <class D> concept F32 = std::is_same_v<hn::TFromD<D>, float>;
template <class D> concept F64 = std::is_same_v<hn::TFromD<D>, double>;

// f(lane) for each lane.
template <class D, class F> HWY_INLINE hn::Vec<D> EachLane(D d, hn::Vec<D> x, F&& f) {
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(d)];
  hn::Store(x, d, lanes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = f(lanes[i]);
  return hn::Load(d, lanes);
}

// c[0] + c[1] x + c[2] x^2 + ... by Horner's rule, unrolled.
template <class D, class V, size_t N> HWY_INLINE V Polynomial(D d, V x, const float (&c)[N]) {
  V y = hn::Set(d, c[N - 1]);
  [&]<size_t... K>(std::index_sequence<K...>) HWY_ATTR {
    ((y = hn::MulAdd(y, x, hn::Set(d, c[N - 2 - K]))), ...);
  }(std::make_index_sequence<N - 1>());
  return y;
}

// lo and hi bound x; NaN stays NaN.
template <class D, class V> HWY_INLINE V Clamp(D d, V x, hn::TFromD<D> lo, hn::TFromD<D> hi) {
  const V low = hn::Set(d, lo), high = hn::Set(d, hi);
#if GRIM_MASKED_MEMORY
  return hn::Min(high, hn::Max(low, x));  // x86 hands on the second operand when one is NaN
#else
  const V bounded = hn::IfThenElse(hn::Lt(x, low), low, x);
  return hn::IfThenElse(hn::Gt(bounded, high), high, bounded);
#endif
}

// v * 2^n for integral n in -252 .. 254, with gradual underflow and overflow to infinity.
template <class D, class V> HWY_INLINE V ScaleByPower(D d, V v, V n) {
  const hn::RebindToSigned<D> di;
  const auto k = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(k);
  const auto power = [&](auto e) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(e, hn::Set(di, 127)))); };
  return hn::Mul(hn::Mul(v, power(half)), power(hn::Sub(k, half)));
}
#if HWY_TARGET == HWY_AVX3
HWY_INLINE hn::Vec512<float> ScaleByPower(hn::ScalableTag<float>, hn::Vec512<float> v, hn::Vec512<float> n) {
  return hn::Vec512<float>{_mm512_scalef_ps(v.raw, n.raw)};
}
#endif

// e^x within 1.01 ULP, here for -104 <= x <= 89 or NaN.
// x = n ln2 + r, |r| <= ln2 / 2 (ln2 in two parts: Cody and Waite, 1980); e^r = 1 + r + r^2 P(r).
template <F32 D> HWY_INLINE hn::Vec<D> ExpWithin(D d, hn::Vec<D> x) {
  static constexpr float kP[] = {0.49999994f, 0.166665211f, 0.041668389f, 0.00836871006f, 0.00138146093f};
  const auto shift = hn::Set(d, 12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const auto n = hn::Sub(hn::MulAdd(x, hn::Set(d, 1.44269504f), shift), shift);
  auto r = hn::NegMulAdd(n, hn::Set(d, 0.693145752f), x);
  r = hn::NegMulAdd(n, hn::Set(d, 1.42860677e-6f), r);
  const auto tail = hn::MulAdd(hn::Mul(r, r), Polynomial(d, r, kP), r);
  return ScaleByPower(d, hn::Add(tail, hn::Set(d, 1.0f)), n);
}
// A result below the normal numbers, a 0 among them that was rounded to, costs a vector as much as twenty others. Hidden keys bring many: their 0 is
// put in place.
template <F32 D> HWY_INLINE hn::Vec<D> Exp(D d, hn::Vec<D> x) {
  constexpr float kLeastNormal = -87.33f, kZero = -104.0f, kInfinite = 89.0f;  // of x, for the result; e^-104 rounds to 0
  const auto y = ExpWithin(d, Clamp(d, x, kLeastNormal, kInfinite));
  const auto small = hn::Lt(x, hn::Set(d, kLeastNormal));
  if (hn::AllFalse(d, small)) return y;
  if (hn::AllFalse(d, hn::And(small, hn::Gt(x, hn::Set(d, kZero))))) return hn::IfThenZeroElse(small, y);
  return ExpWithin(d, Clamp(d, x, kZero, kInfinite));
}

// log(1 + f) + e ln2 for sqrt(1/2) - 1 <= f <= sqrt(2) - 1, as f - f^2 / 2 + f^3 P(f).
template <F32 D> HWY_INLINE hn::Vec<D> LogNearOne(D d, hn::Vec<D> f, hn::Vec<D> e) {
  static constexpr float kP[] = {0.333333135f, -0.250000089f, 0.200021192f, -0.166679963f, 0.142195508f,
                                 -0.124055915f, 0.118881747f, -0.116756409f, 0.0674660131f};
  const auto f2 = hn::Mul(f, f);
  auto y = hn::Mul(hn::Mul(f2, f), Polynomial(d, f, kP));
  y = hn::MulAdd(e, hn::Set(d, 1.42860677e-6f), y);
  y = hn::NegMulAdd(f2, hn::Set(d, 0.5f), y);
  return hn::MulAdd(e, hn::Set(d, 0.693145752f), hn::Add(f, y));
}

// Natural logarithm within 1 ULP. x = 2^e (1 + f), 1 + f in [sqrt(1/2), sqrt(2)).
template <F32 D> HWY_INLINE hn::Vec<D> Log(D d, hn::Vec<D> x) {
  const hn::RebindToSigned<D> di;
  const auto infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const auto subnormal = hn::Lt(x, hn::Set(d, std::numeric_limits<float>::min()));
  const auto scaled = hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 33554432.0f)), x);  // 2^25
  const auto bits = hn::BitCast(di, scaled);
  const auto k = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3f3504f3)));  // bits of sqrt(1/2)
  const auto mantissa = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(k)));
  const auto e = hn::Sub(hn::ConvertTo(d, k), hn::IfThenElseZero(subnormal, hn::Set(d, 25.0f)));
  auto y = LogNearOne(d, hn::Sub(mantissa, hn::Set(d, 1.0f)), e);
  y = hn::IfThenElse(hn::Lt(x, infinity), y, x);  // inf and NaN stay
  const auto at_most_zero = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Set(d, std::numeric_limits<float>::quiet_NaN()),
                                           hn::Neg(infinity));
  return hn::IfThenElse(hn::Le(x, hn::Zero(d)), at_most_zero, y);
}

// log(1 + e^-|x|) within 2 ULP, between 0 and ln2. u = e^-|x| is f itself; past sqrt(2) - 1, f = (u - 1) / 2, e = 1.
template <F32 D> HWY_INLINE hn::Vec<D> LogOnePlusExpNegAbs(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, 1.0f);
  const auto u = Exp(d, hn::Neg(hn::Abs(x)));
  const auto large = hn::Gt(u, hn::Set(d, 0.41421356f));
  const auto f = hn::IfThenElse(large, hn::Mul(hn::Sub(u, one), hn::Set(d, 0.5f)), u);
  return LogNearOne(d, f, hn::IfThenElseZero(large, one));
}

// x P(x^2) / Q(x^2), bounded by 1. At `limit` the quotient is past 1, so that larger x give 1 exactly.
template <class D, class V, size_t N>
HWY_INLINE V OddRational(D d, V x, float limit, const float (&p)[N], const float (&q)[N]) {
  const V bounded = Clamp(d, x, -limit, limit), x2 = hn::Mul(bounded, bounded);
  const V y = hn::Div(hn::Mul(bounded, Polynomial(d, x2, p)), Polynomial(d, x2, q));
  return Clamp(d, y, -1.0f, 1.0f);
}

// tanh within 6 ULP; never beyond 1.
template <F32 D> HWY_INLINE hn::Vec<D> Tanh(D d, hn::Vec<D> x) {
  static constexpr float kP[] = {1.0f, 0.133796662f, 0.00349397236f, 2.05824363e-05f, 1.33176128e-08f};
  static constexpr float kQ[] = {1.0f, 0.467129827f, 0.0258708391f, 0.000328299007f, 7.76142315e-07f};
  return OddRational(d, x, 9.4f, kP, kQ);
}

// The error function within 6 ULP; never beyond 1.
template <F32 D> HWY_INLINE hn::Vec<D> Erf(D d, hn::Vec<D> x) {
  static constexpr float kP[] = {1.12837911f,   0.19039312f,     0.0527467653f,
                                 0.00376499724f, 0.000284861133f, 2.05008655e-06f};
  static constexpr float kQ[] = {1.0f, 0.502064228f, 0.114103422f, 0.0149679733f, 0.00116237137f, 3.8090584e-05f};
  return OddRational(d, x, 4.04f, kP, kQ);
}

template <F64 D> HWY_INLINE hn::Vec<D> Exp(D d, hn::Vec<D> x) {
  return EachLane(d, x, [](double v) { return std::exp(v); });
}
template <F64 D> HWY_INLINE hn::Vec<D> ExpWithin(D d, hn::Vec<D> x) { return Exp(d, x); }
template <F64 D> HWY_INLINE hn::Vec<D> Log(D d, hn::Vec<D> x) {
  return EachLane(d, x, [](double v) { return std::log(v); });
}
template <F64 D> HWY_INLINE hn::Vec<D> LogOnePlusExpNegAbs(D d, hn::Vec<D> x) {
  return EachLane(d, x, [](double v) { return std::log1p(std::exp(-std::abs(v))); });
}
template <F64 D> HWY_INLINE hn::Vec<D> Tanh(D d, hn::Vec<D> x) {
  return EachLane(d, x, [](double v) { return std::tanh(v); });
}
template <F64 D> HWY_INLINE hn::Vec<D> Erf(D d, hn::Vec<D> x) {
  return EachLane(d, x, [](double v) { return std::erf(v); });
}

// 1 / (1 + e^-x) within 3 ULP where the result is a normal number.
template <class D> HWY_INLINE hn::Vec<D> Sigmoid(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, hn::TFromD<D>(1));
  return hn::Div(one, hn::Add(one, Exp(d, hn::Neg(x))));
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GRIM_SIMD_MATH_INL_H_
