// Unary functors: value(x) and slope(v), v = x or y as `from` says.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/unary_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/device/threads.h"
#include "grimoire/op/activation-inl.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/op/unary_cpu.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/wide_block.h"

#ifndef GRIM_UNARY_ROWS
#define GRIM_UNARY_ROWS
namespace grim::cpu {
template <class T> using UnaryValue = void (*)(const T* x, T* y, int64_t n, UnaryParams p);
template <class T> using UnarySlope = void (*)(const T* v, const T* dy, T* dx, int64_t n, T beta, UnaryParams p);
struct UnaryRows {
  bool slope_from_output;
  ByDtype<UnaryValue<float>, UnaryValue<double>> value;
  ByDtype<UnarySlope<float>, UnarySlope<double>> slope;
};
}  // namespace grim::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

enum class Slope : uint8_t { input, output };

struct Neg {
  static constexpr Slope from = Slope::output;
  template <class D, class V> static HWY_INLINE V value(D, V x, UnaryParams) { return hn::Neg(x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V, UnaryParams) { return Constant(d, -1); }
};

struct Abs {
  static constexpr Slope from = Slope::input;
  template <class D, class V> static HWY_INLINE V value(D, V x, UnaryParams) { return hn::Abs(x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, UnaryParams) {
    return hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), hn::CopySign(Constant(d, 1), x));
  }
};

struct Square {
  static constexpr Slope from = Slope::input;
  template <class D, class V> static HWY_INLINE V value(D, V x, UnaryParams) { return hn::Mul(x, x); }
  template <class D, class V> static HWY_INLINE V slope(D, V x, UnaryParams) { return hn::Add(x, x); }
};

struct Sqrt {
  static constexpr Slope from = Slope::output;
  template <class D, class V> static HWY_INLINE V value(D, V x, UnaryParams) { return hn::Sqrt(x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V y, UnaryParams) { return hn::Div(Constant(d, 0.5), y); }
};

struct Reciprocal {
  static constexpr Slope from = Slope::output;
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams) { return hn::Div(Constant(d, 1), x); }
  template <class D, class V> static HWY_INLINE V slope(D, V y, UnaryParams) { return hn::Neg(hn::Mul(y, y)); }
};

struct Pow {  // d(x^a) = a x^(a-1)
  static constexpr Slope from = Slope::input;
  template <class D, class V> static HWY_INLINE V power(D d, V x, double a) {
    if (a == 0) return Constant(d, 1);
    if (a == 1) return x;
    if (a == 2) return hn::Mul(x, x);
    if (a == 3) return hn::Mul(hn::Mul(x, x), x);
    if (a == -1) return hn::Div(Constant(d, 1), x);
    return EachLane(d, x, [a](hn::TFromD<D> v) { return std::pow(v, static_cast<hn::TFromD<D>>(a)); });
  }
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams p) { return power(d, x, p.a); }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, UnaryParams p) {
    return p.a == 0 ? hn::Zero(d) : hn::Mul(Constant(d, p.a), power(d, x, p.a - 1));
  }
};

struct ExpOp {
  static constexpr Slope from = Slope::output;
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams) { return Exp(d, x); }
  template <class D, class V> static HWY_INLINE V slope(D, V y, UnaryParams) { return y; }
};

struct LogOp {
  static constexpr Slope from = Slope::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams) { return Log(d, x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, UnaryParams) { return hn::Div(Constant(d, 1), x); }
};

struct Sin {
  static constexpr Slope from = Slope::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams) {
    return EachLane(d, x, [](hn::TFromD<D> v) { return std::sin(v); });
  }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, UnaryParams) {
    return EachLane(d, x, [](hn::TFromD<D> v) { return std::cos(v); });
  }
};

struct Cos {
  static constexpr Slope from = Slope::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams p) { return Sin::slope(d, x, p); }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, UnaryParams p) { return hn::Neg(Sin::value(d, x, p)); }
};

// A function shared with linear's fused forms.
template <class F, Slope of> struct Activation {
  static constexpr Slope from = of;
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams) { return F::Value(d, x); }
  template <class D, class V> static HWY_INLINE V slope(D d, V v, UnaryParams) { return F::Slope(d, v, v); }
};

using TanhOp = Activation<TanhFn, Slope::output>;
using SigmoidOp = Activation<SigmoidFn, Slope::output>;
using ReluOp = Activation<Relu, Slope::output>;
using GeluOp = Activation<Gelu, Slope::input>;
using GeluTanhOp = Activation<GeluTanh, Slope::input>;
using SiluOp = Activation<Silu, Slope::input>;

struct Softplus {  // max(x, 0) + log(1 + e^-|x|); slope sigmoid(x)
  static constexpr Slope from = Slope::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams) {
    return hn::Add(Relu::Value(d, x), LogOnePlusExpNegAbs(d, x));
  }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, UnaryParams) { return Sigmoid(d, x); }
};

struct ClampOp {
  static constexpr Slope from = Slope::input;
  template <class D, class V> static HWY_INLINE V value(D d, V x, UnaryParams p) {
    using T = hn::TFromD<D>;
    return Clamp(d, x, static_cast<T>(p.a), static_cast<T>(p.b));
  }
  template <class D, class V> static HWY_INLINE V slope(D d, V x, UnaryParams p) {
    return hn::IfThenElseZero(hn::And(hn::Ge(x, Constant(d, p.a)), hn::Le(x, Constant(d, p.b))), Constant(d, 1));
  }
};

template <class Op, class T> void value_loop(const T* x, T* y, int64_t n, UnaryParams p) {
  const hn::ScalableTag<T> d;
  Map(d, x, y, n, [&](auto v) HWY_ATTR { return Op::value(d, v, p); });
}

template <class Op, class T> void slope_loop(const T* v, const T* dy, T* dx, int64_t n, T beta, UnaryParams p) {
  const hn::ScalableTag<T> d;
  MapInto(d, v, dy, dx, n, beta, [&](auto at, auto g) HWY_ATTR { return hn::Mul(g, Op::slope(d, at, p)); });
}

template <class Op> constexpr UnaryRows rows_of() {
  return {Op::from == Slope::output, {value_loop<Op, float>, value_loop<Op, double>}, {slope_loop<Op, float>, slope_loop<Op, double>}};
}

}  // namespace

#define GRIM_ROWS(name, Functor) rows_of<Functor>(),
const UnaryRows* unary_table() {  // in UnaryOp's order
  static constexpr UnaryRows table[] = {GRIM_UNARY_OPS(GRIM_ROWS) rows_of<Pow>(), rows_of<ClampOp>()};
  return table;
}
#undef GRIM_ROWS

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
namespace {
HWY_EXPORT(unary_table);
const UnaryRows& rows_of(UnaryOp op) { return HWY_DYNAMIC_DISPATCH(unary_table)()[static_cast<size_t>(op)]; }
constexpr int64_t kGrain = 32768;  // elements; 4 to 12 us
}  // namespace

bool slope_from_output(UnaryOp op) { return rows_of(op).slope_from_output; }

void unary(UnaryOp op, const Tensor& x, const Tensor& y, UnaryParams p) {
  const UnaryRows& rows = rows_of(op);
  if (is_narrow(x))
    return for_wide_blocks(x.numel(), [&](int64_t begin, int64_t n) {
      float room[kWideBlock];
      rows.value.f32(wide_block(x, begin, n, room), room, n, p);
      put_block(y, begin, n, room);
    });
  visit_float("unary", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    device::parallel_for(x.numel(), kGrain, [&, from = x.data<T>(), to = y.data<T>()](int64_t begin, int64_t end) {
      rows.value.of<T>()(from + begin, to + begin, end - begin, p);
    });
  });
}

void unary_backward(UnaryOp op, const Tensor& v, const Tensor& dy, const Tensor& dx, float beta, UnaryParams p) {
  const UnaryRows& rows = rows_of(op);
  if (is_narrow(dy))
    return for_wide_blocks(dy.numel(), [&](int64_t begin, int64_t n) {
      float at[kWideBlock], from[kWideBlock], room[kWideBlock];
      float* const to = block_of(dx, begin, n, room, beta != 0);
      rows.slope.f32(wide_block(v, begin, n, at), wide_block(dy, begin, n, from), to, n, beta, p);
      put_block(dx, begin, n, to);
    });
  visit_float("unary", dy.dtype(), [&](auto zero) {
    using T = decltype(zero);
    device::parallel_for(dy.numel(), kGrain, [&, at = v.data<T>(), from = dy.data<T>(), to = dx.data<T>()](int64_t begin, int64_t end) {
      rows.slope.of<T>()(at + begin, from + begin, to + begin, end - begin, static_cast<T>(beta), p);
    });
  });
}

}  // namespace grim::cpu
#endif
