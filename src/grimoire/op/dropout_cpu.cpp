#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/dropout_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <cstring>

#include "grimoire/base/rng.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/dropout_cpu.h"
#include "grimoire/op/dropout_mask-inl.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/wide_block.h"

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

namespace {
constexpr int64_t kGrain = 32768;  // elements, a multiple of the mask's 128

void dropout_narrow(const Tensor& x, const Tensor& residual, double p, const DropoutKey& key, const Tensor& y) {
  for_wide_blocks(x.numel(), [&](int64_t begin, int64_t n) {
    float room[kWideBlock], more[kWideBlock];
    wide_block(x, begin, n, room);
    if (p > 0) drop_row(key, p, static_cast<uint64_t>(begin), n, room);
    const float* const add = residual.defined() ? wide_block(residual, begin, n, more) : nullptr;
    for (int64_t i = 0; add && i < n; ++i) room[i] += add[i];
    put_block(y, begin, n, room);
  });
}
}  // namespace

void dropout(const Tensor& x, const Tensor& residual, double p, const DropoutKey& key, const Tensor& y) {
  if (is_narrow(x)) return dropout_narrow(x, residual, p, key, y);
  visit_float("dropout", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.data<T>();
    const T* const add = data_or_null<T>(residual);
    T* const to = y.data<T>();
    device::parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
      if (p > 0) {
        std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin) * sizeof(T));
        drop_row(key, p, static_cast<uint64_t>(begin), end - begin, to + begin);
        for (int64_t i = begin; add && i < end; ++i) to[i] += add[i];
      } else {
        for (int64_t i = begin; i < end; ++i) to[i] = from[i] + add[i];
      }
    });
  });
}

uint32_t dropout_threshold(double p) { return static_cast<uint32_t>(p * 65536.0 + 0.5); }

bool dropout_keeps(const DropoutKey& key, uint64_t element, uint32_t threshold) {
  const uint64_t block = element / 128, i = element % 128;
  const uint32_t word = philox4x32(key.seed, key.stream, key.step, block * 16 + i % 16)[i / 32];
  return (i / 16 % 2 == 0 ? word & 0xFFFFu : word >> 16) >= threshold;
}
}  // namespace grim::cpu
#endif
