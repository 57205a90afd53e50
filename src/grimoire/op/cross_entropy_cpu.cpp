#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/cross_entropy_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/cross_entropy_kernel.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

// log sum e^x in one sweep over memory: blocks that stay in the first cache, the running sum rescaled when the maximum grows.
template <class D, class T = hn::TFromD<D>> T log_sum_exp(D d, const T* x, int64_t n) {
  constexpr int64_t kBlock = 4096;
  T largest = -std::numeric_limits<T>::infinity();
  double total = 0;
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = n - i < kBlock ? n - i : kBlock;
    const T here = RowMax(d, x + i, count);
    if (here > largest) {
      total *= std::exp(static_cast<double>(largest) - static_cast<double>(here));
      largest = here;
    }
    const auto top = hn::Set(d, std::isinf(largest) ? T(0) : largest);  // nothing but -inf so far: -inf - 0, not NaN
    total += static_cast<double>(RowSumOf(d, x + i, count, [&](auto v) HWY_ATTR { return Exp(d, hn::Sub(v, top)); }));
  }
  return static_cast<T>(static_cast<double>(largest) + std::log(total));
}

template <class T> void forward(const LogitRows<T>& in, T* lse, double* loss) {
  const hn::ScalableTag<T> d;
  for (int64_t r = 0; r < in.rows; ++r) {
    const T* const x = in.x + r * in.V;
    lse[r] = loss[r] = 0;
    if (in.targets[r] == in.ignored) continue;
    lse[r] = log_sum_exp(d, x, in.V);
    loss[r] = static_cast<double>(lse[r]) - (1 - in.smoothing) * static_cast<double>(x[in.targets[r]]);
    if (in.smoothing > 0) loss[r] -= in.smoothing * static_cast<double>(RowSum(d, x, in.V)) / static_cast<double>(in.V);
  }
}

template <class T> void backward(const LogitRows<T>& in, const T* lse, const T* scale, int64_t scale_step, T* dx) {
  const hn::ScalableTag<T> d;
  for (int64_t r = 0; r < in.rows; ++r) {
    T* const row = dx + r * in.V;
    if (in.targets[r] == in.ignored) {
      for (int64_t j = 0; j < in.V; ++j) row[j] = 0;
      continue;
    }
    const T s = scale[r * scale_step];
    const auto weight = hn::Set(d, s), shift = hn::Set(d, lse[r]);
    const auto rest = hn::Set(d, static_cast<T>(in.smoothing / static_cast<double>(in.V)));
    Map(d, in.x + r * in.V, row, in.V,
        [&](auto v) HWY_ATTR { return hn::Mul(weight, hn::Sub(Exp(d, hn::Sub(v, shift)), rest)); });
    row[in.targets[r]] -= s * static_cast<T>(1 - in.smoothing);
  }
}

}  // namespace

void forward_f32(const LogitRows<float>& in, float* lse, double* loss) { forward(in, lse, loss); }
void forward_f64(const LogitRows<double>& in, double* lse, double* loss) { forward(in, lse, loss); }
void backward_f32(const LogitRows<float>& in, const float* lse, const float* scale, int64_t step, float* dx) {
  backward(in, lse, scale, step, dx);
}
void backward_f64(const LogitRows<double>& in, const double* lse, const double* scale, int64_t step, double* dx) {
  backward(in, lse, scale, step, dx);
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(forward_f32);
HWY_EXPORT(forward_f64);
HWY_EXPORT(backward_f32);
HWY_EXPORT(backward_f64);
void cross_entropy_forward(const LogitRows<float>& in, float* lse, double* loss) {
  HWY_DYNAMIC_DISPATCH(forward_f32)(in, lse, loss);
}
void cross_entropy_forward(const LogitRows<double>& in, double* lse, double* loss) {
  HWY_DYNAMIC_DISPATCH(forward_f64)(in, lse, loss);
}
void cross_entropy_backward(const LogitRows<float>& in, const float* lse, const float* scale, int64_t scale_step, float* dx) {
  HWY_DYNAMIC_DISPATCH(backward_f32)(in, lse, scale, scale_step, dx);
}
void cross_entropy_backward(const LogitRows<double>& in, const double* lse, const double* scale, int64_t scale_step,
                            double* dx) {
  HWY_DYNAMIC_DISPATCH(backward_f64)(in, lse, scale, scale_step, dx);
}
}  // namespace grim::cpu
#endif
