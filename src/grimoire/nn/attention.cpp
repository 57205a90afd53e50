#include "grimoire/nn/attention.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/device/bf16_product.h"
#include "grimoire/nn/init.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

const MultiHeadOptions& checked(const MultiHeadOptions& o) {
  GRIM_CHECK(o.width > 0 && o.heads > 0 && (o.head_width == HeadWidth::wide || o.width % o.heads == 0), argument,
             "attention", "got width {} for {} heads, expected a multiple", o.width, o.heads);
  return o;
}

int64_t inner_width(const MultiHeadOptions& o) { return o.head_width == HeadWidth::wide ? o.width * o.heads : o.width; }
int64_t memory_width(const MultiHeadOptions& o) { return o.memory_width > 0 ? o.memory_width : o.width; }

Tensor weight(int64_t in, int64_t out, const MultiHeadOptions& o, Rng& rng) {
  return xavier_uniform({in, out}, Gain::linear, rng, o.dtype);
}

// Queries (0), keys (1) or values (2) out of (B, T, 3 H D): (B, H, T, D).
Tensor part_of(const Tensor& qkv, int64_t which, int64_t heads) {
  const int64_t width = qkv.dim(-1) / 3;
  return split_heads(slice(qkv, -1, which * width, (which + 1) * width), heads);
}

// Queries, keys and values of heads, (B, H, T, D): (B, T, H D).
Tensor by_weights(const Module& layer, const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  GRIM_CHECK(options.dropout == 0, argument, "tap", "attention weights are shown without dropout: got {}", options.dropout);
  return merge_heads(composed_attention(q, k, v, options, [&](const Tensor& weights) { return tapped(layer, weights, SiteKind::attention); }));
}

}  // namespace

Tensor split_heads(const Tensor& x, int64_t heads) {
  return transpose(reshape(x, {x.dim(0), x.dim(1), heads, x.dim(2) / heads}), 1, 2);
}
Tensor merge_heads(const Tensor& x) { return reshape(transpose(x, 1, 2), {x.dim(0), x.dim(2), x.dim(1) * x.dim(3)}); }

Tensor attend(const Module& layer, const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  return tapped(layer, Tap::wants_attention() ? by_weights(layer, q, k, v, options) : merge_heads(attention(q, k, v, options)), SiteKind::heads);
}

Tensor attend(const Module& layer, const Tensor& qkv, int64_t heads, const AttentionOptions& options) {
  if (!Tap::wants_attention()) return tapped(layer, self_attention(qkv, heads, options), SiteKind::heads);
  return attend(layer, part_of(qkv, 0, heads), part_of(qkv, 1, heads), part_of(qkv, 2, heads), options);
}

Tensor kept(const Tensor& x, const Linear& projection) {
  const bool narrow = is_narrow(projection.weight()) || projection.product().quantised().defined();
  return narrow && !tracked(x) && device::has_bf16_products() ? cast(x, Dtype::bf16) : x;
}

Tensor attend(const Module& layer, const Linear& projection, const Tensor& qkv, int64_t heads, const AttentionOptions& options, DecodeCache* cache,
              int64_t index) {
  DecodeCache::KeysAndValues seen{kept(part_of(qkv, 1, heads), projection), kept(part_of(qkv, 2, heads), projection)};
  if (!cache && seen.k.dtype() == qkv.dtype()) return attend(layer, qkv, heads, options);
  if (cache) seen = cache->extend(index, seen.k, seen.v);
  AttentionOptions own = options;
  own.key_lengths = seen.lengths;
  return attend(layer, part_of(qkv, 0, heads), seen.k, seen.v, own);
}

MultiHeadAttention::MultiHeadAttention(const std::string& name, Module& parent, const MultiHeadOptions& o, Rng& rng)
    : Module(name, parent), options(checked(o)),
      q_proj("q_proj", *this, weight(o.width, inner_width(o), o, rng), zero_bias(inner_width(o), o.dtype)),
      k_proj("k_proj", *this, weight(memory_width(o), inner_width(o), o, rng), zero_bias(inner_width(o), o.dtype)),
      v_proj("v_proj", *this, weight(memory_width(o), inner_width(o), o, rng), zero_bias(inner_width(o), o.dtype)),
      out_proj("out_proj", *this, weight(inner_width(o), o.width, o, rng), zero_bias(o.width, o.dtype)) {}

Tensor MultiHeadAttention::cross(const Tensor& query, const Tensor& memory, Pass& pass, const Tensor& key_mask) const {
  GRIM_CHECK(query.ndim() == 3 && memory.ndim() == 3, shape, "attention",
             "got {} and {}, expected (B, T, C) and (B, S, C)", query.shape(), memory.shape());
  AttentionOptions how = with_dropout(options.dropout, pass);
  how.mask = options.mask;
  how.key_mask = key_mask;
  return out_proj(attend(*this, split_heads(q_proj(query), options.heads), split_heads(k_proj(memory), options.heads),
                         split_heads(v_proj(memory), options.heads), how));
}

}  // namespace grim
