// Choice between two tensors. Declared in op/pointwise.h.
#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/run.h"
#include "grimoire/op/select_cpu.h"

namespace grim {
namespace {

Tensor choose(const char* name, const Tensor& condition, const Tensor& a, const Tensor& b) {
  GRIM_CHECK(condition.dtype() == Dtype::boolean, dtype, name, "condition: got {}, expected bool", name_of(condition.dtype()));
  GRIM_CHECK(a.dtype() == b.dtype(), dtype, name, "got {} and {}, expected one dtype", name_of(a.dtype()),
             name_of(b.dtype()));
  const Shape shape = broadcast_shapes(name, condition.shape(), broadcast_shapes(name, a.shape(), b.shape()));
  const Tensor y = a.like(shape);
  GRIM_RUN(select, condition, a, b, y);
  return y;
}

}  // namespace

// da = dy where the condition holds, db = dy where it does not.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  if (is_narrow(a) != is_narrow(b) && is_float(a.dtype()) && is_float(b.dtype())) return where(condition, narrowed(a), narrowed(b));
  return record(choose("where", condition, a, b), {a, b},
                [condition, sa = a.shape(), sb = b.shape()](const Tensor& dy, Grads dx) {
                  const Tensor none = Tensor::zeros({}, dy.dtype());
                  if (dx.wants(0)) dx.add(0, sum_to(choose("where", condition, dy, none), sa));
                  if (dx.wants(1)) dx.add(1, sum_to(choose("where", condition, none, dy), sb));
                });
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  GRIM_CHECK(broadcast_shapes("masked_fill", x.shape(), mask.shape()) == x.shape(), shape, "masked_fill",
             "mask {} does not broadcast to {}", mask.shape(), x.shape());
  return record(choose("masked_fill", mask, Tensor::scalar(value, x.dtype()), x), {x},
                [mask](const Tensor& dy, Grads dx) {
                  dx.add(0, choose("masked_fill", mask, Tensor::zeros({}, dy.dtype()), dy));
                });
}

}  // namespace grim
