#include "grimoire/model/gpt_neox.h"

#include "grimoire/model/config_keys.h"
#include "grimoire/model/weights.h"
#include "grimoire/nn/alibi.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/recompute.h"
#include "grimoire/op/view.h"

namespace grim {

struct GptNeoxNames {
  std::string body, words, layers, attention, norm, head;
};

namespace {

constexpr double kInitStd = 0.02;

const GptNeoxNames& names_of(const GptNeoxConfig& c) {
  static const GptNeoxNames kNeox = {"gpt_neox", "embed_in", "layers.", "attention", "final_layer_norm", "embed_out"};
  static const GptNeoxNames kBloom = {"transformer", "word_embeddings", "h.", "self_attention", "ln_f", "lm_head"};
  return c.is_bloom() ? kBloom : kNeox;
}

std::unique_ptr<Product> weight(int64_t in, int64_t out, double std, Rng& rng) {
  return std::make_unique<Dense>(normal_init({out, in}, std, rng), WeightLayout::out_in);
}
Tensor attention_bias(const GptNeoxConfig& c, int64_t out) { return c.attention_biases ? zero_bias(out) : no_bias(); }
double residual_std(const GptNeoxConfig& c) { return gpt2_residual_std(c.n_layer); }

std::unique_ptr<Product> head_product(const GptNeoxConfig& c, const Embedding& table, Rng& rng) {
  if (c.tied) return std::make_unique<Tied>(table);
  return weight(c.n_embd, c.vocab_size, kInitStd, rng);
}

}  // namespace

GptNeox::Attention::Attention(Module& parent, const GptNeoxConfig& c, int64_t layer, Rng& rng)
    : Module(names_of(c).attention, parent), layer(layer), heads(c.n_head), dropout(c.attention_dropout < 0 ? c.dropout : c.attention_dropout),
      query_key_value("query_key_value", *this, weight(c.n_embd, 3 * c.n_embd, kInitStd, rng), attention_bias(c, 3 * c.n_embd)),
      dense("dense", *this, weight(c.n_embd, c.n_embd, residual_std(c), rng), attention_bias(c, c.n_embd)) {}

Tensor GptNeox::Attention::operator()(const Tensor& x, const Places& places, Pass& pass) const {
  const Tensor qkv = split_heads(query_key_value(x), heads);  // (B, H, T, 3 D): of each head its query, key and value
  const int64_t D = qkv.dim(3) / 3;
  const auto part = [&](int64_t i) { return slice(qkv, 3, i * D, (i + 1) * D); };
  const auto placed = [&](const Tensor& y) { return places.turns.cos.defined() ? rotary(y, places.turns.cos, places.turns.sin) : y; };
  const Tensor q = placed(part(0));
  DecodeCache::KeysAndValues seen{kept(placed(part(1)), query_key_value), kept(part(2), query_key_value)};
  if (pass.cache) seen = pass.cache->extend(layer, seen.k, seen.v);
  AttentionOptions options{.mask = AttentionMask::causal, .distance_bias = places.bias};
  options.key_lengths = seen.lengths;
  if (places.bias.defined()) options.distance_zero = places.bias.dim(1) - 1;
  if (pass.training && dropout > 0) {
    options.dropout = dropout;
    options.key = pass.next_key();
  }
  return dense(attend(*this, q, seen.k, seen.v, options));  // (B, T, C)
}

GptNeox::FeedForward::FeedForward(Module& parent, const GptNeoxConfig& c, Rng& rng)
    : Module("mlp", parent), activation(activation_named(c.activation, "hidden_act")),
      dense_h_to_4h("dense_h_to_4h", *this, weight(c.n_embd, c.inner(), kInitStd, rng), zero_bias(c.inner())),
      dense_4h_to_h("dense_4h_to_h", *this, weight(c.inner(), c.n_embd, residual_std(c), rng), zero_bias(c.n_embd)) {}

Tensor GptNeox::FeedForward::operator()(const Tensor& x) const { return dense_4h_to_h(dense_h_to_4h(x, activation)); }

GptNeox::Block::Block(int64_t layer, Module& parent, const GptNeoxConfig& c, Rng& rng)
    : Module(names_of(c).layers + std::to_string(layer), parent), parallel(c.parallel), dropout(c.dropout),
      input_layernorm("input_layernorm", *this, c.n_embd, c.layer_norm_epsilon), attention(*this, c, layer, rng),
      post_attention_layernorm("post_attention_layernorm", *this, c.n_embd, c.layer_norm_epsilon), mlp(*this, c, rng) {}

Tensor GptNeox::Block::operator()(const Tensor& x, const Places& places, Pass& pass) const {
  const Tensor mid = tapped(*this, dropout_add(attention(input_layernorm(x), places, pass), x, dropout, pass), SiteKind::residual_mid);
  return tapped(*this, dropout_add(mlp(post_attention_layernorm(parallel ? x : mid)), mid, dropout, pass), SiteKind::residual);
}

GptNeox::Decoder::Decoder(Module& parent, const GptNeoxConfig& c, Rng& rng)
    : Module(names_of(c).body, parent), words(names_of(c).words, *this, normal_init({c.vocab_size, c.n_embd}, kInitStd, rng)),
      words_norm(c.is_bloom() ? std::make_unique<LayerNorm>("word_embeddings_layernorm", *this, c.n_embd, c.layer_norm_epsilon) : nullptr),
      layers(blocks(*this, c, rng)), norm(names_of(c).norm, *this, c.n_embd, c.layer_norm_epsilon) {}

std::vector<std::unique_ptr<GptNeox::Block>> GptNeox::Decoder::blocks(Module& parent, const GptNeoxConfig& c, Rng& rng) {
  std::vector<std::unique_ptr<Block>> all;
  for (int64_t i = 0; i < c.n_layer; ++i) all.push_back(std::make_unique<Block>(i, parent, c, rng));
  return all;
}

GptNeox::GptNeox(const GptNeoxConfig& config, Rng& rng)
    : config_((config.check(), config)), decoder_(*this, config_, rng), head_(names_of(config_).head, *this, head_product(config_, decoder_.words, rng)) {
  config_.rotary.size = config_.turned();
}

GptNeox::Places GptNeox::places(const Pass& pass, int64_t T) const {
  const Dtype dtype = computed_in(decoder_.words.rows_dtype());
  if (config_.is_bloom()) return {{}, alibi_bias(config_.n_head, (pass.cache ? pass.cache->past() : 0) + T, dtype)};
  return {config_.rotary.size > 0 ? turns_of(config_.rotary, pass, T, dtype) : Turns(), {}};
}

Tensor GptNeox::hidden(const Tensor& tokens, Pass& pass) const {
  const int64_t T = tokens.dim(-1), past = pass.cache ? pass.cache->past() : 0;
  GRIM_CHECK(tokens.ndim() == 2 && past + T <= config_.context, shape, config_.model_type(), "tokens: got {}, expected (B, T) with T <= {}", tokens.shape(),
             config_.context - past);
  const Places where = places(pass, T);
  Tensor x = decoder_.words(tokens);  // (B, T, C)
  x = decoder_.words_norm ? (*decoder_.words_norm)(x) : dropout(x, config_.dropout, pass);
  for (const auto& block : decoder_.layers) x = recomputed(pass, [&block = *block, x, where](Pass& p) { return block(x, where, p); });
  return decoder_.norm(x);
}

Tensor GptNeox::logits(const Tensor& tokens, Pass& pass) const { return head_(hidden(tokens, pass)); }

Tensor GptNeox::last_logits(const Tensor& tokens, Pass& pass) const { return head_(select(hidden(tokens, pass), 1, -1)); }

std::unique_ptr<DecodeCache> GptNeox::decode_cache() const { return std::make_unique<DecodeCache>(config_.n_layer, config_.context, TextLengths::any); }

Tensor GptNeox::loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const {
  return head_cross_entropy(head_, reshape(hidden(tokens, pass), {-1, config_.n_embd}), reshape(targets, {-1}), {.ignore_index = kIgnore});
}

// Folders of the bare decoder, as BLOOM's are published, lack its name before those of its parts.
void GptNeox::load(const std::vector<NamedTensor>& tensors, const std::string& source) {
  const GptNeoxNames& names = names_of(config_);
  const std::string head = names.head + ".weight", body = names.body + ".";
  if (config_.tied) check_tied(tensors, head, body + names.words + ".weight", source);
  std::vector<NamedTensor> kept;
  for (const NamedTensor& t : tensors) {
    const bool buffer = t.name.ends_with("rotary_emb.inv_freq") || t.name.ends_with(".attention.bias") || t.name.ends_with(".masked_bias");  // of old files
    if (buffer || (config_.tied && t.name == head)) continue;
    kept.push_back({t.name.starts_with(body) || t.name == head ? t.name : body + t.name, t.tensor});
  }
  CausalLm::load(kept, source);
}

}  // namespace grim
