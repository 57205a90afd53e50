#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/optim/update_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "grimoire/device/bf16.h"
#include "grimoire/device/threads.h"
#include "grimoire/optim/update.h"

// Ranges are multiples of 16 elements (Parameters pads them), so no loop here has a tail.
HWY_BEFORE_NAMESPACE();
namespace grim::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// g scaled and with the penalties' gradients added.
template <class D> struct Regularised {
  using V = hn::Vec<D>;
  D d;
  V scale, l2, l1;
  Regularised(D tag, const Penalty& p)
      : d(tag), scale(hn::Set(d, static_cast<hn::TFromD<D>>(p.gradient_scale))),
        l2(hn::Set(d, static_cast<hn::TFromD<D>>(p.l2))), l1(hn::Set(d, static_cast<hn::TFromD<D>>(p.l1))) {}
  HWY_INLINE V operator()(V g, V w) const {
    const V sign = hn::IfThenElseZero(hn::Ne(w, hn::Zero(d)), hn::CopySign(l1, w));
    return hn::Add(hn::MulAdd(l2, w, hn::Mul(g, scale)), sign);
  }
};

template <class T>
void adam_range(const AdamUpdate& u, T* w, const T* g, T* m, T* v, T* largest, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [&](double x) { return hn::Set(d, static_cast<T>(x)); };
  const Regularised gradient(d, u.penalty);
  const auto b1 = set(u.beta1), b2 = set(u.beta2), c1 = set(1 - u.beta1), c2 = set(1 - u.beta2), eps = set(u.eps);
  const auto keep = set(1 - u.lr * u.weight_decay);
  const auto rate = set(-u.lr / (1 - std::pow(u.beta1, static_cast<double>(u.t))));
  const auto root = set(1 / std::sqrt(1 - std::pow(u.beta2, static_cast<double>(u.t))));
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d))) {
    const auto wi = hn::Load(d, w + i);
    const auto gi = gradient(hn::Load(d, g + i), wi);
    const auto mi = hn::MulAdd(b1, hn::Load(d, m + i), hn::Mul(c1, gi));
    const auto vi = hn::MulAdd(b2, hn::Load(d, v + i), hn::Mul(c2, hn::Mul(gi, gi)));
    auto below = vi;
    if (largest) {
      below = hn::Max(vi, hn::Load(d, largest + i));
      hn::Store(below, d, largest + i);
    }
    const auto denominator = hn::MulAdd(hn::Sqrt(below), root, eps);
    const auto next = hn::MulAdd(rate, hn::Div(mi, denominator), hn::Mul(wi, keep));
    hn::Store(mi, d, m + i);
    hn::Store(vi, d, v + i);
    hn::Store(next, d, w + i);
  }
}

template <class T> void sgd_range(const SgdUpdate& u, T* w, const T* g, T* velocity, int64_t n) {
  const hn::ScalableTag<T> d;
  const Regularised gradient(d, u.penalty);
  const auto momentum = hn::Set(d, static_cast<T>(u.momentum)), rate = hn::Set(d, static_cast<T>(-u.lr));
  const auto share = hn::Set(d, static_cast<T>(1 - u.dampening));
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d))) {
    const auto wi = hn::Load(d, w + i);
    auto step = gradient(hn::Load(d, g + i), wi);
    if (velocity) {
      const auto vi = u.first ? step : hn::MulAdd(momentum, hn::Load(d, velocity + i), hn::Mul(share, step));
      hn::Store(vi, d, velocity + i);
      step = u.nesterov ? hn::MulAdd(momentum, vi, step) : vi;
    }
    hn::Store(hn::MulAdd(rate, step, wi), d, w + i);
  }
}

template <class T> void rms_range(const RmsUpdate& u, T* w, const T* g, T* squares, int64_t n) {
  const hn::ScalableTag<T> d;
  const Regularised gradient(d, u.penalty);
  const auto keep = hn::Set(d, static_cast<T>(u.keep)), take = hn::Set(d, static_cast<T>(u.take));
  const auto eps = hn::Set(d, static_cast<T>(u.eps)), rate = hn::Set(d, static_cast<T>(-u.lr));
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d))) {
    const auto wi = hn::Load(d, w + i);
    const auto gi = gradient(hn::Load(d, g + i), wi);
    const auto si = hn::MulAdd(keep, hn::Load(d, squares + i), hn::Mul(take, hn::Mul(gi, gi)));
    hn::Store(si, d, squares + i);
    hn::Store(hn::MulAdd(rate, hn::Div(gi, hn::Add(hn::Sqrt(si), eps)), wi), d, w + i);
  }
}

template <class T> void lerp_range(T* average, const T* values, double decay, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto keep = hn::Set(d, static_cast<T>(decay)), take = hn::Set(d, static_cast<T>(1 - decay));
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d)))
    hn::Store(hn::MulAdd(keep, hn::Load(d, average + i), hn::Mul(take, hn::Load(d, values + i))), d, average + i);
}

// f32 squares are summed in 16 lanes over at most 4096 elements, then in double: error about 1e-6 relative at worst.
double squares_f32(const float* x, int64_t n) {
  const hn::ScalableTag<float> d;
  auto sum = hn::Zero(d);
  for (int64_t i = 0; i < n; i += static_cast<int64_t>(hn::Lanes(d))) {
    const auto v = hn::Load(d, x + i);
    sum = hn::MulAdd(v, v, sum);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}
double squares_f64(const double* x, int64_t n) { return std::inner_product(x, x + n, x, 0.0); }

void adam_f32(const AdamUpdate& u, float* w, const float* g, float* m, float* v, float* l, int64_t n) {
  adam_range(u, w, g, m, v, l, n);
}
void adam_f64(const AdamUpdate& u, double* w, const double* g, double* m, double* v, double* l, int64_t n) {
  adam_range(u, w, g, m, v, l, n);
}
void rms_f32(const RmsUpdate& u, float* w, const float* g, float* s, int64_t n) { rms_range(u, w, g, s, n); }
void rms_f64(const RmsUpdate& u, double* w, const double* g, double* s, int64_t n) { rms_range(u, w, g, s, n); }
void sgd_f32(const SgdUpdate& u, float* w, const float* g, float* v, int64_t n) { sgd_range(u, w, g, v, n); }
void sgd_f64(const SgdUpdate& u, double* w, const double* g, double* v, int64_t n) { sgd_range(u, w, g, v, n); }
void lerp_f32(float* a, const float* v, double k, int64_t n) { lerp_range(a, v, k, n); }
void lerp_f64(double* a, const double* v, double k, int64_t n) { lerp_range(a, v, k, n); }

}  // namespace HWY_NAMESPACE
}  // namespace grim::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(adam_f32);
HWY_EXPORT(adam_f64);
HWY_EXPORT(sgd_f32);
HWY_EXPORT(sgd_f64);
HWY_EXPORT(rms_f32);
HWY_EXPORT(rms_f64);
HWY_EXPORT(lerp_f32);
HWY_EXPORT(lerp_f64);
HWY_EXPORT(squares_f32);
HWY_EXPORT(squares_f64);

namespace {
constexpr int64_t kGrain = 64 * 1024;   // elements of a sweep, about 30 us
constexpr int64_t kSquares = 4096;      // elements summed in f32 lanes

template <class T> T* at(const Tensor& x, int64_t begin) { return x.defined() ? x.data<T>() + begin : nullptr; }

// update(from, n) on all threads, each piece rounded into `working` while it is in cache.
template <class F> void sweep(const Tensor& values, const Tensor& working, int64_t begin, int64_t end, F&& update) {
  device::parallel_for(end - begin, kGrain, [&](int64_t from, int64_t to) {
    update(begin + from, to - from);
    if (working.defined()) device::narrow(values.data<float>() + begin + from, to - from, working.data<Bf16>() + begin + from);
  });
}
}  // namespace

double sum_of_squares(const Tensor& x, int64_t begin, int64_t end) {
  const int64_t blocks = (end - begin + kSquares - 1) / kSquares;
  std::vector<double> partial(static_cast<size_t>(blocks));
  device::parallel_for(blocks, kGrain / kSquares, [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) {
      const int64_t from = begin + b * kSquares, n = std::min(kSquares, end - from);
      double& sum = partial[static_cast<size_t>(b)];
      if (x.dtype() == Dtype::f64) {
        sum = HWY_DYNAMIC_DISPATCH(squares_f64)(x.data<double>() + from, n);
        continue;
      }
      const float* const v = x.data<float>() + from;
      sum = HWY_DYNAMIC_DISPATCH(squares_f32)(v, n);
      if (!std::isfinite(sum))  // finite numbers beyond 1e19 have squares that a float cannot hold
        sum = std::accumulate(v, v + n, 0.0, [](double s, float g) { return s + static_cast<double>(g) * g; });
    }
  });
  return std::accumulate(partial.begin(), partial.end(), 0.0);
}

void sgd(const SgdUpdate& u, const Tensor& values, const Tensor& gradients, const Tensor& velocity, const Tensor& working, int64_t begin, int64_t end) {
  sweep(values, working, begin, end, [&](int64_t b, int64_t n) {
    if (values.dtype() == Dtype::f32)
      HWY_DYNAMIC_DISPATCH(sgd_f32)(u, at<float>(values, b), at<float>(gradients, b), at<float>(velocity, b), n);
    else
      HWY_DYNAMIC_DISPATCH(sgd_f64)(u, at<double>(values, b), at<double>(gradients, b), at<double>(velocity, b), n);
  });
}

void adam(const AdamUpdate& u, const Tensor& values, const Tensor& gradients, const AdamState& s, const Tensor& working, int64_t begin, int64_t end) {
  sweep(values, working, begin, end, [&](int64_t b, int64_t n) {
    if (values.dtype() == Dtype::f32)
      HWY_DYNAMIC_DISPATCH(adam_f32)
      (u, at<float>(values, b), at<float>(gradients, b), at<float>(s.m, b), at<float>(s.v, b), at<float>(s.largest, b), n);
    else
      HWY_DYNAMIC_DISPATCH(adam_f64)
      (u, at<double>(values, b), at<double>(gradients, b), at<double>(s.m, b), at<double>(s.v, b), at<double>(s.largest, b), n);
  });
}

void rms(const RmsUpdate& u, const Tensor& values, const Tensor& gradients, const Tensor& squares, const Tensor& working, int64_t begin, int64_t end) {
  sweep(values, working, begin, end, [&](int64_t b, int64_t n) {
    if (values.dtype() == Dtype::f32)
      HWY_DYNAMIC_DISPATCH(rms_f32)(u, at<float>(values, b), at<float>(gradients, b), at<float>(squares, b), n);
    else
      HWY_DYNAMIC_DISPATCH(rms_f64)(u, at<double>(values, b), at<double>(gradients, b), at<double>(squares, b), n);
  });
}

void lerp(const Tensor& average, const Tensor& values, double decay) {
  device::parallel_for(values.numel(), kGrain, [&](int64_t from, int64_t to) {
    if (values.dtype() == Dtype::f32)
      HWY_DYNAMIC_DISPATCH(lerp_f32)(at<float>(average, from), at<float>(values, from), decay, to - from);
    else
      HWY_DYNAMIC_DISPATCH(lerp_f64)(at<double>(average, from), at<double>(values, from), decay, to - from);
  });
}

}  // namespace grim::cpu
#endif
