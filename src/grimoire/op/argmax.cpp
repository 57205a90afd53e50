#include "grimoire/op/argmax.h"

#include "grimoire/op/argmax_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

using cpu::Extreme;

Tensor places(const char* name, Extreme which, const Tensor& x_any, int axis, KeepDims keep) {
  axis = normalize_axis(name, axis, x_any.ndim());
  GRIM_CHECK(x_any.shape()[axis] > 0 || x_any.numel() > 0, shape, name, "axis {} of {} is empty", axis, x_any.shape());
  Shape shape = x_any.shape();
  shape[axis] = 1;
  if (keep == KeepDims::no) shape.erase(axis);
  const Tensor y = x_any.like(shape, Dtype::i64);
  const Tensor typed = cast(x_any, is_float(x_any.dtype()) ? computed_in(x_any.dtype()) : Dtype::i64);
  const Tensor x = contiguous(view::transpose(typed, axis, -1));
  // With the axis last, the other axes hold their order but for the one that changed places with it.
  const Tensor found = x.like(view::select(x, -1, 0).shape(), Dtype::i64);
  GRIM_RUN(first_extremes, which, x, found);
  const Tensor back = view::transpose(view::unsqueeze(found, -1), axis, -1);
  copy_into(y, keep == KeepDims::yes ? back : view::squeeze(back, axis));
  return y;
}

}  // namespace

Tensor argmax(const Tensor& x, int axis, KeepDims keep) { return places("argmax", Extreme::largest, x, axis, keep); }
Tensor argmin(const Tensor& x, int axis, KeepDims keep) { return places("argmin", Extreme::smallest, x, axis, keep); }

}  // namespace grim
