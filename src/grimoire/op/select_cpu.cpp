#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/select_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/pointwise_kernel.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

template <class D> HWY_INLINE hn::Mask<D> LoadMask(D d, const uint8_t* c) {
  const hn::Rebind<uint32_t, D> d32;
  const auto wide = hn::PromoteTo(d32, hn::LoadU(hn::Rebind<uint8_t, D>(), c));
  if constexpr (sizeof(hn::TFromD<D>) == 4) return hn::Ne(wide, hn::Zero(d));
  else return hn::Ne(hn::PromoteTo(d, wide), hn::Zero(d));
}

template <class T>
void select_lanes(const uint8_t* c, const T* a, int64_t step_a, const T* b, int64_t step_b, T* y, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  if (n == 0) return;
  const auto first_a = hn::Set(d, *a), first_b = hn::Set(d, *b);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto from_a = step_a ? hn::LoadU(d, a + i) : first_a, from_b = step_b ? hn::LoadU(d, b + i) : first_b;
    hn::StoreU(hn::IfThenElse(LoadMask(d, c + i), from_a, from_b), d, y + i);
  }
  for (; i < n; ++i) y[i] = c[i] ? a[i * step_a] : b[i * step_b];
}

}  // namespace

void select_u32(const uint8_t* c, const uint32_t* a, int64_t step_a, const uint32_t* b, int64_t step_b, uint32_t* y,
                int64_t n) {
  select_lanes(c, a, step_a, b, step_b, y, n);
}
void select_u64(const uint8_t* c, const uint64_t* a, int64_t step_a, const uint64_t* b, int64_t step_b, uint64_t* y,
                int64_t n) {
  select_lanes(c, a, step_a, b, step_b, y, n);
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(select_u32);
HWY_EXPORT(select_u64);
void select(const uint8_t* c, const uint32_t* a, int64_t step_a, const uint32_t* b, int64_t step_b, uint32_t* y,
            int64_t n) {
  HWY_DYNAMIC_DISPATCH(select_u32)(c, a, step_a, b, step_b, y, n);
}
void select(const uint8_t* c, const uint64_t* a, int64_t step_a, const uint64_t* b, int64_t step_b, uint64_t* y,
            int64_t n) {
  HWY_DYNAMIC_DISPATCH(select_u64)(c, a, step_a, b, step_b, y, n);
}
}  // namespace grim::cpu
#endif
