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

void transpose_plainly(const uint16_t* from, int64_t rows, int64_t columns, int64_t step, uint16_t* to, int64_t to_step) {
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < rows; ++r) to[c * to_step + r] = from[r * step + c];
}

#if HWY_TARGET != HWY_SCALAR
// Eight rows of eight: each round interleaves rows four apart, which moves every element's place one bit further around; after three, row and column
// have changed places.
HWY_INLINE void transpose_square(const uint16_t* from, int64_t step, uint16_t* to, int64_t to_step) {
  const hn::Full128<uint16_t> d;
  hn::Vec<decltype(d)> a[8], b[8];
  for (int i = 0; i < 8; ++i) a[i] = hn::LoadU(d, from + i * step);
  const auto round = [&](const auto* x, auto* y) HWY_ATTR {
    for (int i = 0; i < 4; ++i) {
      y[2 * i] = hn::InterleaveLower(d, x[i], x[i + 4]);
      y[2 * i + 1] = hn::InterleaveUpper(d, x[i], x[i + 4]);
    }
  };
  round(a, b), round(b, a), round(a, b);
  for (int i = 0; i < 8; ++i) hn::StoreU(b[i], d, to + i * to_step);
}
#endif

void transpose_all(const Bf16* from_any, int64_t rows, int64_t columns, int64_t step, Bf16* to_any, int64_t to_step) {
  const auto* const from = reinterpret_cast<const uint16_t*>(from_any);
  auto* const to = reinterpret_cast<uint16_t*>(to_any);
  int64_t whole = 0, across = 0;
#if HWY_TARGET != HWY_SCALAR
  whole = rows / 8 * 8, across = columns / 8 * 8;
  constexpr int64_t kLine = 32;  // columns of a cache line
  for (int64_t c0 = 0; c0 < across; c0 += kLine)
    for (int64_t r = 0; r < whole; r += 8)
      for (int64_t c = c0; c < across && c < c0 + kLine; c += 8) transpose_square(from + r * step + c, step, to + c * to_step + r, to_step);
#endif
  transpose_plainly(from + across, whole, columns - across, step, to + across * to_step, to_step);
  transpose_plainly(from + whole * step, rows - whole, columns, step, to + whole, to_step);
}

}  // namespace grim::device::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::device {
HWY_EXPORT(widen_all);
HWY_EXPORT(narrow_all);
HWY_EXPORT(transpose_all);
void widen(const Bf16* from, int64_t n, float* to) { HWY_DYNAMIC_DISPATCH(widen_all)(from, n, to); }
void narrow(const float* from, int64_t n, Bf16* to) { HWY_DYNAMIC_DISPATCH(narrow_all)(from, n, to); }
void transpose(const Bf16* from, int64_t rows, int64_t columns, int64_t step, Bf16* to, int64_t to_step) {
  HWY_DYNAMIC_DISPATCH(transpose_all)(from, rows, columns, step, to, to_step);
}
}  // namespace grim::device
#endif
