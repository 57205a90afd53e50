// Binary functors: `vector` for the fast paths, `scalar` for integers and for any stride.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/binary_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/pointwise_kernel.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

// Signed overflow is undefined in C++; ours wraps around.
template <class T, class F> HWY_INLINE T wrapping(T a, T b, F&& f) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(f(static_cast<U>(a), static_cast<U>(b)));
  } else {
    return f(a, b);
  }
}

struct Add {
  template <class V> static HWY_INLINE V vector(V a, V b) { return hn::Add(a, b); }
  template <class T> static HWY_INLINE T scalar(T a, T b) {
    return wrapping(a, b, [](auto x, auto y) { return x + y; });
  }
};
struct Sub {
  template <class V> static HWY_INLINE V vector(V a, V b) { return hn::Sub(a, b); }
  template <class T> static HWY_INLINE T scalar(T a, T b) {
    return wrapping(a, b, [](auto x, auto y) { return x - y; });
  }
};
struct Mul {
  template <class V> static HWY_INLINE V vector(V a, V b) { return hn::Mul(a, b); }
  template <class T> static HWY_INLINE T scalar(T a, T b) {
    return wrapping(a, b, [](auto x, auto y) { return x * y; });
  }
};
struct Div {
  template <class V> static HWY_INLINE V vector(V a, V b) { return hn::Div(a, b); }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a / b; }
};
struct Minimum {
  template <class V> static HWY_INLINE V vector(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a < b || a != a ? a : b; }
};
struct Maximum {
  template <class V> static HWY_INLINE V vector(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a > b || a != a ? a : b; }
};
struct Above {
  template <class V> static HWY_INLINE V vector(V a, V b) {
    using T = decltype(hn::GetLane(a));
    const hn::ScalableTag<T> d;
    return hn::IfThenElse(hn::Eq(a, b), hn::Set(d, T(0.5)), hn::IfThenElseZero(hn::Gt(a, b), hn::Set(d, T(1))));
  }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a == b ? T(0.5) : a > b ? T(1) : T(0); }
};

template <class Op, class T, class A, class B>
HWY_INLINE void vector_loop(const A& load_a, const B& load_b, T* y, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(Op::vector(load_a(i, lanes), load_b(i, lanes)), d, y + i);
  if (i < n) StoreSome(Op::vector(load_a(i, n - i), load_b(i, n - i)), d, y + i, n - i);
}

template <class Op, class T> void float_loop(const T* a, int64_t step_a, const T* b, int64_t step_b, T* y, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto dense = [&](const T* p) {
    return [=](int64_t i, int64_t n_left) HWY_ATTR {
      return n_left == lanes ? hn::LoadU(d, p + i) : LoadSome(d, p + i, n_left);
    };
  };
  const auto same = [&](const T* p) {
    return [v = hn::Set(d, *p)](int64_t, int64_t) HWY_ATTR { return v; };
  };
  if (n == 0) return;
  if (step_a == 1 && step_b == 1) return vector_loop<Op>(dense(a), dense(b), y, n);
  if (step_a == 1 && step_b == 0) return vector_loop<Op>(dense(a), same(b), y, n);
  if (step_a == 0 && step_b == 1) return vector_loop<Op>(same(a), dense(b), y, n);
  for (int64_t i = 0; i < n; ++i) y[i] = Op::scalar(a[i * step_a], b[i * step_b]);
}

template <class Op, class T>
void integer_loop(const T* a, int64_t step_a, const T* b, int64_t step_b, T* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = Op::scalar(a[i * step_a], b[i * step_b]);
}

template <class Op> constexpr Binary arithmetic() {
  return {float_loop<Op, float>, float_loop<Op, double>, integer_loop<Op, int64_t>, integer_loop<Op, int32_t>};
}
template <class Op> constexpr Binary floats() { return {float_loop<Op, float>, float_loop<Op, double>}; }

}  // namespace

const BinaryTable& binary_table() {
  static constexpr BinaryTable table = {.add = arithmetic<Add>(),
                                        .sub = arithmetic<Sub>(),
                                        .mul = arithmetic<Mul>(),
                                        .div = floats<Div>(),
                                        .minimum = arithmetic<Minimum>(),
                                        .maximum = arithmetic<Maximum>(),
                                        .above = floats<Above>()};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(binary_table);
const BinaryTable& binary() { return HWY_DYNAMIC_DISPATCH(binary_table)(); }
}  // namespace grim::cpu
#endif
