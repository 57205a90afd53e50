#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/device/bf16.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "grimoire/device/bf16.h"

HWY_BEFORE_NAMESPACE();
namespace grim::device::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void widen_all(const Bf16* from, int64_t n, float* to) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<uint16_t, decltype(d)> half;
  const hn::RebindToUnsigned<decltype(d)> bits;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto* const p = reinterpret_cast<const uint16_t*>(from);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(half, p + i)))), d, to + i);
  for (; i < n; ++i) to[i] = static_cast<float>(from[i]);
}

// Half of what is cut off is added, less one where the number above is even already. Highway's own DemoteTo to bf16 cuts off.
void narrow_all(const float* from, int64_t n, Bf16* to) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<uint16_t, decltype(d)> half;
  const hn::RebindToUnsigned<decltype(d)> bits;
  const hn::RebindToSigned<decltype(d)> whole;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto* const p = reinterpret_cast<uint16_t*>(to);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto v = hn::LoadU(d, from + i);
    const auto u = hn::BitCast(bits, v);
    const auto odd = hn::And(hn::ShiftRight<16>(u), hn::Set(bits, 1));
    const auto rounded = hn::ShiftRight<16>(hn::Add(u, hn::Add(hn::Set(bits, 0x7fff), odd)));
    const auto quiet = hn::Or(hn::ShiftRight<16>(u), hn::Set(bits, 0x40));
    const auto chosen = hn::IfThenElse(hn::RebindMask(bits, hn::IsNaN(v)), quiet, rounded);
    hn::StoreU(hn::DemoteTo(half, hn::BitCast(whole, chosen)), half, p + i);
  }
  for (; i < n; ++i) to[i] = Bf16(from[i]);
}

}  // namespace grim::device::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::device {
HWY_EXPORT(widen_all);
HWY_EXPORT(narrow_all);
void widen(const Bf16* from, int64_t n, float* to) { HWY_DYNAMIC_DISPATCH(widen_all)(from, n, to); }
void narrow(const float* from, int64_t n, Bf16* to) { HWY_DYNAMIC_DISPATCH(narrow_all)(from, n, to); }
}  // namespace grim::device
#endif
