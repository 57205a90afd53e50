#include "grimoire/op/linear.h"

#include <algorithm>
#include <span>
#include <vector>

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

// x (..., C_in) as rows.
Tensor rows_of(const Tensor& x) {
  return view::try_reshape(saved(contiguous(x)), {x.numel() / std::max<int64_t>(1, x.dim(-1)), x.dim(-1)});
}
Shape shape_of(const Tensor& x, const Tensor& weight) {
  Shape shape = x.shape();
  shape[shape.ndim() - 1] = weight.dim(1);
  return shape;
}
Tensor dense_bias(const Affine& layer) { return layer.bias.defined() ? saved(contiguous(layer.bias)) : Tensor(); }

bool is_recorded(const Tensor& x, std::span<const Affine> layers) {
  return grad_enabled() && (tracked(x) || std::ranges::any_of(layers, [](const Affine& a) { return tracked(a.weight) || tracked(a.bias); }));
}

// What evaluates them, checked; the last times what the first gives where it is gated. Empty where ops have to go one by one.
std::vector<cpu::EvaluatedLayer> evaluated(const Tensor& x, std::span<const Affine> layers, bool gated) {
  for (const Affine& layer : layers) check_linear(x, layer.weight, layer.bias);
  std::vector<cpu::EvaluatedLayer> all;
  const bool alike = std::ranges::all_of(layers, [&](const Affine& a) { return a.weight.dtype() == layers[0].weight.dtype(); });
  if (layers.empty() || is_narrow(x) || !alike || is_recorded(x, layers)) return all;
  const Tensor rows = rows_of(x);
  for (const Affine& layer : layers)
    all.push_back({layer.activation, saved(matrix(layer.weight)), dense_bias(layer), rows.like({rows.dim(0), layer.weight.dim(1)})});
  if (gated) all.back().times = all.front().y;
  GRIM_RUN(linear_evaluated, rows, std::span<const cpu::EvaluatedLayer>(all));
  return all;
}

}  // namespace

std::vector<Tensor> linear(const Tensor& x, std::span<const Affine> layers) {
  std::vector<Tensor> y;
  for (const cpu::EvaluatedLayer& layer : evaluated(x, layers, false)) y.push_back(view::try_reshape(layer.y, shape_of(x, layer.w)));
  if (y.empty())
    for (const Affine& layer : layers) y.push_back(linear(x, layer.weight, layer.bias, layer.activation));
  return y;
}

Tensor gated_linear(const Tensor& x, const Affine& gate, const Affine& layer) {
  GRIM_CHECK(gate.weight.shape() == layer.weight.shape(), shape, "linear", "a gate and what it lets through: got weights {} and {}, expected one shape",
             gate.weight.shape(), layer.weight.shape());
  const Affine both[] = {gate, layer};
  const std::vector<cpu::EvaluatedLayer> all = evaluated(x, both, true);
  if (!all.empty()) return view::try_reshape(all[1].y, shape_of(x, all[1].w));
  const Tensor y = linear(x, layer.weight, layer.bias, layer.activation);
  return linear(x, gate.weight, gate.bias, gate.activation) * y;
}

// z = x W + b, y = act(z):  dz = dy act'(z),  dx = dz W',  dW = x' dz,  db = column sums of dz.
Tensor linear(const Tensor& x_any, const Tensor& weight_any, const Tensor& bias, Activation activation) {
  const Affine layer{weight_any, bias, activation};
  const std::span<const Affine> one(&layer, 1);
  if (const std::vector<cpu::EvaluatedLayer> done = evaluated(x_any, one, false); !done.empty())
    return view::try_reshape(done[0].y, shape_of(x_any, done[0].w));
  const Tensor x = rows_of(x_any), w = saved(matrix(weight_any)), y = x.like({x.dim(0), w.dim(1)});
  const Shape shape = shape_of(x_any, w);
  const Tensor pre = is_recorded(x_any, one) && needs_input(activation) ? y.like() : Tensor();
  GRIM_RUN(linear, activation, x, w, dense_bias(layer), y, pre);
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
