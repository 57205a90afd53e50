// The vector layer of the CPU kernels, on Google Highway: tails, maps, reductions and, by simd_math-inl.h, functions.
//
// A kernel file names itself in HWY_TARGET_INCLUDE, includes hwy/foreach_target.h and then this header; it is compiled
// once for each instruction set (portable, AVX2, AVX-512) and picked at run time. `d` is always a tag,
// hn::ScalableTag<float> or <double>. Reductions add in an order that depends on the length alone.

#if defined(GRIM_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GRIM_SIMD_INL_H_
#undef GRIM_SIMD_INL_H_
#else
#define GRIM_SIMD_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "grimoire/op/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

// The first n < Lanes(d) elements, zero beyond; memory beyond is not touched.
template <class D> HWY_INLINE hn::Vec<D> LoadSome(D d, const hn::TFromD<D>* p, int64_t n) {
#if GRIM_MASKED_MEMORY
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, p);
#else
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(d)] = {};
  std::memcpy(lanes, p, static_cast<size_t>(n) * sizeof(lanes[0]));
  return hn::Load(d, lanes);
#endif
}

template <class D> HWY_INLINE void StoreSome(hn::Vec<D> v, D d, hn::TFromD<D>* p, int64_t n) {
#if GRIM_MASKED_MEMORY
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, p);
#else
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(d)];
  hn::Store(v, d, lanes);
  std::memcpy(p, lanes, static_cast<size_t>(n) * sizeof(lanes[0]));
#endif
}

// f(i, count) over [0, n) in whole vectors and one rest.
template <class D, class F> HWY_INLINE void EachVector(D d, int64_t n, F&& f) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(i, lanes);
  if (i < n) f(i, n - i);
}
template <class D> HWY_INLINE hn::Vec<D> Get(D d, const hn::TFromD<D>* p, int64_t count) {
  return count == static_cast<int64_t>(hn::Lanes(d)) ? hn::LoadU(d, p) : LoadSome(d, p, count);
}
template <class D> HWY_INLINE void Put(hn::Vec<D> v, D d, hn::TFromD<D>* p, int64_t count) {
  if (count == static_cast<int64_t>(hn::Lanes(d))) hn::StoreU(v, d, p);
  else StoreSome(v, d, p, count);
}

// Lanes from n on become `filler`.
template <class D> HWY_INLINE hn::Vec<D> KeepSome(D d, hn::Vec<D> v, int64_t n, hn::Vec<D> filler) {
  return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(n)), v, filler);
}

// y[i] = f(x[i]) for vectors: f(Vec) -> Vec. y may be x.
template <class D, class F> HWY_INLINE void Map(D d, const hn::TFromD<D>* x, hn::TFromD<D>* y, int64_t n, F&& f) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, x + i)), d, y + i);
  if (i < n) StoreSome(f(LoadSome(d, x + i, n - i)), d, y + i, n - i);
}

// As Map, and the sum of all y[i].
template <class D, class F>
HWY_INLINE hn::TFromD<D> MapSum(D d, const hn::TFromD<D>* x, hn::TFromD<D>* y, int64_t n, F&& f) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto even = hn::Zero(d), odd = even;
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto y0 = f(hn::LoadU(d, x + i)), y1 = f(hn::LoadU(d, x + i + lanes));
    hn::StoreU(y0, d, y + i);
    hn::StoreU(y1, d, y + i + lanes);
    even = hn::Add(even, y0);
    odd = hn::Add(odd, y1);
  }
  if (i + lanes <= n) {
    const auto y0 = f(hn::LoadU(d, x + i));
    hn::StoreU(y0, d, y + i);
    even = hn::Add(even, y0);
    i += lanes;
  }
  if (i < n) {
    const auto y0 = f(LoadSome(d, x + i, n - i));
    StoreSome(y0, d, y + i, n - i);
    odd = hn::Add(odd, KeepSome(d, y0, n - i, hn::Zero(d)));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
}

// y[i] = beta y[i] + f(a[i], b[i]) for beta 0 or 1; with 0 y is not read. The shape of most gradients.
template <class D, class F, class T = hn::TFromD<D>>
HWY_INLINE void MapInto(D d, const T* a, const T* b, T* y, int64_t n, T beta, F&& f) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  if (beta == 0) {
    for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
    if (i < n) StoreSome(f(LoadSome(d, a + i, n - i), LoadSome(d, b + i, n - i)), d, y + i, n - i);
    return;
  }
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::Add(hn::LoadU(d, y + i), f(hn::LoadU(d, a + i), hn::LoadU(d, b + i))), d, y + i);
  if (i < n)
    StoreSome(hn::Add(LoadSome(d, y + i, n - i), f(LoadSome(d, a + i, n - i), LoadSome(d, b + i, n - i))), d, y + i,
              n - i);
}

// Folds f over vectors of x with four running results, `filler` (the neutral element) in the lanes past the end.
template <class D, class F, class G>
HWY_INLINE hn::Vec<D> Fold(D d, const hn::TFromD<D>* x, int64_t n, hn::Vec<D> filler, F&& load, G&& combine) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<D> r0 = filler, r1 = filler, r2 = filler, r3 = filler;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    r0 = combine(r0, load(hn::LoadU(d, x + i)));
    r1 = combine(r1, load(hn::LoadU(d, x + i + lanes)));
    r2 = combine(r2, load(hn::LoadU(d, x + i + 2 * lanes)));
    r3 = combine(r3, load(hn::LoadU(d, x + i + 3 * lanes)));
  }
  for (; i + lanes <= n; i += lanes) r0 = combine(r0, load(hn::LoadU(d, x + i)));
  if (i < n) r1 = combine(r1, KeepSome(d, load(LoadSome(d, x + i, n - i)), n - i, filler));
  return combine(combine(r0, r1), combine(r2, r3));
}

template <class D> HWY_INLINE hn::TFromD<D> SumLanes(D d, hn::Vec<D> v) { return hn::GetLane(hn::SumOfLanes(d, v)); }
template <class D> HWY_INLINE hn::TFromD<D> MaxLanes(D d, hn::Vec<D> v) { return hn::GetLane(hn::MaxOfLanes(d, v)); }

// Sum of f(x[i]).
template <class D, class F> HWY_INLINE hn::TFromD<D> RowSumOf(D d, const hn::TFromD<D>* x, int64_t n, F&& f) {
  return SumLanes(d, Fold(d, x, n, hn::Zero(d), f, [](auto a, auto b) HWY_ATTR { return hn::Add(a, b); }));
}
template <class D> HWY_INLINE hn::TFromD<D> RowSum(D d, const hn::TFromD<D>* x, int64_t n) {
  return RowSumOf(d, x, n, [](auto v) HWY_ATTR { return v; });
}
// The sum in an order that zeros at the end do not change: vector i always goes to result i mod 4.
template <class D> HWY_INLINE hn::TFromD<D> OpenRowSum(D d, const hn::TFromD<D>* x, int64_t n) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<D> r0 = hn::Zero(d), r1 = r0, r2 = r0, r3 = r0;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    r0 = hn::Add(r0, hn::LoadU(d, x + i));
    r1 = hn::Add(r1, hn::LoadU(d, x + i + lanes));
    r2 = hn::Add(r2, hn::LoadU(d, x + i + 2 * lanes));
    r3 = hn::Add(r3, hn::LoadU(d, x + i + 3 * lanes));
  }
  const auto at = [&](int64_t j) HWY_ATTR {
    const int64_t left = n - i - j * lanes;
    return left >= lanes ? hn::LoadU(d, x + i + j * lanes) : left > 0 ? KeepSome(d, LoadSome(d, x + i + j * lanes, left), left, hn::Zero(d)) : hn::Zero(d);
  };
  if (i < n) r0 = hn::Add(r0, at(0)), r1 = hn::Add(r1, at(1)), r2 = hn::Add(r2, at(2));  // a whole fourth one would have been a block
  if (n - i > 3 * lanes) r3 = hn::Add(r3, at(3));
  return SumLanes(d, hn::Add(hn::Add(r0, r1), hn::Add(r2, r3)));
}
// Largest element; -inf for n = 0. NaN is ignored or returned: not for use where NaN must show.
template <class D> HWY_INLINE hn::TFromD<D> RowMax(D d, const hn::TFromD<D>* x, int64_t n) {
  const auto lowest = hn::Set(d, -std::numeric_limits<hn::TFromD<D>>::infinity());
  return MaxLanes(d, Fold(d, x, n, lowest, [](auto v) HWY_ATTR { return v; },
                          [](auto a, auto b) HWY_ATTR { return hn::Max(a, b); }));
}

template <class D>
HWY_INLINE hn::TFromD<D> Dot(D d, const hn::TFromD<D>* a, const hn::TFromD<D>* b, int64_t n) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto r0 = hn::Zero(d), r1 = r0, r2 = r0, r3 = r0;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    r0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), r0);
    r1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), r1);
    r2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * lanes), hn::LoadU(d, b + i + 2 * lanes), r2);
    r3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * lanes), hn::LoadU(d, b + i + 3 * lanes), r3);
  }
  for (; i + lanes <= n; i += lanes) r0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), r0);
  if (i < n) r1 = hn::MulAdd(LoadSome(d, a + i, n - i), LoadSome(d, b + i, n - i), r1);
  return SumLanes(d, hn::Add(hn::Add(r0, r1), hn::Add(r2, r3)));
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GRIM_SIMD_INL_H_
