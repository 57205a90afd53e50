#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/rotary_cpu.cpp"
#include "hwy/foreach_target.h"

#include <algorithm>

#include "grimoire/device/threads.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/op/rotary_cpu.h"
#include "grimoire/op/simd-inl.h"

#ifndef GRIM_ROTARY_ROWS
#define GRIM_ROTARY_ROWS
namespace grim::cpu {
// One row: the first 2 n numbers of x are turned, pair by pair; sign -1 turns them back.
template <class T> using RotaryRow = void (*)(const T* x, const T* cos, const T* sin, T sign, T* y, int64_t n);
using RotaryRows = ByDtype<RotaryRow<float>, RotaryRow<double>>;
}  // namespace grim::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

template <class T> void turn_row(const T* x, const T* cos, const T* sin, T sign, T* y, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto way = hn::Set(d, sign);
  EachVector(d, n, [&](int64_t i, int64_t count) HWY_ATTR {
    const auto a = Get(d, x + i, count), b = Get(d, x + n + i, count), c = Get(d, cos + i, count), s = hn::Mul(Get(d, sin + i, count), way);
    Put(hn::NegMulAdd(b, s, hn::Mul(a, c)), d, y + i, count);
    Put(hn::MulAdd(a, s, hn::Mul(b, c)), d, y + n + i, count);
  });
}

}  // namespace

const RotaryRows* rotary_table() {
  static constexpr RotaryRows table = {turn_row<float>, turn_row<double>};
  return &table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
namespace {
HWY_EXPORT(rotary_table);
}  // namespace

void rotary(Turn turn, const Tensor& x, const Tensor& cos, const Tensor& sin, const Tensor& y) {
  constexpr int64_t kGrain = 16384;  // elements
  visit_float("rotary", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto run = HWY_DYNAMIC_DISPATCH(rotary_table)()->of<T>();
    const int64_t H = x.dim(1), steps = x.dim(2), D = x.dim(3), half = cos.dim(-1);
    const T *const from = x.data<T>(), *const c = cos.data<T>(), *const s = sin.data<T>();
    T* const to = y.data<T>();
    const bool own = cos.ndim() == 3;  // each text has its angles
    const auto at = [](const Tensor& t, int64_t b, int64_t h, int64_t step) { return b * t.strides()[0] + h * t.strides()[1] + step * t.strides()[2]; };
    device::parallel_for(x.dim(0) * steps, std::max<int64_t>(1, kGrain / (H * D)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t h = 0; h < H; ++h) {
          const int64_t b = i / steps, step = i % steps, angles = (own ? i : step) * half;
          const T* const row = from + at(x, b, h, step);
          T* const out = to + at(y, b, h, step);
          run(row, c + angles, s + angles, turn == Turn::forth ? T(1) : T(-1), out, half);
          std::copy(row + 2 * half, row + D, out + 2 * half);
        }
    });
  });
}

}  // namespace grim::cpu
#endif
