#include "grimoire/op/linear.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/linear_cpu.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

bool needs_input(Activation a) {
  return a == Activation::gelu || a == Activation::gelu_tanh || a == Activation::silu;
}

void check_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  GRIM_CHECK(weight.ndim() == 2 && x.ndim() >= 1 && x.dim(-1) == weight.dim(0), shape, "linear",
             "got x {} and weight {}, expected (..., C_in) and (C_in, C_out)", x.shape(), weight.shape());
  GRIM_CHECK(is_float(x.dtype()) && (x.dtype() == weight.dtype() || (is_narrow(weight) && x.dtype() == Dtype::f32)), dtype, "linear",
             "got x {} and weight {}, expected one dtype, or f32 and bf16", name_of(x.dtype()), name_of(weight.dtype()));
  if (!bias.defined()) return;
  GRIM_CHECK(bias.shape() == Shape{weight.dim(1)} && bias.dtype() == computed_in(x.dtype()), shape, "linear",
             "bias: got {} {}, expected {} ({},)", name_of(bias.dtype()), bias.shape(), name_of(computed_in(x.dtype())), weight.dim(1));
}

// Dense, or a transpose of something dense: what the product reads in place.
Tensor matrix(const Tensor& w) { return w.contiguous() || view::transpose(w, 0, 1).contiguous() ? w : copy(w); }

}  // namespace

// z = x W + b, y = act(z):  dz = dy act'(z),  dx = dz W',  dW = x' dz,  db = column sums of dz.
Tensor linear(const Tensor& x_any, const Tensor& weight_any, const Tensor& bias, Activation activation) {
  check_linear(x_any, weight_any, bias);
  const Tensor x = view::try_reshape(saved(contiguous(x_any)), {x_any.numel() / std::max<int64_t>(1, x_any.dim(-1)), x_any.dim(-1)});
  const Tensor w = saved(matrix(weight_any));
  const Tensor y = x.like({x.dim(0), w.dim(1)});
  const bool recorded = grad_enabled() && (tracked(x_any) || tracked(weight_any) || tracked(bias));
  const Tensor pre = recorded && needs_input(activation) ? y.like() : Tensor();
  const Tensor dense_bias = bias.defined() ? saved(contiguous(bias)) : Tensor();
  if (!recorded && !is_narrow(x)) GRIM_RUN(linear_evaluated, activation, x, w, dense_bias, y);
  else GRIM_RUN(linear, activation, x, w, dense_bias, y, pre);
  Shape shape = x_any.shape();
  shape[shape.ndim() - 1] = w.dim(1);
  const Tensor kept = activation == Activation::none ? Tensor() : pre.defined() ? pre : y;
  return record(view::try_reshape(y, shape), {x_any, weight_any, bias}, [x, w, kept, activation](const Tensor& dy_any, Grads dx) {
    const Tensor dy = view::try_reshape(contiguous(dy_any), {x.dim(0), w.dim(1)});
    const Tensor dz = kept.defined() ? dy.like() : dy;
    if (dx.wants(2)) {
      dx.write(2, [&](const Tensor& db, float beta) { GRIM_RUN(bias_activation_backward, activation, dy, kept, dz, db, beta); });
    } else if (kept.defined()) {
      GRIM_RUN(bias_activation_backward, activation, dy, kept, dz, Tensor(), 0.0f);
    }
    dx.write(0, [&](const Tensor& d, float beta) { GRIM_RUN(product, dz, view::transpose(w, 0, 1), view::try_reshape(d, x.shape()), beta); });
    if (is_narrow(x) && dx.wants(1) && !w.contiguous()) {  // as W lies: dW' = dz' x
      const Tensor turned = x.like({w.dim(1), w.dim(0)}, Dtype::f32);
      GRIM_RUN(product, view::transpose(dz, 0, 1), x, turned, 0.0f);
      return dx.add(1, view::transpose(turned, 0, 1));
    }
    dx.write_wide(1, [&](const Tensor& dw, float beta) { GRIM_RUN(product, view::transpose(x, 0, 1), dz, dw, beta); });
  });
}

Tensor activate(const Tensor& z, Activation activation) {
  switch (activation) {
    case Activation::none: return z;
    case Activation::relu: return relu(z);
    case Activation::gelu: return gelu(z);
    case Activation::gelu_tanh: return gelu_tanh(z);
    case Activation::tanh: return tanh(z);
    case Activation::sigmoid: return sigmoid(z);
    case Activation::silu: return silu(z);
  }
  return z;
}

Tensor composed_linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  check_linear(x, weight, bias);
  Tensor y = matmul(x.ndim() == 1 ? view::unsqueeze(x, 0) : x, x.dtype() == weight.dtype() ? weight : widened(weight));
  if (bias.defined()) y = y + bias;
  return activate(y, activation);
}

}  // namespace grim
