// Binary functors: `vector` for the fast paths, `scalar` for integers and for any stride.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/binary_cpu.cpp"
#include "hwy/foreach_target.h"

#include <array>
#include <type_traits>

#include "grimoire/device/threads.h"
#include "grimoire/op/binary_cpu.h"
#include "grimoire/op/broadcast.h"
#include "grimoire/op/simd-inl.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/wide_block.h"

#ifndef GRIM_BINARY_ROWS
#define GRIM_BINARY_ROWS
namespace grim::cpu {
// y[i] = f(a[i * step_a], b[i * step_b]); y is dense. Steps 0 and 1 are fast.
template <class T> using BinaryRow = void (*)(const T* a, int64_t step_a, const T* b, int64_t step_b, T* y, int64_t n);
struct BinaryRows {
  const char* name;
  BinaryRow<float> f32;
  BinaryRow<double> f64;
  BinaryRow<int64_t> i64 = nullptr;
  BinaryRow<int32_t> i32 = nullptr;
};
using BinaryTable = std::array<BinaryRows, 7>;  // by BinaryOp
}  // namespace grim::cpu
#endif

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

template <class Op> constexpr BinaryRows arithmetic(const char* name) {
  return {name, float_loop<Op, float>, float_loop<Op, double>, integer_loop<Op, int64_t>, integer_loop<Op, int32_t>};
}
template <class Op> constexpr BinaryRows floats(const char* name) { return {name, float_loop<Op, float>, float_loop<Op, double>}; }

}  // namespace

const BinaryTable& binary_table() {
  static constexpr BinaryTable table = {arithmetic<Add>("add"),         arithmetic<Sub>("sub"),         arithmetic<Mul>("mul"),   floats<Div>("div"),
                                        arithmetic<Minimum>("minimum"), arithmetic<Maximum>("maximum"), floats<Above>("maximum")};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
namespace {
HWY_EXPORT(binary_table);
const BinaryRows& rows_of(BinaryOp op) { return HWY_DYNAMIC_DISPATCH(binary_table)()[static_cast<size_t>(op)]; }

// f(row) for the dtype at hand.
template <class F> void visit_row(const BinaryRows& rows, Dtype dtype, F&& f) {
  const auto run = [&](auto row) {
    GRIM_CHECK(row != nullptr, dtype, rows.name, "dtype not supported: got {}", name_of(dtype));
    f(row);
  };
  switch (dtype) {
    case Dtype::f32: return run(rows.f32);
    case Dtype::f64: return run(rows.f64);
    case Dtype::i64: return run(rows.i64);
    case Dtype::i32: return run(rows.i32);
    default: return run(BinaryRow<float>(nullptr));
  }
}

// One dense run of n elements, steps 0 or 1.
template <class T> void run_dense(BinaryRow<T> row, const T* a, int64_t step_a, const T* b, int64_t step_b, T* y, int64_t n) {
  device::parallel_for(n, kPointwiseGrain, [&](int64_t begin, int64_t end) {
    row(a + begin * step_a, step_a, b + begin * step_b, step_b, y + begin, end - begin);
  });
}

template <class T> void run_broadcast(BinaryRow<T> row, const Tensor& a, const Tensor& b, const Tensor& y) {
  const T *const from_a = a.data<T>(), *const from_b = b.data<T>();
  T* const to = y.data<T>();
  walk_rows<3>(y.shape(), {broadcast_strides(a, y.shape()), broadcast_strides(b, y.shape()), y.strides()},
               [&](const auto& at, const auto& step, int64_t n) { row(from_a + at[0], step[0], from_b + at[1], step[1], to + at[2], n); });
}

void binary_narrow(BinaryRow<float> f, const Tensor& a, const Tensor& b, const Tensor& y) {
  const bool one_by_one = a.shape() == b.shape() && a.contiguous() && b.contiguous();
  const bool repeats = a.shape() == y.shape() && a.contiguous() && b.contiguous() && b.ndim() <= 1 && b.numel() > 0 && b.numel() <= kWideBlock;  // along rows
  if (!one_by_one && !repeats) {
    const Tensor wide = y.like(y.shape(), Dtype::f32);
    run_broadcast<float>(f, cast(a, Dtype::f32), cast(b, Dtype::f32), wide);
    return copy_into(y, wide);
  }
  if (one_by_one)
    return for_wide_blocks(y.numel(), [&](int64_t begin, int64_t n) {
      float from_a[kWideBlock], from_b[kWideBlock], room[kWideBlock];
      f(wide_block(a, begin, n, from_a), 1, wide_block(b, begin, n, from_b), 1, room, n);
      put_block(y, begin, n, room);
    });
  const int64_t C = b.numel();
  const Tensor row = contiguous(cast(b, Dtype::f32));
  device::parallel_for(y.numel() / C, std::max<int64_t>(1, kPointwiseGrain / C), [&](int64_t begin, int64_t end) {
    float from_a[kWideBlock], room[kWideBlock];
    for (int64_t r = begin; r < end; ++r) {
      f(wide_block(a, r * C, C, from_a), 1, row.data<float>(), 1, room, C);
      put_block(y, r * C, C, room);
    }
  });
}
}  // namespace

void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& y) {
  const BinaryRows& rows = rows_of(op);
  if (is_narrow(y)) return binary_narrow(rows.f32, a, b, y);
  visit_row(rows, y.dtype(), [&]<class T>(BinaryRow<T> row) {
    if (a.shape() == b.shape() && a.contiguous() && b.contiguous()) run_dense<T>(row, a.data<T>(), 1, b.data<T>(), 1, y.data<T>(), y.numel());
    else run_broadcast<T>(row, a, b, y);
  });
}

void binary_number(BinaryOp op, const Tensor& x, double number, NumberAt side, const Tensor& y) {
  const BinaryRows& rows = rows_of(op);
  if (is_narrow(x)) {
    const auto s = static_cast<float>(number);
    return for_wide_blocks(x.numel(), [&](int64_t begin, int64_t n) {
      float room[kWideBlock];
      const float* const from = wide_block(x, begin, n, room);
      if (side == NumberAt::right) rows.f32(from, 1, &s, 0, room, n);
      else rows.f32(&s, 0, from, 1, room, n);
      put_block(y, begin, n, room);
    });
  }
  visit_row(rows, x.dtype(), [&]<class T>(BinaryRow<T> row) {
    const T s = static_cast<T>(number);
    GRIM_CHECK(is_float(x.dtype()) || static_cast<double>(s) == number, argument, rows.name, "got {} beside a tensor of {}", number, name_of(x.dtype()));
    if (side == NumberAt::right) run_dense<T>(row, x.data<T>(), 1, &s, 0, y.data<T>(), x.numel());
    else run_dense<T>(row, &s, 0, x.data<T>(), 1, y.data<T>(), x.numel());
  });
}

}  // namespace grim::cpu
#endif
