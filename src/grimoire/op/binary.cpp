#include "grimoire/autograd/tape.h"
#include "grimoire/op/binary_cpu.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

using cpu::BinaryOp, cpu::NumberAt;

Tensor apply(const char* name, BinaryOp op, const Tensor& a, const Tensor& b) {
  GRIM_CHECK(a.dtype() == b.dtype() || (is_narrow(a) && b.dtype() == Dtype::f32) || (is_narrow(b) && a.dtype() == Dtype::f32), dtype, name,
             "got {} and {}, expected one dtype, or bf16 and f32", name_of(a.dtype()), name_of(b.dtype()));
  const Tensor y = a.like(broadcast_shapes(name, a.shape(), b.shape()), is_narrow(b) ? Dtype::bf16 : a.dtype());
  GRIM_RUN(binary, op, a, b, y);
  return y;
}

// f(x, number), or f(number, x).
Tensor apply(BinaryOp op, const Tensor& x_any, double number, NumberAt side) {
  const Tensor x = contiguous(x_any), y = x.like();
  GRIM_RUN(binary_number, op, x, number, side, y);
  return y;
}

}  // namespace

// y = a + b: da = dy, db = dy, each summed over the axes along which it was repeated.
Tensor add(const Tensor& a, const Tensor& b) {
  return record(apply("add", BinaryOp::add, a, b), {a, b},
                [sa = a.shape(), sb = b.shape()](const Tensor& dy, Grads dx) {
                  if (dx.wants(0)) dx.add(0, sum_to(dy, sa));
                  if (dx.wants(1)) dx.add(1, sum_to(dy, sb));
                });
}

Tensor sub(const Tensor& a, const Tensor& b) {
  return record(apply("sub", BinaryOp::sub, a, b), {a, b},
                [sa = a.shape(), sb = b.shape()](const Tensor& dy, Grads dx) {
                  if (dx.wants(0)) dx.add(0, sum_to(dy, sa));
                  if (dx.wants(1)) dx.add(1, neg(sum_to(dy, sb)));
                });
}

// y = a b: da = dy b, db = dy a.
Tensor mul(const Tensor& a, const Tensor& b) {
  return record(apply("mul", BinaryOp::mul, a, b), {a, b},
                [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
                  if (dx.wants(0)) dx.add(0, sum_to(dy * b, a.shape()));
                  if (dx.wants(1)) dx.add(1, sum_to(dy * a, b.shape()));
                });
}

// y = a / b: da = dy / b, db = -dy a / b^2 = -da y.
Tensor div(const Tensor& a, const Tensor& b) {
  const Tensor y = apply("div", BinaryOp::div, a, b);
  return record(y, {a, b}, [y = saved(y), b = saved(b), sa = a.shape()](const Tensor& dy, Grads dx) {
    const Tensor da = dy / b;
    if (dx.wants(0)) dx.add(0, sum_to(da, sa));
    if (dx.wants(1)) dx.add(1, neg(sum_to(da * y, b.shape())));
  });
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  return record(apply("maximum", BinaryOp::maximum, a, b), {a, b},
                [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
                  const Tensor da = dy * apply("maximum", BinaryOp::above, a, b);
                  if (dx.wants(0)) dx.add(0, sum_to(da, a.shape()));
                  if (dx.wants(1)) dx.add(1, sum_to(dy - da, b.shape()));
                });
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  return record(apply("minimum", BinaryOp::minimum, a, b), {a, b},
                [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
                  const Tensor db = dy * apply("minimum", BinaryOp::above, a, b);
                  if (dx.wants(0)) dx.add(0, sum_to(dy - db, a.shape()));
                  if (dx.wants(1)) dx.add(1, sum_to(db, b.shape()));
                });
}

Tensor add(const Tensor& a, double b) {
  return record(apply(BinaryOp::add, a, b, NumberAt::right), {a},
                [](const Tensor& dy, Grads dx) { dx.add(0, dy); });
}
Tensor sub(const Tensor& a, double b) {
  return record(apply(BinaryOp::sub, a, b, NumberAt::right), {a},
                [](const Tensor& dy, Grads dx) { dx.add(0, dy); });
}
Tensor sub(double a, const Tensor& b) {
  return record(apply(BinaryOp::sub, b, a, NumberAt::left), {b},
                [](const Tensor& dy, Grads dx) { dx.add(0, neg(dy)); });
}
Tensor mul(const Tensor& a, double b) {
  return record(apply(BinaryOp::mul, a, b, NumberAt::right), {a},
                [b](const Tensor& dy, Grads dx) { dx.add(0, dy * b); });
}
Tensor div(const Tensor& a, double b) {
  return record(apply(BinaryOp::div, a, b, NumberAt::right), {a},
                [b](const Tensor& dy, Grads dx) { dx.add(0, dy / b); });
}
// y = a / b: db = -dy a / b^2 = -dy y / b.
Tensor div(double a, const Tensor& b) {
  const Tensor y = apply(BinaryOp::div, b, a, NumberAt::left);
  return record(y, {b}, [y = saved(y), b = saved(b)](const Tensor& dy, Grads dx) { dx.add(0, neg(dy * y / b)); });
}

}  // namespace grim
