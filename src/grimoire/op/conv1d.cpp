#include "grimoire/op/conv1d.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/conv1d_cpu.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

using cpu::Conv1dSizes;

Conv1dSizes sizes_of(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& o) {
  GRIM_CHECK(x.ndim() == 3 && weight.ndim() == 3 && x.dim(1) == weight.dim(1) && weight.dim(2) > 0, shape, "conv1d",
             "got x {} and weight {}, expected (B, C_in, T) and (C_out, C_in, K)", x.shape(), weight.shape());
  GRIM_CHECK(x.dtype() == weight.dtype(), dtype, "conv1d", "got x {} and weight {}, expected one dtype",
             name_of(x.dtype()), name_of(weight.dtype()));
  GRIM_CHECK(!bias.defined() || (bias.shape() == Shape{weight.dim(0)} && bias.dtype() == x.dtype()), shape, "conv1d",
             "bias: got {} {}, expected {} ({},)", name_of(bias.dtype()), bias.shape(), name_of(x.dtype()),
             weight.dim(0));
  GRIM_CHECK(o.stride > 0 && o.dilation > 0, argument, "conv1d", "got stride {} and dilation {}, expected at least 1",
             o.stride, o.dilation);
  const int64_t reach = (weight.dim(2) - 1) * o.dilation, zeros = o.padding == Padding::none ? 0 : reach;
  const int64_t room = x.dim(2) + zeros - reach;
  GRIM_CHECK(room > 0, shape, "conv1d", "x {} is shorter than the {} places that the kernel reaches over", x.shape(),
             reach + 1);
  return {x.dim(0), x.dim(1), x.dim(2), weight.dim(0), weight.dim(2), (room - 1) / o.stride + 1, o.stride, o.dilation,
          o.padding == Padding::same ? reach / 2 : zeros};
}

}  // namespace

// With X the columns of x, y = W X + b:  dW = dy X', dX = W' dy, db = dy summed over batch and time; dx gathers from dX
// what each of its elements was copied to.
Tensor conv1d(const Tensor& x_any, const Tensor& weight_any, const Tensor& bias_any, const Conv1dOptions& options) {
  if (is_narrow(x_any)) return narrowed(conv1d(widened(x_any), widened(weight_any), bias_any, options));
  if (is_narrow(weight_any)) return conv1d(x_any, widened(weight_any), bias_any, options);
  const Conv1dSizes p = sizes_of(x_any, weight_any, bias_any, options);
  check_float("conv1d", x_any.dtype());
  const Tensor x = saved(contiguous(x_any)), weight = saved(contiguous(weight_any));
  const Tensor bias = bias_any.defined() ? contiguous(bias_any) : Tensor();
  const Tensor y = x.like({p.B, p.C_out, p.T_out});
  GRIM_RUN(conv1d, p, x, weight, bias, y);
  return record(y, {x_any, weight_any, bias_any}, [=](const Tensor& dy_any, Grads grads) {
    const Tensor dy = contiguous(dy_any);
    grads.scatter(0, [&](const Tensor& dx) { GRIM_RUN(add_conv1d_input_gradient, p, weight, dy, dx); });
    grads.scatter(1, [&](const Tensor& dweight) { GRIM_RUN(add_conv1d_weight_gradient, p, x, dy, dweight); });
    grads.scatter(2, [&](const Tensor& dbias) { GRIM_RUN(add_conv1d_bias_gradient, p, dy, dbias); });
  });
}

}  // namespace grim
