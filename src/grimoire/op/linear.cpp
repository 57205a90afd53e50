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

int64_t width(const Affine& layer) { return layer.quantised.defined() ? layer.quantised.out : layer.weight.dim(1); }

void check_linear(const Tensor& x, const Affine& layer) {
  const Tensor &weight = layer.weight, &bias = layer.bias;
  const bool quantised = layer.quantised.defined();
  const Shape shape = quantised ? Shape{layer.quantised.in, layer.quantised.out} : weight.shape();
  GRIM_CHECK(shape.ndim() == 2 && x.ndim() >= 1 && x.dim(-1) == shape[0], shape, "linear", "got x {} and weight {}, expected (..., C_in) and (C_in, C_out)",
             x.shape(), shape);
  if (quantised)
    GRIM_CHECK(x.dtype() == Dtype::f32 || is_narrow(x), dtype, "linear", "got x {} and a quantised weight, expected f32 or bf16", name_of(x.dtype()));
  else
    GRIM_CHECK(is_float(x.dtype()) && (x.dtype() == weight.dtype() || (is_narrow(weight) && x.dtype() == Dtype::f32)), dtype, "linear",
               "got x {} and weight {}, expected one dtype, or f32 and bf16", name_of(x.dtype()), name_of(weight.dtype()));
  if (!bias.defined()) return;
  GRIM_CHECK(bias.shape() == Shape{shape[1]} && bias.dtype() == computed_in(x.dtype()), shape, "linear", "bias: got {} {}, expected {} ({},)",
             name_of(bias.dtype()), bias.shape(), name_of(computed_in(x.dtype())), shape[1]);
}

// Dense, or a transpose of something dense: what the product reads in place.
Tensor matrix(const Tensor& w) { return w.contiguous() || view::transpose(w, 0, 1).contiguous() ? w : copy(w); }

// x (..., C_in) as rows.
Tensor rows_of(const Tensor& x) {
  int64_t rows = 1;
  for (int axis = 0; axis + 1 < x.ndim(); ++axis) rows *= x.dim(axis);
  return view::try_reshape(saved(contiguous(x)), {rows, x.dim(-1)});
}
Shape shape_of(const Tensor& x, int64_t C_out) {
  Shape shape = x.shape();
  shape[shape.ndim() - 1] = C_out;
  return shape;
}
Tensor dense_bias(const Affine& layer) { return layer.bias.defined() ? saved(contiguous(layer.bias)) : Tensor(); }

bool is_recorded(const Tensor& x, std::span<const Affine> layers) {
  return grad_enabled() && (tracked(x) || std::ranges::any_of(layers, [](const Affine& a) { return tracked(a.weight) || tracked(a.bias); }));
}

// What evaluates them, checked; the last times what the first gives where it is gated. Empty where ops have to go one by one.
std::vector<cpu::EvaluatedLayer> evaluated(const Tensor& x, std::span<const Affine> layers, bool gated) {
  for (const Affine& layer : layers) check_linear(x, layer);
  std::vector<cpu::EvaluatedLayer> all;
  const bool alike = std::ranges::all_of(layers, [&](const Affine& a) {
    const QuantisedMatrix &q = a.quantised, &first = layers[0].quantised;
    return q.defined() == first.defined() && (q.defined() ? q.type == first.type : a.weight.dtype() == layers[0].weight.dtype());
  });
  if (layers.empty() || is_narrow(x) || !alike || is_recorded(x, layers)) return all;
  if (layers[0].quantised.defined() && grad_enabled()) return all;  // in training x is what it is, also before anything that learns
  const Tensor rows = rows_of(x);
  for (const Affine& layer : layers) {
    all.push_back({layer.activation, {}, dense_bias(layer), rows.like({rows.dim(0), width(layer)}), {}, layer.quantised});
    if (!layer.quantised.defined()) all.back().w = saved(matrix(layer.weight));
  }
  if (gated) all.back().times = all.front().y;
  GRIM_RUN(linear_evaluated, rows, std::span<const cpu::EvaluatedLayer>(all));
  return all;
}

}  // namespace

std::vector<Tensor> linear(const Tensor& x, std::span<const Affine> layers) {
  std::vector<Tensor> y;
  for (const cpu::EvaluatedLayer& layer : evaluated(x, layers, false)) y.push_back(view::try_reshape(layer.y, shape_of(x, layer.y.dim(1))));
  if (y.empty())
    for (const Affine& layer : layers) y.push_back(linear(x, layer));
  return y;
}

Tensor gated_linear(const Tensor& x, const Affine& gate, const Affine& layer) {
  GRIM_CHECK(width(gate) == width(layer), shape, "linear", "a gate and what it lets through: got {} and {} outputs, expected as many", width(gate),
             width(layer));
  const Affine both[] = {gate, layer};
  const std::vector<cpu::EvaluatedLayer> all = evaluated(x, both, true);
  if (!all.empty()) return view::try_reshape(all[1].y, shape_of(x, all[1].y.dim(1)));
  const Tensor y = linear(x, layer);
  return linear(x, gate) * y;
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) { return linear(x, Affine{weight, bias, activation}); }

// z = x W + b, y = act(z):  dz = dy act'(z),  dx = dz W',  dW = x' dz,  db = column sums of dz.
Tensor linear(const Tensor& x_any, const Affine& layer) {
  const Activation activation = layer.activation;
  const std::span<const Affine> one(&layer, 1);
  if (const std::vector<cpu::EvaluatedLayer> done = evaluated(x_any, one, false); !done.empty())
    return view::try_reshape(done[0].y, shape_of(x_any, done[0].y.dim(1)));
  const Tensor x = rows_of(x_any), y = x.like({x.dim(0), width(layer)});
  const Shape shape = shape_of(x_any, width(layer));
  // W, which may be made anew at each call
  const auto unpacked = [w = layer.quantised.defined() ? Tensor() : saved(matrix(layer.weight)), q = layer.quantised, dtype = x.dtype()] {
    return w.defined() ? w : dense(q, dtype);
  };
  const Tensor pre = is_recorded(x_any, one) && needs_input(activation) ? y.like() : Tensor();
  GRIM_RUN(linear, activation, x, unpacked(), dense_bias(layer), y, pre);
  const Tensor kept = activation == Activation::none ? Tensor() : pre.defined() ? pre : y;
  const Tensor rows = tracked(layer.weight) ? x : Tensor();  // a frozen matrix asks for none
  return record(view::try_reshape(y, shape), {x_any, layer.weight, layer.bias}, [x = rows, M = x.dim(0), unpacked, kept, activation](const Tensor& dy_any,
                                                                                                                                    Grads dx) {
    const Tensor w = unpacked();
    const Tensor dy = view::try_reshape(contiguous(dy_any), {M, w.dim(1)});
    const Tensor dz = kept.defined() ? dy.like() : dy;
    if (dx.wants(2)) {
      dx.write(2, [&](const Tensor& db, float beta) { GRIM_RUN(bias_activation_backward, activation, dy, kept, dz, db, beta); });
    } else if (kept.defined()) {
      GRIM_RUN(bias_activation_backward, activation, dy, kept, dz, Tensor(), 0.0f);
    }
    dx.write(0, [&](const Tensor& d, float beta) { GRIM_RUN(product, dz, view::transpose(w, 0, 1), view::try_reshape(d, {M, w.dim(0)}), beta); });
    if (!dx.wants(1)) return;
    if (is_narrow(x) && !w.contiguous()) {  // as W lies: dW' = dz' x
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
  check_linear(x, {weight, bias});
  Tensor y = matmul(x.ndim() == 1 ? view::unsqueeze(x, 0) : x, x.dtype() == weight.dtype() ? weight : widened(weight));
  if (bias.defined()) y = y + bias;
  return activate(y, activation);
}

}  // namespace grim
