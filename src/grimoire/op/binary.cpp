#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/broadcast.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/pointwise_kernel.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/wide_block.h"

namespace grim {
namespace {

using cpu::Binary;
using cpu::kPointwiseGrain;

void same_dtype(const char* name, const Tensor& a, const Tensor& b) {
  GRIM_CHECK(a.dtype() == b.dtype() || (is_narrow(a) && b.dtype() == Dtype::f32) || (is_narrow(b) && a.dtype() == Dtype::f32), dtype, name,
             "got {} and {}, expected one dtype, or bf16 and f32", name_of(a.dtype()), name_of(b.dtype()));
}

// f(T{}, kernel) for the dtype at hand.
template <class F> void visit_kernel(const char* name, const Binary& op, Dtype dtype, F&& f) {
  visit(dtype, [&](auto zero) {
    using T = decltype(zero);
    GRIM_CHECK(op.of<T>() != nullptr, dtype, name, "dtype not supported: got {}", name_of(dtype));
    if constexpr (Binary::takes<T>) f(zero, op.of<T>());
  });
}

// One dense run of n elements, steps 0 or 1.
template <class T>
void run_dense(cpu::BinaryKernel<T> kernel, const T* a, int64_t step_a, const T* b, int64_t step_b, T* y, int64_t n) {
  device::parallel_for(n, kPointwiseGrain, [&](int64_t begin, int64_t end) {
    kernel(a + begin * step_a, step_a, b + begin * step_b, step_b, y + begin, end - begin);
  });
}

template <class T> void run_broadcast(cpu::BinaryKernel<T> kernel, const Tensor& a, const Tensor& b, const Tensor& y) {
  const T *const from_a = a.data<T>(), *const from_b = b.data<T>();
  T* const to = y.data<T>();
  walk_rows<3>(y.shape(), {broadcast_strides(a, y.shape()), broadcast_strides(b, y.shape()), y.strides()},
               [&](const auto& at, const auto& step, int64_t n) {
                 kernel(from_a + at[0], step[0], from_b + at[1], step[1], to + at[2], n);
               });
}

// What bf16 takes part in is computed in f32 and rounded to bf16.
Tensor apply_narrow(const Binary& op, const Tensor& a, const Tensor& b, const Shape& shape) {
  const Tensor y = a.like(shape, Dtype::bf16);
  const bool one_by_one = a.shape() == b.shape() && a.contiguous() && b.contiguous();
  const bool repeats = a.shape() == shape && a.contiguous() && b.contiguous() && b.ndim() <= 1 && b.numel() > 0 && b.numel() <= kWideBlock;  // along rows
  if (!one_by_one && !repeats) {
    const Tensor wide = y.like(shape, Dtype::f32);
    run_broadcast<float>(op.of<float>(), cast(a, Dtype::f32), cast(b, Dtype::f32), wide);
    copy_into(y, wide);
    return y;
  }
  if (one_by_one) {
    for_wide_blocks(y.numel(), [&](int64_t begin, int64_t n) {
      float from_a[kWideBlock], from_b[kWideBlock], room[kWideBlock];
      op.of<float>()(wide_block(a, begin, n, from_a), 1, wide_block(b, begin, n, from_b), 1, room, n);
      put_block(y, begin, n, room);
    });
    return y;
  }
  const int64_t C = b.numel();
  const Tensor row = contiguous(cast(b, Dtype::f32));
  device::parallel_for(y.numel() / C, std::max<int64_t>(1, kPointwiseGrain / C), [&](int64_t begin, int64_t end) {
    float from_a[kWideBlock], room[kWideBlock];
    for (int64_t r = begin; r < end; ++r) {
      op.of<float>()(wide_block(a, r * C, C, from_a), 1, row.data<float>(), 1, room, C);
      put_block(y, r * C, C, room);
    }
  });
  return y;
}

Tensor apply(const char* name, const Binary& op, const Tensor& a, const Tensor& b) {
  same_dtype(name, a, b);
  const bool aligned = a.shape() == b.shape();
  if (is_narrow(a) || is_narrow(b)) return apply_narrow(op, a, b, aligned ? a.shape() : broadcast_shapes(name, a.shape(), b.shape()));
  const Tensor y = a.like(aligned ? a.shape() : broadcast_shapes(name, a.shape(), b.shape()));
  visit_kernel(name, op, a.dtype(), [&](auto zero, auto kernel) {
    using T = decltype(zero);
    if (aligned && a.contiguous() && b.contiguous())
      run_dense<T>(kernel, a.data<T>(), 1, b.data<T>(), 1, y.data<T>(), y.numel());
    else
      run_broadcast<T>(kernel, a, b, y);
  });
  return y;
}

enum class Side { left, right };
// f(x, s), or f(s, x) when the number stands at the left.
Tensor apply(const char* name, const Binary& op, const Tensor& x_any, double number, Side side) {
  const Tensor x = contiguous(x_any);
  const Tensor y = x.like();
  if (is_narrow(x)) {
    const auto s = static_cast<float>(number);
    for_wide_blocks(x.numel(), [&](int64_t begin, int64_t n) {
      float room[kWideBlock];
      const float* const from = wide_block(x, begin, n, room);
      if (side == Side::right) op.of<float>()(from, 1, &s, 0, room, n);
      else op.of<float>()(&s, 0, from, 1, room, n);
      put_block(y, begin, n, room);
    });
    return y;
  }
  visit_kernel(name, op, x.dtype(), [&](auto zero, auto kernel) {
    using T = decltype(zero);
    const T s = static_cast<T>(number);
    GRIM_CHECK(is_float(x.dtype()) || static_cast<double>(s) == number, argument, name, "got {} beside a tensor of {}",
               number, name_of(x.dtype()));
    if (side == Side::right) run_dense<T>(kernel, x.data<T>(), 1, &s, 0, y.data<T>(), x.numel());
    else run_dense<T>(kernel, &s, 0, x.data<T>(), 1, y.data<T>(), x.numel());
  });
  return y;
}

}  // namespace

Shape broadcast_strides(const Tensor& x, const Shape& shape) {
  Shape strides = Shape::of_rank(shape.ndim());
  const int lead = shape.ndim() - x.ndim();
  for (int i = 0; i < x.ndim(); ++i) strides[lead + i] = x.shape()[i] == 1 ? 0 : x.strides()[i];
  return strides;
}

// y = a + b: da = dy, db = dy, each summed over the axes along which it was repeated.
Tensor add(const Tensor& a, const Tensor& b) {
  return record(apply("add", cpu::binary().add, a, b), {a, b},
                [sa = a.shape(), sb = b.shape()](const Tensor& dy, Grads dx) {
                  if (dx.wants(0)) dx.add(0, sum_to(dy, sa));
                  if (dx.wants(1)) dx.add(1, sum_to(dy, sb));
                });
}

Tensor sub(const Tensor& a, const Tensor& b) {
  return record(apply("sub", cpu::binary().sub, a, b), {a, b},
                [sa = a.shape(), sb = b.shape()](const Tensor& dy, Grads dx) {
                  if (dx.wants(0)) dx.add(0, sum_to(dy, sa));
                  if (dx.wants(1)) dx.add(1, neg(sum_to(dy, sb)));
                });
}

// y = a b: da = dy b, db = dy a.
Tensor mul(const Tensor& a, const Tensor& b) {
  return record(apply("mul", cpu::binary().mul, a, b), {a, b},
                [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
                  if (dx.wants(0)) dx.add(0, sum_to(dy * b, a.shape()));
                  if (dx.wants(1)) dx.add(1, sum_to(dy * a, b.shape()));
                });
}

// y = a / b: da = dy / b, db = -dy a / b^2 = -da y.
Tensor div(const Tensor& a, const Tensor& b) {
  const Tensor y = apply("div", cpu::binary().div, a, b);
  return record(y, {a, b}, [y = saved(y), b = saved(b), sa = a.shape()](const Tensor& dy, Grads dx) {
    const Tensor da = dy / b;
    if (dx.wants(0)) dx.add(0, sum_to(da, sa));
    if (dx.wants(1)) dx.add(1, neg(sum_to(da * y, b.shape())));
  });
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  return record(apply("maximum", cpu::binary().maximum, a, b), {a, b},
                [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
                  const Tensor da = dy * apply("maximum", cpu::binary().above, a, b);
                  if (dx.wants(0)) dx.add(0, sum_to(da, a.shape()));
                  if (dx.wants(1)) dx.add(1, sum_to(dy - da, b.shape()));
                });
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  return record(apply("minimum", cpu::binary().minimum, a, b), {a, b},
                [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
                  const Tensor db = dy * apply("minimum", cpu::binary().above, a, b);
                  if (dx.wants(0)) dx.add(0, sum_to(dy - db, a.shape()));
                  if (dx.wants(1)) dx.add(1, sum_to(db, b.shape()));
                });
}

Tensor add(const Tensor& a, double b) {
  return record(apply("add", cpu::binary().add, a, b, Side::right), {a},
                [](const Tensor& dy, Grads dx) { dx.add(0, dy); });
}
Tensor sub(const Tensor& a, double b) {
  return record(apply("sub", cpu::binary().sub, a, b, Side::right), {a},
                [](const Tensor& dy, Grads dx) { dx.add(0, dy); });
}
Tensor sub(double a, const Tensor& b) {
  return record(apply("sub", cpu::binary().sub, b, a, Side::left), {b},
                [](const Tensor& dy, Grads dx) { dx.add(0, neg(dy)); });
}
Tensor mul(const Tensor& a, double b) {
  return record(apply("mul", cpu::binary().mul, a, b, Side::right), {a},
                [b](const Tensor& dy, Grads dx) { dx.add(0, dy * b); });
}
Tensor div(const Tensor& a, double b) {
  return record(apply("div", cpu::binary().div, a, b, Side::right), {a},
                [b](const Tensor& dy, Grads dx) { dx.add(0, dy / b); });
}
// y = a / b: db = -dy a / b^2 = -dy y / b.
Tensor div(double a, const Tensor& b) {
  const Tensor y = apply("div", cpu::binary().div, b, a, Side::left);
  return record(y, {b}, [y = saved(y), b = saved(b)](const Tensor& dy, Grads dx) { dx.add(0, neg(dy * y / b)); });
}

}  // namespace grim
