// Comparisons of rows, on Highway vectors where both sides advance by 0 or 1.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/compare_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/pointwise_kernel.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

struct Equal {
  template <class V> static HWY_INLINE auto vector(V a, V b) { return hn::Eq(a, b); }
  template <class T> static HWY_INLINE bool scalar(T a, T b) { return a == b; }
};
struct Less {
  template <class V> static HWY_INLINE auto vector(V a, V b) { return hn::Lt(a, b); }
  template <class T> static HWY_INLINE bool scalar(T a, T b) { return a < b; }
};
struct LessEqual {
  template <class V> static HWY_INLINE auto vector(V a, V b) {
    if constexpr (hwy::IsFloat<hn::TFromV<V>>()) return hn::Le(a, b);
    else return hn::Not(hn::Lt(b, a));
  }
  template <class T> static HWY_INLINE bool scalar(T a, T b) { return a <= b; }
};

// A mask of lanes becomes as many bytes, 0 or 1.
template <class D, class M> HWY_INLINE void store_mask(D, M mask, uint8_t* y) {
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<uint8_t, D> bytes;
  hn::StoreU(hn::TruncateTo(bytes, hn::IfThenElseZero(hn::RebindMask(du, mask), hn::Set(du, 1))), bytes, y);
}

template <class R, class T> void compare_rows(const void* a_any, int64_t step_a, const void* b_any, int64_t step_b, uint8_t* y, int64_t n) {
  const T *const a = static_cast<const T*>(a_any), *const b = static_cast<const T*>(b_any);
  int64_t i = 0;
  if constexpr (sizeof(T) >= 4) {
    const hn::ScalableTag<T> d;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    if ((step_a == 0 || step_a == 1) && (step_b == 0 || step_b == 1) && n >= lanes) {
      const auto first_a = hn::Set(d, *a), first_b = hn::Set(d, *b);
      for (; i + lanes <= n; i += lanes)
        store_mask(d, R::vector(step_a ? hn::LoadU(d, a + i) : first_a, step_b ? hn::LoadU(d, b + i) : first_b), y + i);
    }
  }
  for (; i < n; ++i) y[i] = R::scalar(a[i * step_a], b[i * step_b]);
}

template <class R> constexpr Relation relation() {
  return {compare_rows<R, float>, compare_rows<R, double>, compare_rows<R, int64_t>, compare_rows<R, int32_t>, compare_rows<R, uint8_t>};
}

}  // namespace

const RelationTable& relation_table() {
  static constexpr RelationTable table = {.eq = relation<Equal>(), .lt = relation<Less>(), .le = relation<LessEqual>()};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(relation_table);
const RelationTable& relations() { return HWY_DYNAMIC_DISPATCH(relation_table)(); }
}  // namespace grim::cpu
#endif
