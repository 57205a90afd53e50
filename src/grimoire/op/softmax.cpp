#include "grimoire/op/softmax.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/run.h"
#include "grimoire/op/softmax_cpu.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

using cpu::SoftmaxOp;

// y_i = e^x_i / s, s = sum_j e^x_j:   dy_j / dx_i = y_j ([i = j] - y_i),   so dx_i = y_i (dy_i - sum_j dy_j y_j).
// y_i = x_i - log s:                  dy_j / dx_i = [i = j] - e^y_i,       so dx_i = dy_i - e^y_i sum_j dy_j.
Tensor apply(const char* name, SoftmaxOp op, const Tensor& x, int axis) {
  axis = normalize_axis(name, axis, x.ndim());
  if (is_narrow(x)) return narrowed(apply(name, op, widened(x), axis));
  check_float(name, x.dtype());
  if (axis == x.ndim() - 1) {
    const Tensor dense = contiguous(x), y = dense.like();
    GRIM_RUN(softmax, op, dense, y);
    return record(y, {x}, [op, y = saved(y)](const Tensor& dy_any, Grads dx) {
      const Tensor dy = contiguous(dy_any);
      dx.write(0, [&](const Tensor& dx0, float beta) { GRIM_RUN(softmax_backward, op, y, dy, dx0, beta); });
    });
  }
  const auto turned = [axis](const Tensor& t) { return contiguous(view::transpose(t, axis, -1)); };
  const Tensor x_rows = turned(x), rows = x_rows.like();
  GRIM_RUN(softmax, op, x_rows, rows);
  return record(view::transpose(rows, axis, -1), {x}, [op, axis, turned, rows](const Tensor& dy, Grads dx) {
    const Tensor d_rows = rows.like();
    GRIM_RUN(softmax_backward, op, rows, turned(dy), d_rows, 0.0f);
    dx.add(0, view::transpose(d_rows, axis, -1));
  });
}

}  // namespace

Tensor softmax(const Tensor& x, int axis) { return apply("softmax", SoftmaxOp::softmax, x, axis); }
Tensor log_softmax(const Tensor& x, int axis) { return apply("log_softmax", SoftmaxOp::log_softmax, x, axis); }

}  // namespace grim
