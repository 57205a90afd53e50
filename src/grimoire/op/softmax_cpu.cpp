#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/softmax_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/simd-inl.h"
#include "grimoire/op/softmax_kernel.h"

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
  // y_i = e^x_i / s: dy_j / dx_i = y_j ([i = j] - y_i), so dx_i = y_i (dy_i - sum_j dy_j y_j).
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
  // y_i = x_i - log s: dy_j / dx_i = [i = j] - e^y_i, so dx_i = dy_i - e^y_i sum_j dy_j.
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
template <class Row> constexpr Softmax kernels() {
  return {{forward<Row, float>, backward<Row, float>}, {forward<Row, double>, backward<Row, double>}};
}

}  // namespace

const SoftmaxTable& softmax_table() {
  static constexpr SoftmaxTable table = {.softmax = kernels<SoftmaxRow>(), .log_softmax = kernels<LogSoftmaxRow>()};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(softmax_table);
const SoftmaxTable& softmax() { return HWY_DYNAMIC_DISPATCH(softmax_table)(); }
}  // namespace grim::cpu
#endif
