#include "grimoire/op/norm.h"

#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/norm_cpu.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/run.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

void check_affine(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t C) {
  for (const Tensor& t : {weight, bias})
    GRIM_CHECK(!t.defined() || (t.shape() == Shape{C} && t.dtype() == computed_in(x.dtype())), shape, op,
               "weight or bias: got {} {}, expected {} ({},)", name_of(t.dtype()), t.shape(), name_of(computed_in(x.dtype())), C);
}

Tensor dense_or_none(const Tensor& t) { return t.defined() ? saved(contiguous(t)) : Tensor(); }

Tensor row_norm(const char* op, cpu::Centre centre, const Tensor& x_any, const Tensor& weight_any, const Tensor& bias_any, double eps) {
  GRIM_CHECK(x_any.ndim() >= 1, shape, op, "got {}, expected (..., C)", x_any.shape());
  const int64_t C = x_any.shape().back(), N = C ? x_any.numel() / C : 0;
  check_affine(op, x_any, weight_any, bias_any, C);
  GRIM_CHECK(is_float(x_any.dtype()), dtype, op, "dtype not supported: got {}, expected f32, f64 or bf16", name_of(x_any.dtype()));
  const Tensor x = saved(contiguous(x_any)), weight = dense_or_none(weight_any), bias = dense_or_none(bias_any);
  const Tensor y = x.like(), mean = x.like({N}, computed_in(x.dtype())), rstd = mean.like();
  GRIM_RUN(row_norm, centre, eps, x, weight, bias, y, mean, rstd);
  return record(y, {x_any, weight_any, bias_any}, [=](const Tensor& dy_any, Grads grads) {
    const Tensor dy = contiguous(dy_any);
    grads.write_first<3>([&](const auto& d) { GRIM_RUN(row_norm_backward, centre, x, weight, mean, rstd, dy, d[0], d[1], d[2]); });
  });
}

// (N, C, L) <-> (N, L, C); 2-D stays.
Tensor channels_last(const Tensor& x, Channels axis) {
  return axis == Channels::second && x.ndim() == 3 ? transpose(x, 1, 2) : x;
}

void check_batch(const Tensor& x, const Tensor& running_mean, const Tensor& running_var) {
  GRIM_CHECK(x.ndim() == 2 || x.ndim() == 3, shape, "batch_norm", "got {}, expected 2 or 3 dimensions", x.shape());
  check_affine("batch_norm", x, running_mean, running_var, x.shape().back());
}

// x (rows, C), dense channels last.
Tensor batch_norm_columns(const Tensor& x_any, const Tensor& weight_any, const Tensor& bias_any, const Tensor& running_mean,
                          const Tensor& running_var, const BatchNormOptions& o) {
  const int64_t C = x_any.shape().back(), N = x_any.numel() / std::max<int64_t>(C, 1);
  check_affine("batch_norm", x_any, weight_any, bias_any, C);
  GRIM_CHECK(N > 1, shape, "batch_norm", "training needs more than one value in each channel: got {}", x_any.shape());
  check_float("batch_norm", x_any.dtype());
  const double divisor = static_cast<double>(o.variance == BatchNormVariance::unbiased ? N - 1 : N);
  const Tensor x = saved(contiguous(x_any)), weight = dense_or_none(weight_any), bias = dense_or_none(bias_any);
  const Tensor y = x.like(), mean = x.like({C}), rstd = x.like({C});
  GRIM_RUN(column_norm, divisor, o.eps, x, weight, bias, y, mean, rstd);
  if (running_mean.defined() || running_var.defined()) {
    std::vector<double> var = rstd.to_vector<double>();
    for (double& v : var) v = (1 / (v * v) - o.eps) * divisor / static_cast<double>(N - 1);
    if (running_mean.defined()) GRIM_RUN(update_running, running_mean, mean.to_vector<double>(), o.momentum);
    if (running_var.defined()) GRIM_RUN(update_running, running_var, var, o.momentum);
  }
  return record(y, {x_any, weight_any, bias_any}, [=](const Tensor& dy_any, Grads grads) {
    const Tensor dy = contiguous(dy_any);
    const auto room = [&](int input, const Shape& shape) { return grads.wants(input) ? x.like(shape) : Tensor(); };
    const Tensor dx = room(0, x.shape()), dw = room(1, {C}), db = room(2, {C});
    GRIM_RUN(column_norm_backward, divisor, x, weight, mean, rstd, dy, dx, dw, db);
    if (dx.defined()) grads.add(0, dx);
    if (dw.defined()) grads.add(1, dw);
    if (db.defined()) grads.add(2, db);
  });
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  return row_norm("layer_norm", cpu::Centre::yes, x, weight, bias, eps);
}

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) {
  return row_norm("rms_norm", cpu::Centre::no, x, weight, {}, eps);
}

Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps) {
  GRIM_CHECK(x.ndim() >= 2 && groups > 0 && x.dim(1) % groups == 0, shape, "group_norm",
             "got {} for {} groups, expected (N, C, ...) with C a multiple of groups", x.shape(), groups);
  const int64_t C = x.dim(1);
  check_affine("group_norm", x, weight, bias, C);
  Tensor y = reshape(layer_norm(reshape(x, {x.dim(0) * groups, x.numel() / std::max<int64_t>(1, x.dim(0) * groups)}), {}, {}, eps), x.shape());
  Shape channel = Shape::of_rank(x.ndim() - 1, 1);  // (C, 1, ...)
  channel[0] = C;
  if (weight.defined()) y = y * reshape(weight, channel);
  if (bias.defined()) y = y + reshape(bias, channel);
  return y;
}

Tensor instance_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  GRIM_CHECK(x.ndim() >= 3, shape, "instance_norm", "got {}, expected (N, C, ...) with places to average over", x.shape());
  return group_norm(x, x.dim(1), weight, bias, eps);
}

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_var, const BatchNormOptions& options) {
  const Tensor last = channels_last(x, options.channels);
  check_batch(last, running_mean, running_var);
  if (is_narrow(x)) return narrowed(batch_norm(widened(x), weight, bias, running_mean, running_var, options));
  return channels_last(batch_norm_columns(last, weight, bias, running_mean, running_var, options), options.channels);
}

Tensor batch_norm_eval(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                       const Tensor& running_var, const BatchNormOptions& options) {
  const Tensor last = channels_last(x, options.channels);
  check_batch(last, running_mean, running_var);
  Tensor gain = reciprocal(sqrt(running_var + options.eps));
  if (weight.defined()) gain = gain * weight;
  Tensor y = (last - running_mean) * gain;
  if (bias.defined()) y = y + bias;
  return channels_last(y, options.channels);
}

}  // namespace grim
