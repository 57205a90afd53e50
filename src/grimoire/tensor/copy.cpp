#include "grimoire/tensor/copy.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "grimoire/device/bf16.h"
#include "grimoire/device/threads.h"
#include "grimoire/tensor/view.h"
#include "grimoire/tensor/walk.h"
#include "grimoire/tensor/wide_block.h"

namespace grim {
namespace {

template <class To, class From> To convert(From v) {
  if constexpr (std::is_same_v<From, Bf16>) return convert<To>(static_cast<float>(v));
  else if constexpr (std::is_same_v<To, Bf16>) return Bf16(static_cast<float>(v));
  else if constexpr (std::is_same_v<To, bool>) return v != From{};
  else return static_cast<To>(v);
}

constexpr int64_t kGrain = 32768;  // elements; about 10 us of copying

template <class To, class From> void convert_dense(const From* from, int64_t n, To* to) {
  if constexpr (std::is_same_v<From, Bf16> && std::is_same_v<To, float>) return device::widen(from, n, to);
  else if constexpr (std::is_same_v<From, float> && std::is_same_v<To, Bf16>) return device::narrow(from, n, to);
  else for (int64_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
}

template <class To, class From> void copy_typed(const Tensor& dst, const Tensor& src) {
  To* const to = dst.data<To>();
  const From* const from = src.data<From>();
  if (dst.contiguous() && src.contiguous()) {
    device::parallel_for(dst.numel(), kGrain, [&](int64_t begin, int64_t end) {
      convert_dense(from + begin, end - begin, to + begin);
    });
    return;
  }
  const Walk<2> walk(dst.shape(), {dst.strides(), src.strides()});
  const int64_t step_to = walk.row_strides[0], step_from = walk.row_strides[1];
  const int64_t n = walk.row_length;
  const int64_t rows_each = std::max<int64_t>(1, kGrain / std::max<int64_t>(n, 1));
  device::parallel_for(walk.rows, rows_each, [&](int64_t begin, int64_t end) {
    walk.run(begin, end, [&](const std::array<int64_t, 2>& at) {
      To* t = to + at[0];
      const From* f = from + at[1];
      if (step_to == 1 && step_from == 1) convert_dense(f, n, t);
      else
        for (int64_t i = 0; i < n; ++i) t[i * step_to] = convert<To>(f[i * step_from]);
    });
  });
}

// dst += src, one of them bf16: added in f32, rounded once.
void add_narrow(const Tensor& dst, const Tensor& src) {
  if (dst.dtype() == Dtype::f64) return add_into(dst, cast(src, Dtype::f64));
  if (!dst.contiguous()) {
    const Tensor sum = cast(contiguous(dst), Dtype::f32);
    add_into(sum, src);
    return copy_into(dst, sum);
  }
  const Tensor from = contiguous(src.dtype() == Dtype::f64 ? cast(src, Dtype::f32) : src);
  for_wide_blocks(dst.numel(), [&](int64_t begin, int64_t n) {
    float room[kWideBlock], more[kWideBlock];
    float* const to = block_of(dst, begin, n, room, true);
    const float* const x = wide_block(from, begin, n, more);
    for (int64_t i = 0; i < n; ++i) to[i] += x[i];
    put_block(dst, begin, n, to);
  });
}

}  // namespace

void fill(const Tensor& x, double value) {
  visit(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T v = convert<T>(value);
    T* const p = x.data<T>();
    if (x.contiguous()) {
      const bool zeros = value == 0 && !std::signbit(value);
      device::parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
        if (zeros) std::memset(static_cast<void*>(p + begin), 0, static_cast<size_t>(end - begin) * sizeof(T));
        else std::fill(p + begin, p + end, v);
      });
      return;
    }
    const Walk<1> walk(x.shape(), {x.strides()});
    const int64_t n = walk.row_length, step = walk.row_strides[0];
    walk.run([&](const std::array<int64_t, 1>& at) {
      for (int64_t i = 0; i < n; ++i) p[at[0] + i * step] = v;
    });
  });
}

void copy_into(const Tensor& dst, const Tensor& src) {
  const Tensor from = src.shape() == dst.shape() ? src : view::expand(src, dst.shape());
  visit(dst.dtype(), [&](auto to_zero) {
    visit(src.dtype(), [&](auto from_zero) { copy_typed<decltype(to_zero), decltype(from_zero)>(dst, from); });
  });
}

void add_into(const Tensor& dst, const Tensor& src) {
  GRIM_CHECK(dst.shape() == src.shape() && (dst.dtype() == src.dtype() || is_narrow(dst) || is_narrow(src)), shape, "add_into", "got {} {}, expected {} {}",
             src.shape(), name_of(src.dtype()), dst.shape(), name_of(dst.dtype()));
  if (is_narrow(dst) || is_narrow(src)) return add_narrow(dst, src);
  visit_float("add_into", dst.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = dst.data<T>();
    const T* const from = src.data<T>();
    if (dst.contiguous() && src.contiguous()) {
      device::parallel_for(dst.numel(), kGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) to[i] += from[i];
      });
      return;
    }
    const Walk<2> walk(dst.shape(), {dst.strides(), src.strides()});
    const int64_t step_to = walk.row_strides[0], step_from = walk.row_strides[1];
    walk.run([&](const std::array<int64_t, 2>& at) {
      for (int64_t i = 0; i < walk.row_length; ++i) to[at[0] + i * step_to] += from[at[1] + i * step_from];
    });
  });
}

Tensor copy(const Tensor& x) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  copy_into(y, x);
  return y;
}

Tensor contiguous(const Tensor& x) { return x.contiguous() ? x : copy(x); }

Tensor cast(const Tensor& x, Dtype dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = Tensor::empty(x.shape(), dtype);
  copy_into(y, x);
  return y;
}

}  // namespace grim
