// Activation functions on vectors: value(x), and slope(x, y) = dy/dx, which may use the value y it is given.
// Shared by the pointwise ops and by linear's fused forms.

#if defined(GRIM_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRIM_ACTIVATION_INL_H_
#undef GRIM_ACTIVATION_INL_H_
#else
#define GRIM_ACTIVATION_INL_H_
#endif

#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

template <class D> HWY_INLINE hn::Vec<D> Constant(D d, double c) { return hn::Set(d, static_cast<hn::TFromD<D>>(c)); }

// x from -1e4 up, or from -1e4 to 1e4, where gelu and silu have long reached their limits: so no infinity meets a zero. NaN stays.
template <class D, class V> HWY_INLINE V NotFarBelow(D d, V x) { return hn::Max(Constant(d, -1e4), x); }
template <class D, class V> HWY_INLINE V NotFar(D d, V x) { return hn::Min(Constant(d, 1e4), NotFarBelow(d, x)); }

struct Relu {
  template <class D, class V> static HWY_INLINE V Value(D d, V x) { return hn::Max(hn::Zero(d), x); }
  template <class D, class V> static HWY_INLINE V Slope(D d, V, V y) {
    return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), Constant(d, 1));
  }
};

struct TanhFn {
  template <class D, class V> static HWY_INLINE V Value(D d, V x) { return Tanh(d, x); }
  template <class D, class V> static HWY_INLINE V Slope(D d, V, V y) { return hn::NegMulAdd(y, y, Constant(d, 1)); }
};

struct SigmoidFn {
  template <class D, class V> static HWY_INLINE V Value(D d, V x) { return Sigmoid(d, x); }
  template <class D, class V> static HWY_INLINE V Slope(D, V, V y) { return hn::NegMulAdd(y, y, y); }
};

// x sigmoid(x) (Elfwing et al. 2018); slope s (1 + x (1 - s)).
struct Silu {
  template <class D, class V> static HWY_INLINE V Value(D d, V x) { return hn::Mul(NotFarBelow(d, x), Sigmoid(d, x)); }
  template <class D, class V> static HWY_INLINE V Slope(D d, V x, V) {
    const V s = Sigmoid(d, x), one = Constant(d, 1);
    return hn::Mul(s, hn::MulAdd(NotFar(d, x), hn::Sub(one, s), one));
  }
};

// x Phi(x) (Hendrycks and Gimpel 2016), Phi the normal distribution function; slope Phi(x) + x phi(x).
struct Gelu {
  template <class D, class V> static HWY_INLINE V Phi(D d, V x) {
    return hn::MulAdd(Constant(d, 0.5), Erf(d, hn::Mul(x, Constant(d, 0.70710678118654752440))), Constant(d, 0.5));
  }
  template <class D, class V> static HWY_INLINE V Value(D d, V x) { return hn::Mul(NotFarBelow(d, x), Phi(d, x)); }
  template <class D, class V> static HWY_INLINE V Slope(D d, V any, V) {
    constexpr double kFar = F32<D> ? 14.4222 : 1e4;  // e^(-kFar^2 / 2) is 0
    const V x = Clamp(d, any, -kFar, kFar);
    const V density = hn::Mul(Constant(d, 0.39894228040143267794), ExpWithin(d, hn::Mul(hn::Mul(x, x), Constant(d, -0.5))));
    return hn::MulAdd(x, density, Phi(d, x));
  }
};

// 0.5 x (1 + tanh u), u = sqrt(2/pi) (x + 0.044715 x^3); slope 0.5 (1 + t) + 0.5 x (1 - t^2) u'.
struct GeluTanh {
  static constexpr double kRoot = 0.79788456080286535588, kCubic = 0.044715;
  template <class D, class V> static HWY_INLINE V Inner(D d, V x) {
    const V x2 = hn::Mul(x, x);
    return Tanh(d, hn::Mul(x, hn::MulAdd(x2, Constant(d, kRoot * kCubic), Constant(d, kRoot))));
  }
  template <class D, class V> static HWY_INLINE V Value(D d, V any) {
    const V x = NotFarBelow(d, any), half = hn::Mul(x, Constant(d, 0.5));
    return hn::MulAdd(half, Inner(d, x), half);
  }
  template <class D, class V> static HWY_INLINE V Slope(D d, V any, V) {
    const V x = NotFar(d, any);
    const V t = Inner(d, x), half = Constant(d, 0.5);
    const V du = hn::MulAdd(hn::Mul(x, x), Constant(d, 3 * kRoot * kCubic), Constant(d, kRoot));
    const V rise = hn::Mul(hn::Mul(x, du), hn::NegMulAdd(t, t, Constant(d, 1)));
    return hn::Mul(half, hn::Add(hn::Add(Constant(d, 1), t), rise));
  }
};

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GRIM_ACTIVATION_INL_H_
