// Dropout masks, 128 multipliers at a time, from Philox4x32-10 run in the lanes of a vector.

#if defined(GRIM_DROPOUT_MASK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRIM_DROPOUT_MASK_INL_H_
#undef GRIM_DROPOUT_MASK_INL_H_
#else
#define GRIM_DROPOUT_MASK_INL_H_
#endif

#include <algorithm>

#include "grimoire/op/dropout_cpu.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

constexpr int64_t kMaskBlock = 128;

#if HWY_TARGET == HWY_SCALAR
inline void MaskBlock(const DropoutKey& key, uint64_t block, uint32_t threshold, float scale, float* multiplier) {
  for (uint64_t i = 0; i < kMaskBlock; ++i) multiplier[i] = dropout_keeps(key, block * kMaskBlock + i, threshold) ? scale : 0.0f;
}
#else
// High words of the 32 x 32 bit products x * k.
template <class D, class V> HWY_INLINE V MulHigh(D d, V x, V k) {
  const hn::RepartitionToWide<D> wide;
  const auto even = hn::ShiftRight<32>(hn::MulEven(x, k));
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, x))), k);
  const auto upper = hn::Set(wide, 0xFFFFFFFF00000000ull);
  return hn::BitCast(d, hn::Or(even, hn::And(odd, upper)));
}

// multiplier[i] for the 128 elements of `block`: 0 or scale.
HWY_INLINE void MaskBlock(const DropoutKey& key, uint64_t block, uint32_t threshold, float scale, float* HWY_RESTRICT multiplier) {
  const hn::CappedTag<uint32_t, 16> d;
  const hn::RebindToFloat<decltype(d)> df;
  const auto lanes = static_cast<uint32_t>(hn::Lanes(d));
  const auto ka = hn::Set(d, 0xD2511F53u), kb = hn::Set(d, 0xCD9E8D57u);
  const auto limit = hn::Set(d, threshold), low = hn::Set(d, 0xFFFFu);
  for (uint32_t lane = 0; lane < 16; lane += lanes) {
    const uint64_t first = block * 16 + lane;  // never crosses 2^32 inside a group of 16
    auto c0 = hn::Add(hn::Set(d, static_cast<uint32_t>(first)), hn::Iota(d, 0));
    auto c1 = hn::Set(d, static_cast<uint32_t>(first >> 32));
    auto c2 = hn::Set(d, key.stream), c3 = hn::Set(d, key.step);
    auto k0 = static_cast<uint32_t>(key.seed), k1 = static_cast<uint32_t>(key.seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const auto high_a = MulHigh(d, c0, ka), high_b = MulHigh(d, c2, kb);
      const auto low_a = hn::Mul(c0, ka), low_b = hn::Mul(c2, kb);
      c0 = hn::Xor(hn::Xor(high_b, c1), hn::Set(d, k0));
      c1 = low_b;
      c2 = hn::Xor(hn::Xor(high_a, c3), hn::Set(d, k1));
      c3 = low_a;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    const decltype(c0) words[4] = {c0, c1, c2, c3};
    for (int part = 0; part < 8; ++part) {
      const auto word = words[part / 2];
      const auto bits = part % 2 == 0 ? hn::And(word, low) : hn::ShiftRight<16>(word);
      const auto keep = hn::Not(hn::Lt(hn::BitCast(hn::RebindToSigned<decltype(d)>(), bits),
                                       hn::BitCast(hn::RebindToSigned<decltype(d)>(), limit)));
      hn::StoreU(hn::IfThenElseZero(hn::RebindMask(df, keep), hn::Set(df, scale)), df, multiplier + 16 * part + lane);
    }
  }
}

#endif

// row[i] *= multiplier of element first + i.
template <class D, class T> HWY_INLINE void DropRow(D, T* row, int64_t n, double p, const DropoutKey& key, uint64_t first) {
  const uint32_t threshold = static_cast<uint32_t>(p * 65536.0 + 0.5);
  const float scale = static_cast<float>(65536.0 / (65536.0 - threshold));
  HWY_ALIGN float multiplier[kMaskBlock];
  for (int64_t i = 0; i < n;) {
    const uint64_t element = first + static_cast<uint64_t>(i);
    const auto at = static_cast<int64_t>(element % kMaskBlock), count = std::min(kMaskBlock - at, n - i);
    MaskBlock(key, element / kMaskBlock, threshold, scale, multiplier);
    for (int64_t j = 0; j < count; ++j) row[i + j] *= static_cast<T>(multiplier[at + j]);
    i += count;
  }
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GRIM_DROPOUT_MASK_INL_H_
