// Unary functors: value(x) and slope(v), v = x or y as `saves` says.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/unary_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/activation-inl.h"
#include "grimoire/op/pointwise_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

struct Neg {
  static constexpr Saves saves = Saves::output;
  template <class D, class V> static HWY_INLINE V value(D, V x, Params) { return hn::Neg(x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V, Params) { return Constant(d, -1); }
};

struct Abs {
  static constexpr Saves saves = Saves::input;
  template <class D, class V> static HWY_INLINE V value(D, V x, Params) { return hn::Abs(x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, Params) {
    return hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), hn::CopySign(Constant(d, 1), x));
  }
};

struct Square {
  static constexpr Saves saves = Saves::input;
  template <class D, class V> static HWY_INLINE V value(D, V x, Params) { return hn::Mul(x, x); }
  template <class D, class V> static HWY_INLINE V slope(D, V x, Params) { return hn::Add(x, x); }
};

struct Sqrt {
  static constexpr Saves saves = Saves::output;
  template <class D, class V> static HWY_INLINE V value(D, V x, Params) { return hn::Sqrt(x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V y, Params) { return hn::Div(Constant(d, 0.5), y); }
};

struct Reciprocal {
  static constexpr Saves saves = Saves::output;
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params) { return hn::Div(Constant(d, 1), x); }
  template <class D, class V> static HWY_INLINE V slope(D, V y, Params) { return hn::Neg(hn::Mul(y, y)); }
};

struct Pow {  // d(x^a) = a x^(a-1)
  static constexpr Saves saves = Saves::input;
  template <class D, class V> static HWY_INLINE V power(D d, V x, double a) {
    if (a == 0) return Constant(d, 1);
    if (a == 1) return x;
    if (a == 2) return hn::Mul(x, x);
    if (a == 3) return hn::Mul(hn::Mul(x, x), x);
    if (a == -1) return hn::Div(Constant(d, 1), x);
    return EachLane(d, x, [a](hn::TFromD<D> v) { return std::pow(v, static_cast<hn::TFromD<D>>(a)); });
  }
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params p) { return power(d, x, p.a); }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, Params p) {
    return p.a == 0 ? hn::Zero(d) : hn::Mul(Constant(d, p.a), power(d, x, p.a - 1));
  }
};

struct ExpOp {
  static constexpr Saves saves = Saves::output;
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params) { return Exp(d, x); }
  template <class D, class V> static HWY_INLINE V slope(D, V y, Params) { return y; }
};

struct LogOp {
  static constexpr Saves saves = Saves::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params) { return Log(d, x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, Params) { return hn::Div(Constant(d, 1), x); }
};

struct Sin {
  static constexpr Saves saves = Saves::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params) {
    return EachLane(d, x, [](hn::TFromD<D> v) { return std::sin(v); });
  }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, Params) {
    return EachLane(d, x, [](hn::TFromD<D> v) { return std::cos(v); });
  }
};

struct Cos {
  static constexpr Saves saves = Saves::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params p) { return Sin::slope(d, x, p); }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, Params p) { return hn::Neg(Sin::value(d, x, p)); }
};

// A function shared with linear's fused forms.
template <class F, Saves what> struct Activation {
  static constexpr Saves saves = what;
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params) { return F::Value(d, x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V v, Params) { return F::Slope(d, v, v); }
};

struct Softplus {  // max(x, 0) + log(1 + e^-|x|); slope sigmoid(x)
  static constexpr Saves saves = Saves::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params) {
    return hn::Add(Relu::Value(d, x), LogOnePlusExpNegAbs(d, x));
  }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, Params) { return Sigmoid(d, x); }
};

struct ClampOp {
  static constexpr Saves saves = Saves::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, Params p) {
    using T = hn::TFromD<D>;
    return Clamp(d, x, static_cast<T>(p.a), static_cast<T>(p.b));
  }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, Params p) {
    return hn::IfThenElseZero(hn::And(hn::Ge(x, Constant(d, p.a)), hn::Le(x, Constant(d, p.b))), Constant(d, 1));
  }
};

template <class Op, class T> void value_loop(const T* x, T* y, int64_t n, Params p) {
  const hn::ScalableTag<T> d;
  Map(d, x, y, n, [&](auto v) HWY_ATTR { return Op::value(d, v, p); });
}

template <class Op, class T> void slope_loop(const T* v, const T* dy, T* dx, int64_t n, T beta, Params p) {
  const hn::ScalableTag<T> d;
  MapInto(d, v, dy, dx, n, beta, [&](auto at, auto g) HWY_ATTR { return hn::Mul(g, Op::slope(d, at, p)); });
}

template <class Op> constexpr Unary kernels() {
  return {Op::saves, {value_loop<Op, float>, slope_loop<Op, float>}, {value_loop<Op, double>, slope_loop<Op, double>}};
}

}  // namespace

const UnaryTable& unary_table() {
  static constexpr UnaryTable table = {.neg = kernels<Neg>(),
                                       .abs = kernels<Abs>(),
                                       .square = kernels<Square>(),
                                       .sqrt = kernels<Sqrt>(),
                                       .reciprocal = kernels<Reciprocal>(),
                                       .pow = kernels<Pow>(),
                                       .exp = kernels<ExpOp>(),
                                       .log = kernels<LogOp>(),
                                       .sin = kernels<Sin>(),
                                       .cos = kernels<Cos>(),
                                       .tanh = kernels<Activation<TanhFn, Saves::output>>(),
                                       .sigmoid = kernels<Activation<SigmoidFn, Saves::output>>(),
                                       .relu = kernels<Activation<Relu, Saves::output>>(),
                                       .gelu = kernels<Activation<Gelu, Saves::input>>(),
                                       .gelu_tanh = kernels<Activation<GeluTanh, Saves::input>>(),
                                       .silu = kernels<Activation<Silu, Saves::input>>(),
                                       .softplus = kernels<Softplus>(),
                                       .clamp = kernels<ClampOp>()};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(unary_table);
const UnaryTable& unary() { return HWY_DYNAMIC_DISPATCH(unary_table)(); }
}  // namespace grim::cpu
#endif
