#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/dropout_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "grimoire/base/rng.h"
#include "grimoire/op/dropout.h"
#include "grimoire/op/dropout_mask-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
void drop_f32(const DropoutKey& key, double p, uint64_t first, int64_t n, float* row) {
  DropRow(hn::ScalableTag<float>(), row, n, p, key, first);
}
void drop_f64(const DropoutKey& key, double p, uint64_t first, int64_t n, double* row) {
  DropRow(hn::ScalableTag<double>(), row, n, p, key, first);
}
}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(drop_f32);
HWY_EXPORT(drop_f64);

void drop_row(const DropoutKey& key, double p, uint64_t first, int64_t n, float* row) {
  HWY_DYNAMIC_DISPATCH(drop_f32)(key, p, first, n, row);
}
void drop_row(const DropoutKey& key, double p, uint64_t first, int64_t n, double* row) {
  HWY_DYNAMIC_DISPATCH(drop_f64)(key, p, first, n, row);
}

uint32_t dropout_threshold(double p) { return static_cast<uint32_t>(p * 65536.0 + 0.5); }

bool dropout_keeps(const DropoutKey& key, uint64_t element, uint32_t threshold) {
  const uint64_t block = element / 128, i = element % 128;
  const uint32_t word = philox4x32(key.seed, key.stream, key.step, block * 16 + i % 16)[i / 32];
  return (i / 16 % 2 == 0 ? word & 0xFFFFu : word >> 16) >= threshold;
}
}  // namespace grim::cpu
#endif
