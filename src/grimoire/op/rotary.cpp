#include "grimoire/op/rotary.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/rotary_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

Tensor turned(const Tensor& x_any, const Tensor& cos, const Tensor& sin, cpu::Turn turn) {
  if (is_narrow(x_any)) return cast(turned(cast(x_any, Dtype::f32), cos, sin, turn), Dtype::bf16);
  const Tensor x = x_any.shape().back() == 1 || x_any.strides().back() == 1 ? x_any : copy(x_any);
  const Tensor y = view::transpose(x.like({x.dim(0), x.dim(2), x.dim(1), x.dim(3)}), 1, 2);
  GRIM_RUN(rotary, turn, x, cos, sin, y);
  return y;
}

}  // namespace

// A turn is orthogonal: its transpose, which takes gradients back, is the turn the other way.
Tensor rotary(const Tensor& x, const Tensor& cos_any, const Tensor& sin_any) {
  GRIM_CHECK(x.ndim() == 4 && (cos_any.ndim() == 2 || (cos_any.ndim() == 3 && cos_any.dim(0) == x.dim(0))) && cos_any.dim(-2) == x.dim(2) &&
                 2 * cos_any.dim(-1) <= x.dim(3) && sin_any.shape() == cos_any.shape(), shape,
             "rotary", "got x {}, cos {}, sin {}, expected (B, H, T, D) and twice (T, R / 2) or (B, T, R / 2), R <= D", x.shape(), cos_any.shape(),
             sin_any.shape());
  GRIM_CHECK(is_float(x.dtype()) && cos_any.dtype() == computed_in(x.dtype()) && sin_any.dtype() == cos_any.dtype(), dtype, "rotary",
             "got {}, {}, {}, expected one dtype of f32 and f64, or x in bf16", name_of(x.dtype()), name_of(cos_any.dtype()), name_of(sin_any.dtype()));
  const Tensor cos = contiguous(cos_any), sin = contiguous(sin_any);
  return record(turned(x, cos, sin, cpu::Turn::forth), {x}, [=](const Tensor& dy, Grads dx) { dx.add(0, turned(dy, cos, sin, cpu::Turn::back)); });
}

}  // namespace grim
