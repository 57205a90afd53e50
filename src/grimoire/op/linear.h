#pragma once

#include <span>
#include <vector>

#include "grimoire/op/quantised.h"

namespace grim {

// What a layer does to x W + b, fused into the product: `gelu` is the erf form, `gelu_tanh` GPT-2's approximation.
enum class Activation { none, relu, gelu, gelu_tanh, tanh, sigmoid, silu };

// y = act(x W + b). x (..., C_in), weight (C_in, C_out), bias (C_out,) or undefined: (..., C_out).
// f32 x may meet a bf16 weight, whose numbers are widened; sums are f32's. Where no gradient is recorded and the processor has products of bf16, x is
// rounded to it first.
// Weights are stored (in, out), as GPT-2's checkpoints are, so that the forward product reads both operands along rows.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, Activation activation = Activation::none);

// Several of one x, and act(x Wg + bg) * (x W + b), the gate of a feed-forward (Shazeer 2020, section 2): the numbers of the ops one by one. Where no
// gradient is recorded x is rounded once, and the gate meets the second product while that is in cache.
struct Affine {
  Tensor weight = {}, bias = {};
  Activation activation = Activation::none;
  QuantisedMatrix quantised = {};  // in the place of weight: evaluated as device/quantised.h says, else unpacked for the pass and once more for its gradient
};
Tensor linear(const Tensor& x, const Affine& layer);
std::vector<Tensor> linear(const Tensor& x, std::span<const Affine> layers);
Tensor gated_linear(const Tensor& x, const Affine& gate, const Affine& layer);

Tensor activate(const Tensor& z, Activation activation);

// The same from elementary ops: the twin.
Tensor composed_linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation);

}  // namespace grim
