// Comparisons of rows, on Highway vectors where both sides advance by 0 or 1.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/compare_cpu.cpp"
#include "hwy/foreach_target.h"

#include <array>

#include "grimoire/op/broadcast.h"
#include "grimoire/op/compare_cpu.h"
#include "grimoire/op/simd-inl.h"

#ifndef GRIM_COMPARE_ROWS
#define GRIM_COMPARE_ROWS
namespace grim::cpu {
// y[i] = a[i * step_a] R b[i * step_b], 0 or 1; a and b of the row's dtype. Steps 0 and 1 are fast.
using RelationRow = void (*)(const void* a, int64_t step_a, const void* b, int64_t step_b, uint8_t* y, int64_t n);
struct RelationRows {
  RelationRow f32, f64, i64, i32, u8;  // bool is u8
  RelationRow of(Dtype dtype) const {
    return dtype == Dtype::f32 ? f32 : dtype == Dtype::f64 ? f64 : dtype == Dtype::i64 ? i64 : dtype == Dtype::i32 ? i32 : u8;
  }
};
using RelationTable = std::array<RelationRows, 3>;  // by Relation
}  // namespace grim::cpu
#endif

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

template <class R> constexpr RelationRows relation() {
  return {compare_rows<R, float>, compare_rows<R, double>, compare_rows<R, int64_t>, compare_rows<R, int32_t>, compare_rows<R, uint8_t>};
}

}  // namespace

const RelationTable& relation_table() {
  static constexpr RelationTable table = {relation<Equal>(), relation<Less>(), relation<LessEqual>()};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(relation_table);

void compare(Relation relation, const Tensor& a, const Tensor& b, const Tensor& y) {
  const RelationRow row = HWY_DYNAMIC_DISPATCH(relation_table)()[static_cast<size_t>(relation)].of(a.dtype());
  const char *const from_a = a.raw(), *const from_b = b.raw();
  const int64_t size = size_of(a.dtype());
  auto* const to = reinterpret_cast<uint8_t*>(y.raw());
  walk_rows<3>(y.shape(), {broadcast_strides(a, y.shape()), broadcast_strides(b, y.shape()), y.strides()},
               [&](const auto& at, const auto& step, int64_t n) { row(from_a + at[0] * size, step[0], from_b + at[1] * size, step[1], to + at[2], n); });
}

}  // namespace grim::cpu
#endif
