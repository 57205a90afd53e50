#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/vectors/rows_kernel_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/simd-inl.h"
#include "grimoire/vectors/rows_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

float dot_f32(const float* a, const float* b, int64_t n) { return Dot(hn::ScalableTag<float>(), a, b, n); }

void axpy_f32(float a, const float* x, float* y, int64_t n) {
  const hn::ScalableTag<float> d;
  const auto av = hn::Set(d, a);
  EachVector(d, n, [&](int64_t i, int64_t count) HWY_ATTR { Put(hn::MulAdd(av, Get(d, x + i, count), Get(d, y + i, count)), d, y + i, count); });
}

void products_with_rows_f32(const float* rows, int64_t stride, int64_t count, const float* x, int64_t n, float* out) {
  for (int64_t r = 0; r < count; ++r) out[r] = Dot(hn::ScalableTag<float>(), rows + r * stride, x, n);
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(dot_f32);
HWY_EXPORT(axpy_f32);
HWY_EXPORT(products_with_rows_f32);
float dot(const float* a, const float* b, int64_t n) { return HWY_DYNAMIC_DISPATCH(dot_f32)(a, b, n); }
void axpy(float a, const float* x, float* y, int64_t n) { HWY_DYNAMIC_DISPATCH(axpy_f32)(a, x, y, n); }
void dot_rows(const float* rows, int64_t stride, int64_t count, const float* x, int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(products_with_rows_f32)(rows, stride, count, x, n, out);
}
}  // namespace grim::cpu
#endif
