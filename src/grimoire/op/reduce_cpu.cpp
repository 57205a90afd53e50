#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/reduce_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/reduce_kernel.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

struct Sum {
  template <class T> static T neutral() { return T(0); }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a + b; }
  template <class V> static HWY_INLINE V vector(V a, V b) { return hn::Add(a, b); }
};
struct Max {
  template <class T> static T neutral() {
    return std::is_integral_v<T> ? std::numeric_limits<T>::min() : -std::numeric_limits<T>::infinity();
  }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a > b || a != a ? a : b; }
  template <class V> static HWY_INLINE V vector(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  }
};
struct Min {
  template <class T> static T neutral() {
    return std::is_integral_v<T> ? std::numeric_limits<T>::max() : std::numeric_limits<T>::infinity();
  }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a < b || a != a ? a : b; }
  template <class V> static HWY_INLINE V vector(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  }
};

template <class Op, class T> double float_row(const T* x, int64_t n) {
  const hn::ScalableTag<T> d;
  HWY_ALIGN T lanes[hn::MaxLanes(d)];
  hn::Store(Fold(d, x, n, hn::Set(d, Op::template neutral<T>()), [](auto v) HWY_ATTR { return v; },
                 [](auto a, auto b) HWY_ATTR { return Op::vector(a, b); }),
            d, lanes);
  double result = static_cast<double>(lanes[0]);
  for (size_t i = 1; i < hn::Lanes(d); ++i) result = Op::scalar(result, static_cast<double>(lanes[i]));
  return result;
}

// Four rows at a time: one pass over `to` for each, and shorter chains of additions.
template <class Op, class T> void float_columns(const T* x, int64_t rows, int64_t row_stride, int64_t n, T* to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto pass = [&](const T* top, int64_t count, bool first) HWY_ATTR {
    const T *r1 = top + (count > 1 ? row_stride : 0), *r2 = top + (count > 2 ? 2 * row_stride : 0);
    const T* r3 = top + (count > 3 ? 3 * row_stride : 0);
    const auto step = [&](auto load, auto store, int64_t i) HWY_ATTR {
      auto v = load(top + i);
      if (count > 1) v = Op::vector(v, load(r1 + i));
      if (count > 2) v = Op::vector(v, count > 3 ? Op::vector(load(r2 + i), load(r3 + i)) : load(r2 + i));
      store(first ? v : Op::vector(load(to + i), v), to + i);
    };
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
      step([&](const T* p) HWY_ATTR { return hn::LoadU(d, p); }, [&](auto v, T* p) HWY_ATTR { hn::StoreU(v, d, p); },
           i);
    if (i < n)
      step([&](const T* p) HWY_ATTR { return LoadSome(d, p, n - i); },
           [&](auto v, T* p) HWY_ATTR { StoreSome(v, d, p, n - i); }, i);
  };
  for (int64_t r = 0; r < rows; r += 4) pass(x + r * row_stride, rows - r < 4 ? rows - r : 4, r == 0);
}

template <class Op> int64_t integer_row(const int64_t* x, int64_t n) {
  int64_t result = Op::template neutral<int64_t>();
  for (int64_t i = 0; i < n; ++i) result = Op::scalar(result, x[i]);
  return result;
}
template <class Op> void integer_columns(const int64_t* x, int64_t rows, int64_t row_stride, int64_t n, int64_t* to) {
  for (int64_t i = 0; i < n; ++i) to[i] = x[i];
  for (int64_t r = 1; r < rows; ++r)
    for (int64_t i = 0; i < n; ++i) to[i] = Op::scalar(to[i], x[r * row_stride + i]);
}

template <class Op, class W> W combine(W a, W b) { return Op::scalar(a, b); }

template <class Op> Reducers reducers() {
  const double neutral = Op::template neutral<double>();
  return {{float_row<Op, float>, float_columns<Op, float>, combine<Op, double>, neutral},
          {float_row<Op, double>, float_columns<Op, double>, combine<Op, double>, neutral},
          {integer_row<Op>, integer_columns<Op>, combine<Op, int64_t>, Op::template neutral<int64_t>()}};
}

}  // namespace

const ReduceTable& reduce_table() {
  static const ReduceTable table = {.sum = reducers<Sum>(), .max = reducers<Max>(), .min = reducers<Min>()};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(reduce_table);
const ReduceTable& reduce() { return HWY_DYNAMIC_DISPATCH(reduce_table)(); }
}  // namespace grim::cpu
#endif
