// Kernels of f32 on numbers that are stored in bf16: a block is widened into the first cache, worked on, and rounded once.
#pragma once

#include "grimoire/device/bf16.h"
#include "grimoire/device/threads.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

constexpr int64_t kWideBlock = 2048;  // numbers, a multiple of every kernel's step

// n numbers of a dense f32 or bf16 tensor from `begin` on: where they lie, or widened into `room`.
inline const float* wide_block(const Tensor& x, int64_t begin, int64_t n, float* room) {
  if (x.dtype() == Dtype::f32) return x.data<float>() + begin;
  device::widen(x.data<Bf16>() + begin, n, room);
  return room;
}
// Where n results of such a tensor go before put_block, which rounds them if need be; `room` then holds what was there where they are added to.
inline float* block_of(const Tensor& y, int64_t begin, int64_t n, float* room, bool adds = false) {
  if (y.dtype() == Dtype::f32) return y.data<float>() + begin;
  if (adds) device::widen(y.data<Bf16>() + begin, n, room);
  return room;
}
inline void put_block(const Tensor& y, int64_t begin, int64_t n, const float* from) {
  if (y.dtype() == Dtype::bf16) device::narrow(from, n, y.data<Bf16>() + begin);
}

// f(begin, n) over [0, n) in such blocks, on all threads.
template <class F> void for_wide_blocks(int64_t n, F&& f) {
  device::parallel_for(n, 16 * kWideBlock, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at += kWideBlock) f(at, end - at < kWideBlock ? end - at : kWideBlock);
  });
}

}  // namespace grim
