// Multi-head attention (Vaswani et al. 2017, section 3.2.2): H attentions side by side on learned projections.
#pragma once

#include "grimoire/base/rng.h"
#include "grimoire/nn/decode_cache.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/module.h"
#include "grimoire/op/attention.h"

namespace grim {

enum class HeadWidth : uint8_t {
  narrow,  // each head C / H wide: the paper
  wide,    // each head C wide: projections C -> H C, output H C -> C
};

// What the heads of `layer` bring, (B, T, H D), shown to taps as its heads, and its weights to those that want them.
// qkv (B, T, 3 H D): queries, keys and values side by side. throws: argument, a tap wants the weights of a layer with dropout
Tensor attend(const Module& layer, const Tensor& qkv, int64_t heads, const AttentionOptions& options);
// The same of heads: q (B, H, T, D), k and v (B, H, S, D).
Tensor attend(const Module& layer, const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options);
// The same of what `projection` brought, its keys and values as kept(); with a cache, going on behind what that holds of layer number `index`.
Tensor attend(const Module& layer, const Linear& projection, const Tensor& qkv, int64_t heads, const AttentionOptions& options, DecodeCache* cache,
              int64_t index);

// With a dropout of attention weights, drawn anew, where the pass trains.
inline AttentionOptions with_dropout(double p, Pass& pass) {
  const bool drops = pass.training && p > 0;
  return {.dropout = drops ? p : 0, .key = drops ? pass.next_key() : DropoutKey{}};
}

// Keys or values that `projection` brought, as attention reads them and a cache keeps them: in bf16 where its matrix is and the processor has bf16 products,
// unless a gradient is recorded.
Tensor kept(const Tensor& x, const Linear& projection);

Tensor split_heads(const Tensor& x, int64_t heads);  // (B, T, H D) -> (B, H, T, D)
Tensor merge_heads(const Tensor& x);                 // and back

struct MultiHeadOptions {
  int64_t width = 0, heads = 1;
  int64_t memory_width = 0;  // of what keys and values are made from; 0: width
  HeadWidth head_width = HeadWidth::narrow;
  AttentionMask mask = AttentionMask::none;
  double dropout = 0;  // of attention weights, in training
  Dtype dtype = Dtype::f32;
};

// Weights start Xavier-uniform, biases at zero, as in PyTorch's MultiheadAttention.
struct MultiHeadAttention : Module {
  MultiHeadAttention(const std::string& name, Module& parent, const MultiHeadOptions& options, Rng& rng);

  // x (B, T, C): (B, T, C). key_mask bool (B, T): true where a token may be seen; undefined: everywhere.
  Tensor operator()(const Tensor& x, Pass& pass, const Tensor& key_mask = {}) const {
    return cross(x, x, pass, key_mask);
  }
  // query (B, T, C) looks at memory (B, S, memory_width): (B, T, C). key_mask bool (B, S).
  Tensor cross(const Tensor& query, const Tensor& memory, Pass& pass, const Tensor& key_mask = {}) const;

  MultiHeadOptions options;
  Linear q_proj, k_proj, v_proj, out_proj;
};

}  // namespace grim
