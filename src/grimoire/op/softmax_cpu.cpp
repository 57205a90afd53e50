#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/softmax_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/device/threads.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/op/simd-inl.h"
#include "grimoire/op/softmax_cpu.h"

#ifndef GRIM_SOFTMAX_ROWS
#define GRIM_SOFTMAX_ROWS
namespace grim::cpu {
template <class T> using SoftmaxForward = void (*)(const T* x, T* y, int64_t rows, int64_t n);
template <class T> using SoftmaxBackward = void (*)(const T* y, const T* dy, T* dx, int64_t rows, int64_t n, T beta);
struct SoftmaxRows {
  ByDtype<SoftmaxForward<float>, SoftmaxForward<double>> forward;
  ByDtype<SoftmaxBackward<float>, SoftmaxBackward<double>> backward;
};
}  // namespace grim::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

struct SoftmaxRow {
  template <class D, class T = hn::TFromD<D>> static HWY_INLINE void forward(D d, const T* x, T* y, int64_t n) {
    const T top = RowMax(d, x, n);
    if (top == std::numeric_limits<T>::infinity()) return infinite_softmax(x, y, n);
    const auto largest = hn::Set(d, top);
    const T total = MapSum(d, x, y, n, [&](auto v) HWY_ATTR { return Exp(d, hn::Sub(v, largest)); });
    const auto scale = hn::Set(d, T(1) / total);
    Map(d, y, y, n, [&](auto v) HWY_ATTR { return hn::Mul(v, scale); });
  }

  template <class D, class T = hn::TFromD<D>>
  static HWY_INLINE void backward(D d, const T* y, const T* dy, T* dx, int64_t n, T beta) {
    const auto dot = hn::Set(d, Dot(d, y, dy, n));
    MapInto(d, y, dy, dx, n, beta, [&](auto v, auto g) HWY_ATTR { return hn::Mul(v, hn::Sub(g, dot)); });
  }
};

struct LogSoftmaxRow {
  template <class D, class T = hn::TFromD<D>> static HWY_INLINE void forward(D d, const T* x, T* y, int64_t n) {
    const T top = RowMax(d, x, n);
    if (top == std::numeric_limits<T>::infinity()) {
      infinite_softmax(x, y, n);
      return Map(d, y, y, n, [&](auto v) HWY_ATTR { return Log(d, v); });
    }
    const auto largest = hn::Set(d, top);
    const T total = RowSumOf(d, x, n, [&](auto v) HWY_ATTR { return Exp(d, hn::Sub(v, largest)); });
    const auto log_total = hn::Set(d, std::log(total));
    Map(d, x, y, n, [&](auto v) HWY_ATTR { return hn::Sub(hn::Sub(v, largest), log_total); });
  }

  template <class D, class T = hn::TFromD<D>>
  static HWY_INLINE void backward(D d, const T* y, const T* dy, T* dx, int64_t n, T beta) {
    const auto total = hn::Set(d, RowSum(d, dy, n));
    MapInto(d, y, dy, dx, n, beta, [&](auto v, auto g) HWY_ATTR { return hn::NegMulAdd(Exp(d, v), total, g); });
  }
};

template <class Row, class T> void forward(const T* x, T* y, int64_t rows, int64_t n) {
  const hn::ScalableTag<T> d;
  for (int64_t r = 0; r < rows; ++r) Row::forward(d, x + r * n, y + r * n, n);
}
template <class Row, class T> void backward(const T* y, const T* dy, T* dx, int64_t rows, int64_t n, T beta) {
  const hn::ScalableTag<T> d;
  for (int64_t r = 0; r < rows; ++r) Row::backward(d, y + r * n, dy + r * n, dx + r * n, n, beta);
}
template <class Row> constexpr SoftmaxRows rows_of() {
  return {{forward<Row, float>, forward<Row, double>}, {backward<Row, float>, backward<Row, double>}};
}

}  // namespace

const SoftmaxRows* softmax_table() {  // in SoftmaxOp's order
  static constexpr SoftmaxRows table[] = {rows_of<SoftmaxRow>(), rows_of<LogSoftmaxRow>()};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
namespace {
HWY_EXPORT(softmax_table);
const SoftmaxRows& rows_of(SoftmaxOp op) { return HWY_DYNAMIC_DISPATCH(softmax_table)()[static_cast<size_t>(op)]; }

// f(first, count) over blocks of rows of n.
template <class F> void each_row_block(const Tensor& x, F&& f) {
  constexpr int64_t kGrain = 16384;  // elements; about 5 us
  const int64_t n = x.shape().back(), elements = x.numel();
  if (elements == 0) return;
  const int64_t rows = elements / n;
  if (elements <= kGrain) return f(int64_t{0}, rows);
  device::parallel_for(rows, std::max<int64_t>(1, kGrain / n), [&](int64_t begin, int64_t end) { f(begin * n, end - begin); });
}
}  // namespace

void softmax(SoftmaxOp op, const Tensor& x, const Tensor& y) {
  visit_float("softmax", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_row_block(x, [run = rows_of(op).forward.of<T>(), from = x.data<T>(), to = y.data<T>(), n = x.shape().back()](int64_t at, int64_t rows) {
      run(from + at, to + at, rows, n);
    });
  });
}

void softmax_backward(SoftmaxOp op, const Tensor& y, const Tensor& dy, const Tensor& dx, float beta) {
  visit_float("softmax", y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const at_y = y.data<T>(), *const from = dy.data<T>();
    each_row_block(y, [&, run = rows_of(op).backward.of<T>(), to = dx.data<T>(), n = y.shape().back()](int64_t at, int64_t rows) {
      run(at_y + at, from + at, to + at, rows, n, static_cast<T>(beta));
    });
  });
}

}  // namespace grim::cpu
#endif
