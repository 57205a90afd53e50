#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/classic/linear_kernel_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/classic/linear_kernel.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

double dot_f64(const double* a, const double* b, int64_t n) { return Dot(hn::ScalableTag<double>(), a, b, n); }

void axpy_f64(double a, const double* x, double* y, int64_t n) {
  const hn::ScalableTag<double> d;
  const auto av = hn::Set(d, a);
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::MulAdd(av, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  if (i < n) StoreSome(hn::MulAdd(av, LoadSome(d, x + i, n - i), LoadSome(d, y + i, n - i)), d, y + i, n - i);
}

// bf16 is the upper half of a float: the even and the odd numbers of a 32-bit word come out by a shift and by a mask, so r is
// read in the same order: first its even places, then its odd ones (linear screening stores it so). n is a multiple of 2 lanes.
void bf16_columns(const Bf16* columns, int64_t stride, int64_t count, const float* r, int64_t n, float* out) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), half = n / 2;
  const auto high = hn::Set(du, 0xffff0000u);
  for (int64_t j = 0; j < count; ++j) {
    const auto* words = reinterpret_cast<const uint32_t*>(columns + j * stride);
    auto even = hn::Zero(d), odd = even, even2 = even, odd2 = even;
    int64_t i = 0;
    for (; i + 2 * lanes <= half; i += 2 * lanes) {
      const auto w = hn::LoadU(du, words + i), v = hn::LoadU(du, words + i + lanes);
      even = hn::MulAdd(hn::BitCast(d, hn::ShiftLeft<16>(w)), hn::LoadU(d, r + i), even);
      odd = hn::MulAdd(hn::BitCast(d, hn::And(w, high)), hn::LoadU(d, r + half + i), odd);
      even2 = hn::MulAdd(hn::BitCast(d, hn::ShiftLeft<16>(v)), hn::LoadU(d, r + i + lanes), even2);
      odd2 = hn::MulAdd(hn::BitCast(d, hn::And(v, high)), hn::LoadU(d, r + half + i + lanes), odd2);
    }
    for (; i < half; i += lanes) {
      const auto w = hn::LoadU(du, words + i);
      even = hn::MulAdd(hn::BitCast(d, hn::ShiftLeft<16>(w)), hn::LoadU(d, r + i), even);
      odd = hn::MulAdd(hn::BitCast(d, hn::And(w, high)), hn::LoadU(d, r + half + i), odd);
    }
    out[j] = SumLanes(d, hn::Add(hn::Add(even, odd), hn::Add(even2, odd2)));
  }
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(dot_f64);
HWY_EXPORT(axpy_f64);
HWY_EXPORT(bf16_columns);
double dot(const double* a, const double* b, int64_t n) { return HWY_DYNAMIC_DISPATCH(dot_f64)(a, b, n); }
void axpy(double a, const double* x, double* y, int64_t n) { HWY_DYNAMIC_DISPATCH(axpy_f64)(a, x, y, n); }
void bf16_products(const Bf16* columns, int64_t stride, int64_t count, const float* r, int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(bf16_columns)(columns, stride, count, r, n, out);
}
}  // namespace grim::cpu
#endif
