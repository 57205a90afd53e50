#include "grimoire/model/transfo_xl.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/autograd/tape.h"
#include "grimoire/model/weights.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/recompute.h"
#include "grimoire/nn/rotary.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/select.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr double kInitStd = 0.02;
constexpr int64_t kLongestText = int64_t{1} << 24;

std::unique_ptr<Product> weight(int64_t in, int64_t out, Rng& rng) {
  return std::make_unique<Dense>(normal_init({out, in}, kInitStd, rng), WeightLayout::out_in);
}

std::unique_ptr<Product> head_product(const TransfoXlConfig& c, const Embedding& table, Rng& rng) {
  if (c.tied) return std::make_unique<Tied>(table);
  return weight(c.n_embd, c.vocab_size, rng);
}

// The sinusoids of Vaswani et al. 2017, sines and then cosines: (distances, C) f64, of distance 0 and following.
Tensor sinusoids(int64_t width, int64_t distances) {
  const Turns turns = turns_of({.size = width}, 0, distances, Dtype::f64);
  return concat({turns.sin, turns.cos}, 1);
}

// As many as are worth keeping.
int64_t distances_kept(const TransfoXlConfig& c) {
  constexpr int64_t kMost = 8192;
  const int64_t all = std::min(kMost, c.memory + c.segment);
  return c.clamp > 0 ? std::min(all, c.clamp + 1) : all;
}

// (B, H, T, S), where column j of row t speaks of distance S - 1 - j, to columns that are keys: row t, the segment's, stands S - T + t places behind
// the first key, so that it moves by T - 1 - t to the left. As the paper's appendix B has it: one column of padding in front makes rows of S + 1, and
// the same numbers read in rows of S, without the first T, have moved by one more each. What moves in from the row below belongs to keys ahead.
Tensor moved_to_keys(const Tensor& x) {
  const int64_t B = x.dim(0), H = x.dim(1), T = x.dim(2), S = x.dim(3);
  return reshape(slice(reshape(pad(x, 3, 1, 0), {B, H, S + 1, T}), 2, 1, S + 1), {B, H, T, S});
}

}  // namespace

TransfoXl::Attention::Attention(Module& parent, const TransfoXlConfig& c, int64_t layer, Rng& rng)
    : Module("dec_attn", parent), layer(layer), heads(c.n_head), memory_length(c.memory), pre_norm(c.pre_norm), dropout(c.dropout),
      attention_dropout(c.attention_dropout), r_w_bias(parameter("r_w_bias", normal_init({c.n_head, c.head()}, kInitStd, rng))),
      r_r_bias(parameter("r_r_bias", normal_init({c.n_head, c.head()}, kInitStd, rng))),
      qkv_net("qkv_net", *this, weight(c.n_embd, 3 * c.n_head * c.head(), rng)), o_net("o_net", *this, weight(c.n_head * c.head(), c.n_embd, rng)),
      r_net("r_net", *this, weight(c.n_embd, c.n_head * c.head(), rng)), layer_norm("layer_norm", *this, c.n_embd, c.layer_norm_epsilon) {}

// Of q (B, H, T, D) on k (B, H, S, D): (B, H, T, S).
Tensor TransfoXl::Attention::weights(const Tensor& q, const Tensor& k, const Places& places, Pass& pass) const {
  const Tensor content = matmul(q + unsqueeze(r_w_bias, 1), transpose(k, -1, -2));                    // terms a and c of the paper
  const Tensor place = moved_to_keys(by_distance(q + unsqueeze(r_r_bias, 1), places));  // b and d
  const Tensor scores = (content + place) * (1 / std::sqrt(static_cast<double>(q.dim(3))));
  const Tensor w = softmax(masked_fill(scores, places.hidden, -std::numeric_limits<double>::infinity()), -1);
  return grim::dropout(Tap::wants_attention() ? tapped(*this, w, SiteKind::attention) : w, attention_dropout, pass);
}

// (B, H, T, D) with each distance (1, S, C) turned by the layer: (B, H, T, S). All distances go through the layer once; where as little asks as in a step of
// writing, it is cheaper to take what asks back through it, which is the same product.
Tensor TransfoXl::Attention::by_distance(const Tensor& asked, const Places& places) const {
  const int64_t S = places.distances.dim(1), D = asked.dim(3), rows = asked.dim(0) * asked.dim(2);
  if (places.columns.defined() && rows * (D + S) < S * D) {
    const Tensor w = reshape(r_net.product().dense(), {places.distances.dim(2), heads, D});  // (C, H, D)
    return matmul(matmul(asked, transpose(transpose(w, 0, 1), 1, 2)), places.columns);
  }
  return matmul(asked, transpose(split_heads(r_net(places.distances), heads), -1, -2));
}

// x (B, T, C) behind memory (B, M, C): (B, T, C). With a cache, whose keys and values are the memory, only what is missing of it before a text's begin.
Tensor TransfoXl::Attention::operator()(const Tensor& x, const Tensor& memory, const Places& places, Pass& pass) const {
  const auto part = [&](const Tensor& y, int64_t i, int64_t of) {
    const int64_t width = y.dim(2) / of;
    return split_heads(slice(y, 2, i * width, (i + 1) * width), heads);
  };
  const Tensor qkv = qkv_net(pre_norm ? layer_norm(x) : x);  // (B, T, 3 H D)
  const Tensor q = part(qkv, 0, 3);
  Tensor k = part(qkv, 1, 3), v = part(qkv, 2, 3);  // (B, H, T, D)
  if (pass.cache) {
    const auto all = pass.cache->extend(layer, k, v);
    const int64_t begin = std::max<int64_t>(0, places.past - memory_length);
    k = slice(all.k, 2, begin, all.k.dim(2)), v = slice(all.v, 2, begin, all.v.dim(2));
  }
  if (memory.defined()) {  // which asks nothing
    const Tensor w = qkv_net.product().dense();
    const Tensor kv = linear(pre_norm ? layer_norm(memory) : memory, slice(w, 1, w.dim(1) / 3, w.dim(1)));
    k = concat({part(kv, 0, 2), k}, 2), v = concat({part(kv, 1, 2), v}, 2);
  }
  const Tensor y = tapped(*this, merge_heads(matmul(weights(q, k, places, pass), v)), SiteKind::heads);
  const Tensor sum = dropout_add(o_net(y), x, dropout, pass);
  return pre_norm ? sum : layer_norm(sum);
}

TransfoXl::FeedForward::FeedForward(Module& parent, const TransfoXlConfig& c, Rng& rng)
    : Module("pos_ff", parent), pre_norm(c.pre_norm), dropout(c.dropout), in("CoreNet.0", *this, weight(c.n_embd, c.inner(), rng), zero_bias(c.inner())),
      out("CoreNet.3", *this, weight(c.inner(), c.n_embd, rng), zero_bias(c.n_embd)), layer_norm("layer_norm", *this, c.n_embd, c.layer_norm_epsilon) {}

Tensor TransfoXl::FeedForward::operator()(const Tensor& x, Pass& pass) const {
  const Tensor inner = grim::dropout(in(pre_norm ? layer_norm(x) : x, Activation::relu), dropout, pass);
  const Tensor sum = dropout_add(out(inner), x, dropout, pass);
  return pre_norm ? sum : layer_norm(sum);
}

TransfoXl::Block::Block(int64_t layer, Module& parent, const TransfoXlConfig& c, Rng& rng)
    : Module("layers." + std::to_string(layer), parent), dec_attn(*this, c, layer, rng), pos_ff(*this, c, rng) {}

Tensor TransfoXl::Block::operator()(const Tensor& x, const Tensor& memory, const Places& places, Pass& pass) const {
  const Tensor mid = tapped(*this, dec_attn(x, memory, places, pass), SiteKind::residual_mid);
  return tapped(*this, pos_ff(mid, pass), SiteKind::residual);
}

TransfoXl::Decoder::Decoder(Module& parent, const TransfoXlConfig& c, Rng& rng)
    : Module("transformer", parent), words("word_emb.emb_layers.0", *this, normal_init({c.vocab_size, c.n_embd}, kInitStd, rng)) {
  for (int64_t i = 0; i < c.n_layer; ++i) layers.push_back(std::make_unique<Block>(i, *this, c, rng));
}

TransfoXl::TransfoXl(const TransfoXlConfig& config, Rng& rng)
    : config_((config.check(), config)), sinusoids_(sinusoids(config_.n_embd, distances_kept(config_))), transformer_(*this, config_, rng),
      head_("crit.out_layers.0", *this, head_product(config_, transformer_.words, rng), zero_bias(config_.vocab_size)) {}

// From the farthest distance to none.
TransfoXl::Places TransfoXl::places(int64_t T, int64_t remembered, int64_t past) const {
  const int64_t S = remembered + T, farthest = config_.clamp > 0 ? std::min(config_.clamp, S - 1) : S - 1;
  std::vector<int64_t> distances;
  for (int64_t s = 0; s < S; ++s) distances.push_back(std::min(S - 1 - s, farthest));
  const Tensor hidden = Tensor::empty({T, S}, Dtype::boolean);
  bool* const h = hidden.data<bool>();
  for (int64_t t = 0; t < T; ++t)
    for (int64_t s = 0; s < S; ++s) h[t * S + s] = s > remembered + t || (config_.same_length && config_.memory > 0 && s <= remembered + t - config_.memory);
  const Tensor known = farthest < sinusoids_.dim(0) ? sinusoids_ : sinusoids(config_.n_embd, farthest + 1);
  return {unsqueeze(cast(index_select(known, 0, Tensor::from(distances, {S})), computed_in(transformer_.words.rows_dtype())), 0), {}, hidden, past};
}

// (R, T) of R segments to (R, T, C); `before` gives what each layer remembers, from what it is given, now and in the backward pass.
Tensor TransfoXl::read(const Tensor& tokens, const Places& at, const std::function<Tensor(const Tensor& x)>& before, Pass& pass) const {
  Places where = at;
  where.distances = dropout(at.distances, config_.dropout, pass);
  if (pass.cache) where.columns = contiguous(transpose(unsqueeze(at.distances, 0), -1, -2));
  Tensor x = dropout(transformer_.words(tokens) * std::sqrt(static_cast<double>(config_.n_embd)), config_.dropout, pass);
  for (const auto& layer : transformer_.layers)
    x = recomputed(pass, [&layer = *layer, x, before, where](Pass& p) { return layer(x, before(x), where, p); });
  return dropout(x, config_.dropout, pass);
}

// A segment behind those that the cache has read.
Tensor TransfoXl::read_on(const Tensor& tokens, Pass& pass) const {
  const int64_t past = pass.cache->past(), missing = std::max<int64_t>(0, config_.memory - past);
  const Tensor zeros = missing > 0 ? Tensor::zeros({tokens.dim(0), missing, config_.n_embd}, computed_in(transformer_.words.rows_dtype())) : Tensor();
  return read(tokens, places(tokens.dim(1), config_.memory, past), [zeros](const Tensor&) { return zeros; }, pass);
}

// A layer needs of the segments before only what it is given itself: all segments go through it together, as rows of one batch.
Tensor TransfoXl::hidden(const Tensor& tokens, Pass& pass) const {
  GRIM_CHECK(tokens.ndim() == 2, shape, "transfo-xl", "tokens: got {}, expected (B, T)", tokens.shape());
  const int64_t B = tokens.dim(0), N = tokens.dim(1), T = std::min(config_.segment, N), M = config_.memory, C = config_.n_embd;
  if (pass.cache) {
    std::vector<Tensor> parts;
    for (int64_t begin = 0; begin < N; begin += T) parts.push_back(read_on(slice(tokens, 1, begin, std::min(N, begin + T)), pass));
    return parts.size() == 1 ? parts[0] : concat(parts, 1);
  }
  const int64_t segments = (N + T - 1) / T, more = segments * T - N;  // the last is filled up with what none before it sees
  const Tensor whole = more > 0 ? concat({tokens, Tensor::zeros({B, more}, tokens.dtype())}, 1) : tokens;
  std::vector<int64_t> behind;  // places of a row behind M of zeros
  for (int64_t s = 0; s < segments; ++s)
    for (int64_t m = 0; m < M; ++m) behind.push_back(s * T + m);
  const auto before = [=, remembered = Tensor::from(behind, {segments * M})](const Tensor& x) {
    if (M == 0) return Tensor();
    const Tensor row = concat({Tensor::zeros({B, M, C}, x.dtype()), reshape(detach(x), {B, segments * T, C})}, 1);
    return reshape(index_select(row, 1, remembered), {B * segments, M, C});
  };
  const Tensor x = reshape(read(reshape(whole, {B * segments, T}), places(T, M, 0), before, pass), {B, segments * T, C});
  return more > 0 ? slice(x, 1, 0, N) : x;
}

Tensor TransfoXl::logits(const Tensor& tokens, Pass& pass) const { return head_(hidden(tokens, pass)); }

Tensor TransfoXl::last_logits(const Tensor& tokens, Pass& pass) const { return head_(select(hidden(tokens, pass), 1, -1)); }

std::unique_ptr<DecodeCache> TransfoXl::decode_cache() const {
  return config_.memory > 0 ? std::make_unique<DecodeCache>(config_.n_layer, kLongestText) : nullptr;
}

Tensor TransfoXl::loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const {
  return head_cross_entropy(head_, reshape(hidden(tokens, pass), {-1, config_.n_embd}), reshape(targets, {-1}), {.ignore_index = kIgnore});
}

void TransfoXl::load(const std::vector<NamedTensor>& tensors, const std::string& source) {
  if (config_.tied) check_tied(tensors, "crit.out_layers.0.weight", "transformer.word_emb.emb_layers.0.weight", source);
  std::vector<NamedTensor> kept;
  for (const NamedTensor& t : tensors) {
    const bool frequencies = t.name == "transformer.pos_emb.inv_freq";  // of the sinusoids
    if (!frequencies && !(config_.tied && t.name == "crit.out_layers.0.weight")) kept.push_back(t);
  }
  CausalLm::load(kept, source);
}

}  // namespace grim
