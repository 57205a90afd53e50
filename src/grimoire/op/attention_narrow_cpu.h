#pragma once

#include "grimoire/op/attention.h"

namespace grim::cpu {

// As those of attention_cpu.h, of bf16 q, k, v, d_o, dq, dk, dv on the matrix unit: scores, weights and sums are f32, and weights and their gradients
// are rounded where they enter a product. Forward q and o may both be f32: q is rounded then. Needs device::has_amx().
void narrow_attention(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse);
void narrow_attention_backward(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse,
                               const Tensor& d_o, const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dbias);

}  // namespace grim::cpu
