#include "grimoire/op/straight_through.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/run.h"
#include "grimoire/op/straight_through_cpu.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

// y = step(x), and dx = dy in its place.
Tensor straight_through(const Tensor& y, const Tensor& x) {
  return record(y, {x}, [](const Tensor& dy, Grads dx) { dx.add(0, dy); });
}

}  // namespace

Tensor round_ste(const Tensor& x) {
  if (is_narrow(x)) return narrowed(round_ste(widened(x)));
  check_float("round_ste", x.dtype());
  const Tensor from = contiguous(x), y = from.like();
  GRIM_RUN(round, from, y);
  return straight_through(y, x);
}

Tensor sign_ste(const Tensor& x, SignGradient gradient) {
  if (is_narrow(x)) return narrowed(sign_ste(widened(x), gradient));
  check_float("sign_ste", x.dtype());
  const Tensor from = contiguous(x), y = from.like();
  GRIM_RUN(sign, from, y);
  if (gradient == SignGradient::identity) return straight_through(y, x);
  return record(y, {x}, [x = saved(x)](const Tensor& dy, Grads dx) { dx.add(0, where(le(abs(x), 1), dy, Tensor::zeros({}, dy.dtype()))); });
}

Tensor argmax_one_hot_ste(const Tensor& p, int axis_any) {
  if (is_narrow(p)) return narrowed(argmax_one_hot_ste(widened(p), axis_any));
  const int axis = normalize_axis("argmax_one_hot_ste", axis_any, p.ndim());
  visit_float("argmax_one_hot_ste", p.dtype(), [](auto) {});
  const Tensor last = one_hot(argmax(saved(p), axis), p.dim(axis), p.dtype());  // K at the end
  Tensor y = last;
  for (int i = last.ndim() - 1; i > axis; --i) y = view::transpose(y, i - 1, i);
  return straight_through(contiguous(y), p);
}

}  // namespace grim
