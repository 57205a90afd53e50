#include "grimoire/classic/distance.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/classic/distance_cpu.cpp"
#include "hwy/foreach_target.h"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace grim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Four independent sums hide the latency of the additions.
template <class Step, class Last> HWY_INLINE float sum_pairs(const float* a, const float* b, int64_t n, Step step, Last last) {
  const hn::ScalableTag<float> d;
  const int64_t L = static_cast<int64_t>(hn::Lanes(d));
  auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  int64_t i = 0;
  for (; i + 4 * L <= n; i += 4 * L) {
    s0 = step(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    s1 = step(hn::LoadU(d, a + i + L), hn::LoadU(d, b + i + L), s1);
    s2 = step(hn::LoadU(d, a + i + 2 * L), hn::LoadU(d, b + i + 2 * L), s2);
    s3 = step(hn::LoadU(d, a + i + 3 * L), hn::LoadU(d, b + i + 3 * L), s3);
  }
  for (; i + L <= n; i += L) s0 = step(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) sum += last(a[i], b[i]);
  return sum;
}

float squared_l2_rows(const float* a, const float* b, int64_t n) {
  return sum_pairs(
      a, b, n,
      [](auto x, auto y, auto s) HWY_ATTR {
        const auto e = hn::Sub(x, y);
        return hn::MulAdd(e, e, s);
      },
      [](float x, float y) { return (x - y) * (x - y); });
}
float dot_rows(const float* a, const float* b, int64_t n) {
  return sum_pairs(
      a, b, n, [](auto x, auto y, auto s) HWY_ATTR { return hn::MulAdd(x, y, s); }, [](float x, float y) { return x * y; });
}

}  // namespace grim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim {
HWY_EXPORT(squared_l2_rows);
HWY_EXPORT(dot_rows);
float squared_l2(const float* a, const float* b, int64_t n) { return HWY_DYNAMIC_DISPATCH(squared_l2_rows)(a, b, n); }
float dot(const float* a, const float* b, int64_t n) { return HWY_DYNAMIC_DISPATCH(dot_rows)(a, b, n); }
}  // namespace grim
#endif
