#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/select_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/broadcast.h"
#include "grimoire/op/select_cpu.h"
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
namespace {
HWY_EXPORT(select_u32);
HWY_EXPORT(select_u64);
// y[i] = c[i] ? a[i * step_a] : b[i * step_b]; steps 0 or 1.
void select_row(const uint8_t* c, const uint32_t* a, int64_t step_a, const uint32_t* b, int64_t step_b, uint32_t* y, int64_t n) {
  HWY_DYNAMIC_DISPATCH(select_u32)(c, a, step_a, b, step_b, y, n);
}
void select_row(const uint8_t* c, const uint64_t* a, int64_t step_a, const uint64_t* b, int64_t step_b, uint64_t* y, int64_t n) {
  HWY_DYNAMIC_DISPATCH(select_u64)(c, a, step_a, b, step_b, y, n);
}

// An unsigned integer as wide as an element.
template <class F> void visit_width(int64_t bytes, F&& f) {
  switch (bytes) {
    case 8: return f(uint64_t{});
    case 4: return f(uint32_t{});
    case 2: return f(uint16_t{});
    default: return f(uint8_t{});
  }
}
}  // namespace

void select(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& y) {
  const Shape& shape = y.shape();
  const auto* const c = reinterpret_cast<const uint8_t*>(condition.data<bool>());
  visit_width(size_of(a.dtype()), [&](auto zero) {
    using U = decltype(zero);
    const auto *const pa = reinterpret_cast<const U*>(a.raw()), *const pb = reinterpret_cast<const U*>(b.raw());
    auto* const to = reinterpret_cast<U*>(y.raw());
    walk_rows<4>(shape, {broadcast_strides(condition, shape), broadcast_strides(a, shape), broadcast_strides(b, shape), y.strides()},
                 [&](const auto& at, const auto& step, int64_t n) {
                   if constexpr (sizeof(U) >= 4)
                     if (step[0] == 1 && step[1] <= 1 && step[2] <= 1) return select_row(c + at[0], pa + at[1], step[1], pb + at[2], step[2], to + at[3], n);
                   for (int64_t i = 0; i < n; ++i) to[at[3] + i] = c[at[0] + i * step[0]] ? pa[at[1] + i * step[1]] : pb[at[2] + i * step[2]];
                 });
  });
}

}  // namespace grim::cpu
#endif
