// Scaled dot-product attention (Vaswani et al. 2017, equation 1): softmax(q k' / sqrt(D) + mask) v.
// The fused form works on tiles of queries, never holds a (T, S) matrix per head, and reads strided q, k, v in place
// (Dao et al. 2022, without their IO argument: a tile of scores stays in the L2 cache).
#pragma once

#include <functional>
#include <vector>

#include "grimoire/op/dropout.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

enum class AttentionMask { none, causal };  // causal: query t sees keys 0 .. t + (S - T)

struct AttentionOptions {
  AttentionMask mask = AttentionMask::none;
  int64_t window = 0;     // causal: of the keys that a query may see only so many, the last (Beltagy et al. 2020); 0: all
  Tensor key_mask = {};   // bool (B, S): true where a key may be seen; undefined: everywhere. A query that sees no key gets 0.
  double scale = 0;       // 0: 1 / sqrt(D)
  double dropout = 0;     // probability that an attention weight is dropped
  DropoutKey key = {};
  // Texts of unequal lengths one behind the other instead of padding: B = 1, text i has the queries offsets[i] up to offsets[i + 1] and sees the keys
  // key_offsets[i] up to key_offsets[i + 1], and no others. Empty: one text an item of the batch; keys as queries. Not with a key_mask.
  std::vector<int64_t> offsets = {}, key_offsets = {};
  // Of text b only the first key_lengths[b] of S keys are there, and its last query stands at the last of them: texts of unequal lengths in a cache. Empty:
  // all. Without a gradient; not with a key_mask or offsets.
  std::vector<int64_t> key_lengths = {};
  // (H, W), added to the scaled score of a key by how far behind its query it stands: column distance_zero + (place of the key - place of the query),
  // so ahead of zero the keys before it. The last query stands at the last key. Undefined: nothing. Gets a gradient.
  Tensor distance_bias = {};
  int64_t distance_zero = 0;
};

// q (B, H, T, D), k and v (B, G, S, D), any strides: (B, H, T, D), laid out as (B, T, H, D) so that merging heads copies nothing. Of fewer heads of
// keys and values, G, each serves H / G heads of queries that stand side by side (Ainslie et al. 2023; with one, Shazeer 2019). Where no gradient is
// recorded, k and v may be bf16 beside f32 queries: a cache in half the memory. Where the processor multiplies bf16 matrices (device/amx_tiles.h) the
// queries are rounded to bf16 then too.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options = {});

// qkv (B, T, 3C), the three projections side by side, C = heads * D: (B, T, C). Heads are split and merged by strides alone.
Tensor self_attention(const Tensor& qkv, int64_t heads, const AttentionOptions& options = {});

// The same from elementary ops, holding the (B, H, T, S) weights: the fused form's twin. No dropout. `see` is shown the weights and gives
// those to go on with.
Tensor composed_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options = {},
                          const std::function<Tensor(const Tensor& weights)>& see = {});

}  // namespace grim
