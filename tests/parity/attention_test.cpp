// Golden cases of attention. What the fused op does not take (a mask for each query, an added bias) goes by its parts.
#include "grimoire/nn/attention.h"

#include <cmath>
#include <limits>
#include <memory>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "parity/golden_case.h"

namespace grim::parity {
namespace {

// allowed: bool, broadcasts to (B, H, T, S)
Tensor weights_of(const Tensor& q, const Tensor& k, const Tensor& allowed) {
  const Tensor scores = matmul(q, transpose(k, -1, -2)) / std::sqrt(static_cast<double>(q.dim(-1)));
  if (!allowed.defined()) return softmax(scores, -1);
  const Tensor hidden = logical_not(allowed);
  return masked_fill(softmax(masked_fill(scores, hidden, -std::numeric_limits<double>::infinity()), -1), hidden, 0);
}

// (B, H', S, D) -> (B, H, S, D): each key head serves a run of H / H' query heads.
Tensor repeat_heads(const Tensor& k, int64_t heads) {
  const int64_t each = heads / k.dim(1);
  return flatten(expand(unsqueeze(k, 2), {k.dim(0), k.dim(1), each, k.dim(2), k.dim(3)}), 1, 2);
}

Tensor attention_case(const Case& c) {
  const Tensor& q = c["q"];
  Tensor k = c["k"], v = c["v"];
  const int64_t T = q.dim(2);
  AttentionOptions o{.mask = c.flag("causal") ? AttentionMask::causal : AttentionMask::none, .scale = c.real("scale")};
  if (c.has("bias")) {
    const Tensor scores = matmul(q, transpose(k, -1, -2)) / std::sqrt(static_cast<double>(q.dim(-1)));
    return matmul(softmax(scores + c["bias"], -1), v);
  }
  if (c.integer("kv_heads") > 0) {
    k = repeat_heads(k, q.dim(1));
    v = repeat_heads(v, q.dim(1));
  }
  if (c.text("align") == "upper left") {  // target t sees sources up to t: the first T of them
    k = slice(k, 2, 0, T);
    v = slice(v, 2, 0, T);
  }
  if (c.has("mask")) {
    const Tensor& mask = c["mask"];
    if (mask.ndim() == 2) o.mask = AttentionMask::causal;  // the lower-right triangle is what causal means here
    else if (mask.dim(2) == 1) o.key_mask = reshape(mask, {mask.dim(0), mask.dim(3)});
    else return matmul(weights_of(q, k, mask), v);
  }
  return attention(q, k, v, o);
}

struct Layer {
  Module root;
  Rng rng{RngMode::philox, 1};
  std::unique_ptr<MultiHeadAttention> attention;
};

// PyTorch keeps the three projections as one (3C, C); ours are (C, C) each, transposed.
void load(Case& c, const std::shared_ptr<Layer>& layer) {
  const MultiHeadAttention& a = *layer->attention;
  const std::vector<const Linear*> parts = {&a.q_proj, &a.k_proj, &a.v_proj};
  const int64_t C = a.options.width;
  const Tensor weight = detach(c["in_proj_weight"]), bias = detach(c["in_proj_bias"]);
  for (int64_t i = 0; i < 3; ++i) {
    copy_into(parts[static_cast<size_t>(i)]->weight(), transpose(slice(weight, 0, i * C, (i + 1) * C), 0, 1));
    copy_into(parts[static_cast<size_t>(i)]->bias(), slice(bias, 0, i * C, (i + 1) * C));
  }
  copy_into(a.out_proj.weight(), transpose(detach(c["out_proj.weight"]), 0, 1));
  copy_into(a.out_proj.bias(), detach(c["out_proj.bias"]));
  c.gradient_of["in_proj_weight"] = [layer, parts] {
    return concat({transpose(grad(parts[0]->weight()), 0, 1), transpose(grad(parts[1]->weight()), 0, 1),
                   transpose(grad(parts[2]->weight()), 0, 1)}, 0);
  };
  c.gradient_of["in_proj_bias"] = [layer, parts] {
    return concat({grad(parts[0]->bias()), grad(parts[1]->bias()), grad(parts[2]->bias())}, 0);
  };
  c.gradient_of["out_proj.weight"] = [layer] { return transpose(grad(layer->attention->out_proj.weight()), 0, 1); };
  c.gradient_of["out_proj.bias"] = [layer] { return grad(layer->attention->out_proj.bias()); };
}

Outputs multihead_case(Case& c) {
  const auto layer = std::make_shared<Layer>();
  const int64_t C = c["query"].dim(2), H = c.integer("heads");
  layer->attention = std::make_unique<MultiHeadAttention>(
      "attn", layer->root, MultiHeadOptions{.width = C, .heads = H, .dtype = Dtype::f64}, layer->rng);
  load(c, layer);
  const MultiHeadAttention& a = *layer->attention;
  const Tensor memory = c.has("memory") ? c["memory"] : c["query"];
  const Tensor seen = c.has("ignore") ? logical_not(c["ignore"]) : Tensor();  // (B, S)
  const auto heads = [&](const Tensor& x) { return transpose(reshape(x, {x.dim(0), x.dim(1), H, C / H}), 1, 2); };
  Pass pass;
  return {{"y", a.cross(c["query"], memory, pass, seen)},
          {"p", weights_of(heads(a.q_proj(c["query"])), heads(a.k_proj(memory)),
                           seen.defined() ? reshape(seen, {seen.dim(0), 1, 1, seen.dim(1)}) : Tensor())}};
}

}  // namespace

void add_attention(Handlers& h) {
  h["attention"] = [](Case& c) { return y(attention_case(c)); };
  h["multihead_attention"] = multihead_case;
}

}  // namespace grim::parity
