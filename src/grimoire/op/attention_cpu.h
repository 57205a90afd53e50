#pragma once

#include "grimoire/op/attention.h"

namespace grim::cpu {

// q, o (B, H, T, D), k, v (B, G, S, D), H a multiple of G: any strides but rows of D dense. lse (B, H, T): the log of each row's sum of exponentials, which the
// backward needs. key_mask dense.
void attention(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse);
// Writes dq, dk, dv (not adding), and with a distance_bias (H, W), dense, the gradient that each text brings it: dbias (texts, H, W).
void attention_backward(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse,
                        const Tensor& d_o, const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dbias);

}  // namespace grim::cpu
