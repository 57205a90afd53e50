// The vector layer, under every instruction set that this machine has, against long double.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)  // as the library is built
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "op/simd_test.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

template <class F> void map_f32(const float* x, float* y, int64_t n, F&& f) {
  const hn::ScalableTag<float> d;
  Map(d, x, y, n, [&](auto v) HWY_ATTR { return f(d, v); });
}
void exp_f32(const float* x, float* y, int64_t n) {
  map_f32(x, y, n, [](auto d, auto v) HWY_ATTR { return Exp(d, v); });
}
void log_f32(const float* x, float* y, int64_t n) {
  map_f32(x, y, n, [](auto d, auto v) HWY_ATTR { return Log(d, v); });
}
void tanh_f32(const float* x, float* y, int64_t n) {
  map_f32(x, y, n, [](auto d, auto v) HWY_ATTR { return Tanh(d, v); });
}
void erf_f32(const float* x, float* y, int64_t n) {
  map_f32(x, y, n, [](auto d, auto v) HWY_ATTR { return Erf(d, v); });
}
void sigmoid_f32(const float* x, float* y, int64_t n) {
  map_f32(x, y, n, [](auto d, auto v) HWY_ATTR { return Sigmoid(d, v); });
}
void log_one_plus_f32(const float* x, float* y, int64_t n) {
  map_f32(x, y, n, [](auto d, auto v) HWY_ATTR { return LogOnePlusExpNegAbs(d, v); });
}
void exp_f64(const double* x, double* y, int64_t n) {
  const hn::ScalableTag<double> d;
  Map(d, x, y, n, [&](auto v) HWY_ATTR { return Exp(d, v); });
}

// sum, maximum and x . x
template <class T> void reduce(const T* x, int64_t n, double* out) {
  const hn::ScalableTag<T> d;
  out[0] = static_cast<double>(RowSum(d, x, n));
  out[1] = static_cast<double>(RowMax(d, x, n));
  out[2] = static_cast<double>(Dot(d, x, x, n));
}
void reduce_f32(const float* x, int64_t n, double* out) { reduce(x, n, out); }
void reduce_f64(const double* x, int64_t n, double* out) { reduce(x, n, out); }

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cstring>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace grim::cpu {
HWY_EXPORT(exp_f32);
HWY_EXPORT(log_f32);
HWY_EXPORT(tanh_f32);
HWY_EXPORT(erf_f32);
HWY_EXPORT(sigmoid_f32);
HWY_EXPORT(log_one_plus_f32);
HWY_EXPORT(exp_f64);
HWY_EXPORT(reduce_f32);
HWY_EXPORT(reduce_f64);
namespace {

using Real = long double;

template <class F> void under_every_target(F&& f) {
  for (const int64_t target : {HWY_AVX3, HWY_AVX2, HWY_STATIC_TARGET}) {
    if (target != HWY_STATIC_TARGET && !(hwy::SupportedTargets() & target)) continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    SCOPED_TRACE(hwy::TargetName(target));
    f();
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
  }
}

// Every 4999th float of either sign, and a finer walk where the functions bend.
std::vector<float> sample() {
  std::vector<float> x;
  for (uint32_t bits = 0; bits < 0x7f800000u; bits += 4999) {
    float v;
    std::memcpy(&v, &bits, 4);
    x.push_back(v);
    x.push_back(-v);
  }
  for (float v = -105; v < 90; v += 0.0017f) x.push_back(v);
  return x;
}

using Kernel = std::function<void(const float*, float*, int64_t)>;

void expect_ulp(const char* name, double bound, const Kernel& kernel, Real (*reference)(Real)) {
  const std::vector<float> x = sample();
  std::vector<Real> expected;
  for (float v : x) expected.push_back(reference(v));
  under_every_target([&] {
    std::vector<float> y(x.size());
    kernel(x.data(), y.data(), static_cast<int64_t>(x.size()));
    double worst = 0;
    float where = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const Real e = expected[i];
      if (std::isnan(e) || std::isinf(e) || std::abs(e) > std::numeric_limits<float>::max()) {
        ASSERT_TRUE(std::isnan(e) ? std::isnan(y[i]) : y[i] == static_cast<float>(e))
            << name << "(" << x[i] << ") = " << y[i];
        continue;
      }
      if (std::abs(e) < std::numeric_limits<float>::min()) {  // subnormal: may flush to zero
        ASSERT_NEAR(static_cast<double>(y[i]), static_cast<double>(e), 1.2e-38) << name << " at " << x[i];
        continue;
      }
      const float rounded = std::abs(static_cast<float>(e));
      const Real ulp = static_cast<Real>(std::nextafter(rounded, INFINITY)) - rounded;
      const double error = static_cast<double>(std::abs(y[i] - e) / ulp);
      if (!(error <= worst)) worst = error, where = x[i];
    }
    EXPECT_LE(worst, bound) << name << " at " << where;
  });
}

TEST(Simd, FunctionsKeepTheirUlpBounds) {
  expect_ulp("exp", 1.01, [](auto... a) { HWY_DYNAMIC_DISPATCH(exp_f32)(a...); }, [](Real x) { return std::exp(x); });
  expect_ulp("log", 1.0, [](auto... a) { HWY_DYNAMIC_DISPATCH(log_f32)(a...); }, [](Real x) { return std::log(x); });
  expect_ulp("tanh", 6.0, [](auto... a) { HWY_DYNAMIC_DISPATCH(tanh_f32)(a...); }, [](Real x) { return std::tanh(x); });
  expect_ulp("erf", 6.0, [](auto... a) { HWY_DYNAMIC_DISPATCH(erf_f32)(a...); }, [](Real x) { return std::erf(x); });
  expect_ulp("sigmoid", 3.0, [](auto... a) { HWY_DYNAMIC_DISPATCH(sigmoid_f32)(a...); },
             [](Real x) { return 1 / (1 + std::exp(-x)); });
  expect_ulp("log(1 + e^-|x|)", 2.0, [](auto... a) { HWY_DYNAMIC_DISPATCH(log_one_plus_f32)(a...); },
             [](Real x) { return std::log1p(std::exp(-std::abs(x))); });
}

TEST(Simd, LimitsAndNaN) {
  under_every_target([] {
    const float inf = INFINITY, x[] = {-inf, inf, NAN, 0.0f, -0.0f, -1.0f};
    const auto run = [&](auto kernel) {
      std::vector<float> y(6);
      kernel(x, y.data(), 6);
      return y;
    };
    const auto e = run([](auto... a) { HWY_DYNAMIC_DISPATCH(exp_f32)(a...); });
    EXPECT_TRUE(e[0] == 0 && e[1] == inf && std::isnan(e[2]) && e[3] == 1 && e[4] == 1);
    const auto l = run([](auto... a) { HWY_DYNAMIC_DISPATCH(log_f32)(a...); });
    EXPECT_TRUE(std::isnan(l[0]) && l[1] == inf && std::isnan(l[2]) && l[3] == -inf && l[4] == -inf &&
                std::isnan(l[5]));
    for (const auto& y : {run([](auto... a) { HWY_DYNAMIC_DISPATCH(tanh_f32)(a...); }),
                          run([](auto... a) { HWY_DYNAMIC_DISPATCH(erf_f32)(a...); })})
      EXPECT_TRUE(y[0] == -1 && y[1] == 1 && std::isnan(y[2]) && y[3] == 0 && std::signbit(y[4]));
    const auto s = run([](auto... a) { HWY_DYNAMIC_DISPATCH(sigmoid_f32)(a...); });
    EXPECT_TRUE(s[0] == 0 && s[1] == 1 && std::isnan(s[2]) && s[3] == 0.5f);
  });
}

TEST(Simd, TanhAndErfNeverPassOne) {
  std::vector<float> x, y;
  for (float v = 2; v < 12; v += 1e-5f) x.push_back(v);
  y.resize(x.size());
  under_every_target([&] {
    for (const Kernel& f : {Kernel([](auto... a) { HWY_DYNAMIC_DISPATCH(tanh_f32)(a...); }),
                            Kernel([](auto... a) { HWY_DYNAMIC_DISPATCH(erf_f32)(a...); })}) {
      f(x.data(), y.data(), static_cast<int64_t>(x.size()));
      for (float v : y) ASSERT_LE(v, 1.0f);
    }
  });
}

TEST(Simd, TailsOfEveryLengthStayInside) {
  under_every_target([] {
    for (int64_t n = 0; n <= 67; ++n) {
      std::vector<float> x(static_cast<size_t>(n)), y(static_cast<size_t>(n) + 64, 77.0f);  // x: exact size, for ASan
      std::vector<double> x64, y64(static_cast<size_t>(n));
      double sum = 0, largest = -INFINITY, dot = 0;
      for (int64_t i = 0; i < n; ++i) {
        const float v = x[static_cast<size_t>(i)] = static_cast<float>((i * 37) % 19) / 8 - 1.5f;
        x64.push_back(v);
        sum += v, dot += v * v, largest = std::max<double>(largest, v);
      }
      HWY_DYNAMIC_DISPATCH(exp_f32)(x.data(), y.data(), n);
      HWY_DYNAMIC_DISPATCH(exp_f64)(x64.data(), y64.data(), n);
      for (int64_t i = 0; i < n; ++i) {
        const size_t k = static_cast<size_t>(i);
        ASSERT_FLOAT_EQ(y[k], std::exp(x[k])) << n;
        ASSERT_EQ(y64[k], std::exp(x64[k])) << n;
      }
      for (size_t k = static_cast<size_t>(n); k < y.size(); ++k) ASSERT_EQ(y[k], 77.0f) << n;
      double r32[3], r64[3];
      HWY_DYNAMIC_DISPATCH(reduce_f32)(x.data(), n, r32);
      HWY_DYNAMIC_DISPATCH(reduce_f64)(x64.data(), n, r64);
      const double expected[] = {sum, largest, dot};  // of eighths: exact in either type
      for (int k = 0; k < 3; ++k) {
        ASSERT_EQ(r32[k], expected[k]) << n;
        ASSERT_EQ(r64[k], expected[k]) << n;
      }
    }
  });
}

}  // namespace
}  // namespace grim::cpu
#endif
