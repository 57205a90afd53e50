#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/cross_entropy_cpu.cpp"
#include "hwy/foreach_target.h"

#include <numeric>

#include "grimoire/device/threads.h"
#include "grimoire/op/cross_entropy_cpu.h"
#include "grimoire/op/cross_entropy_kernel.h"
#include "grimoire/op/simd-inl.h"
#include "grimoire/op/softmax_cpu.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

// The sum of e^(x - shift) and the largest x, in one sweep.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void sum_and_top(D d, const T* x, int64_t n, T shift, T& sum, T& top) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto s = hn::Set(d, shift), lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto sum0 = hn::Zero(d), sum1 = sum0, top0 = lowest, top1 = lowest;
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto x0 = hn::LoadU(d, x + i), x1 = hn::LoadU(d, x + i + lanes);
    sum0 = hn::Add(sum0, Exp(d, hn::Sub(x0, s)));
    sum1 = hn::Add(sum1, Exp(d, hn::Sub(x1, s)));
    top0 = hn::Max(top0, x0);
    top1 = hn::Max(top1, x1);
  }
  for (; i < n; i += lanes) {
    const auto x0 = KeepSome(d, LoadSome(d, x + i, n - i < lanes ? n - i : lanes), n - i, lowest);
    sum0 = hn::Add(sum0, Exp(d, hn::Sub(x0, s)));
    top0 = hn::Max(top0, x0);
  }
  sum = SumLanes(d, hn::Add(sum0, sum1));
  top = MaxLanes(d, hn::Max(top0, top1));
}

// log sum e^x. What is subtracted need not be the maximum, only near enough that nothing overflows: it starts as the
// maximum of the first elements, and a block that rises more than 30 above it is done again.
template <class D, class T = hn::TFromD<D>> T log_sum_exp(D d, const T* x, int64_t n) {
  constexpr int64_t kBlock = 4096, kFirst = 256;  // elements whose sum is taken in T; a first look
  T shift = RowMax(d, x, n < kFirst ? n : kFirst);
  if (std::isinf(shift)) shift = 0;
  double total = 0;
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = n - i < kBlock ? n - i : kBlock;
    T sum, top;
    sum_and_top(d, x + i, count, shift, sum, top);
    if (top > shift + 30 && !std::isinf(top)) {
      total *= std::exp(static_cast<double>(shift) - static_cast<double>(top));
      shift = top;
      sum_and_top(d, x + i, count, shift, sum, top);
    }
    total += static_cast<double>(sum);
  }
  return static_cast<T>(static_cast<double>(shift) + std::log(total));
}

template <class T> void forward(const LogitRows<T>& in, T* lse, double* loss) {
  const hn::ScalableTag<T> d;
  for (int64_t r = 0; r < in.rows; ++r) {
    const T* const x = in.x + r * in.V;
    lse[r] = loss[r] = 0;
    if (in.targets[r] == in.ignored) continue;
    lse[r] = log_sum_exp(d, x, in.V);
    if (lse[r] == std::numeric_limits<T>::infinity()) {
      const bool likely = in.smoothing == 0 && x[in.targets[r]] == lse[r];
      loss[r] = likely ? std::log(static_cast<double>(std::count(x, x + in.V, lse[r]))) : std::numeric_limits<double>::infinity();
      continue;
    }
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
    if (lse[r] == std::numeric_limits<T>::infinity()) {
      infinite_softmax(in.x + r * in.V, row, in.V);
      Map(d, row, row, in.V, [&](auto v) HWY_ATTR { return hn::Mul(weight, hn::Sub(v, rest)); });
    } else {
      Map(d, in.x + r * in.V, row, in.V,
          [&](auto v) HWY_ATTR { return hn::Mul(weight, hn::Sub(Exp(d, hn::Sub(v, shift)), rest)); });
    }
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
void cross_entropy_backward(const LogitRows<float>& in, const float* lse, const float* scale, int64_t scale_step,
                            float* dx) {
  HWY_DYNAMIC_DISPATCH(backward_f32)(in, lse, scale, scale_step, dx);
}
void cross_entropy_backward(const LogitRows<double>& in, const double* lse, const double* scale, int64_t scale_step,
                            double* dx) {
  HWY_DYNAMIC_DISPATCH(backward_f64)(in, lse, scale, scale_step, dx);
}

TargetCount count_targets(const Tensor& targets, int64_t V, int64_t ignored) {
  TargetCount count;
  const int64_t* const t = targets.data<int64_t>();
  for (int64_t r = 0; r < targets.numel(); ++r) {
    if (t[r] == ignored) continue;
    if (t[r] < 0 || t[r] >= V) return {.bad_row = r, .bad_target = t[r]};
    ++count.counted;
  }
  return count;
}

void counted_places(const Tensor& targets, int64_t ignored, const Tensor& places) {
  const int64_t* const t = targets.data<int64_t>();
  int64_t* to = places.data<int64_t>();
  for (int64_t r = 0; r < targets.numel(); ++r)
    if (t[r] != ignored) *to++ = r;
}

namespace {

template <class F> void each_block(int64_t rows, int64_t V, F&& f) {
  constexpr int64_t kGrain = 32768;  // logits; about 6 us
  device::parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(V, 1)), f);
}

template <class T> LogitRows<T> block(const Tensor& x, const Tensor& targets, const TargetOptions& o, int64_t begin, int64_t end) {
  const int64_t V = x.shape().back();
  return {end - begin, V, x.data<T>() + begin * V, targets.data<int64_t>() + begin, o.ignored, o.smoothing};
}

double total_of(const Tensor& loss) { return std::accumulate(loss.data<double>(), loss.data<double>() + loss.numel(), 0.0); }
int64_t step_of(const Tensor& scales) { return scales.ndim() == 0 ? 0 : 1; }

}  // namespace

double cross_entropy(const Tensor& x, const Tensor& targets, TargetOptions o, const Tensor& lse, const Tensor& loss) {
  visit_float("cross_entropy", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_block(targets.numel(), x.shape().back(), [&](int64_t begin, int64_t end) {
      cross_entropy_forward(block<T>(x, targets, o, begin, end), lse.data<T>() + begin, loss.data<double>() + begin);
    });
  });
  return total_of(loss);
}

void cross_entropy_backward(const Tensor& x, const Tensor& targets, TargetOptions o, const Tensor& lse, const Tensor& scales, const Tensor& dx) {
  const int64_t V = x.shape().back(), step = step_of(scales);
  visit_float("cross_entropy", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_block(targets.numel(), V, [&](int64_t begin, int64_t end) {
      cross_entropy_backward(block<T>(x, targets, o, begin, end), lse.data<T>() + begin, scales.data<T>() + begin * step, step, dx.data<T>() + begin * V);
    });
  });
}

double nll(const Tensor& x, const Tensor& targets, int64_t ignored, const Tensor& loss) {
  const int64_t* const t = targets.data<int64_t>();
  const int64_t V = x.shape().back();
  visit_float("nll_loss", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t r = 0; r < targets.numel(); ++r) loss.data<double>()[r] = t[r] == ignored ? 0.0 : -static_cast<double>(x.data<T>()[r * V + t[r]]);
  });
  return total_of(loss);
}

void add_nll_gradient(const Tensor& targets, int64_t ignored, const Tensor& scales, const Tensor& dx) {
  const int64_t* const t = targets.data<int64_t>();
  const int64_t V = dx.shape().back(), step = step_of(scales);
  visit_float("nll_loss", dx.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t r = 0; r < targets.numel(); ++r)
      if (t[r] != ignored) dx.data<T>()[r * V + t[r]] -= scales.data<T>()[r * step];
  });
}

}  // namespace grim::cpu
#endif
