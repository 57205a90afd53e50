#include "grimoire/model/bart.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "grimoire/autograd/tape.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/weights.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/init.h"
#include "grimoire/nn/recompute.h"
#include "grimoire/op/compare.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/select.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

constexpr double kBartStd = 0.02;

// BART's as BERT's; Marian's Xavier-uniform (Glorot and Bengio 2010), as its authors' programs have it.
Linear layer(const std::string& name, Module& parent, const BartConfig& c, int64_t in, int64_t out, Rng& rng) {
  const Tensor initial = c.learns_positions() ? normal_init({out, in}, kBartStd, rng) : xavier_uniform({out, in}, Gain::linear, rng);
  return {name, parent, std::make_unique<Dense>(initial, WeightLayout::out_in), zero_bias(out)};
}

// So that what enters the first layer has the deviation that the positions have, or BERT's.
double embedding_std(const BartConfig& c) { return c.scale_embedding ? 1 / std::sqrt(static_cast<double>(c.n_embd)) : kBartStd; }

}  // namespace

// In 64 bits, as the models' own code has them.
Tensor sinusoids(int64_t rows, int64_t C) {
  const Tensor table = Tensor::empty({rows, C});
  float* at = table.data<float>();
  const int64_t sines = (C + 1) / 2;
  for (int64_t p = 0; p < rows; ++p)
    for (int64_t j = 0; j < C; ++j) {
      const int64_t i = j < sines ? j : j - sines;
      const double angle = static_cast<double>(p) / std::pow(10000.0, static_cast<double>(2 * i) / static_cast<double>(C));
      *at++ = static_cast<float>(j < sines ? std::sin(angle) : std::cos(angle));
    }
  return table;
}

// --- forward -------------------------------------------------------------------------------------------------------

Bart::Attention::Attention(const std::string& name, Module& parent, const BartConfig& c, int64_t count, Rng& rng)
    : Module(name, parent), heads(count), k_proj(layer("k_proj", *this, c, c.n_embd, c.n_embd, rng)),
      v_proj(layer("v_proj", *this, c, c.n_embd, c.n_embd, rng)), q_proj(layer("q_proj", *this, c, c.n_embd, c.n_embd, rng)),
      out_proj(layer("out_proj", *this, c, c.n_embd, c.n_embd, rng)) {}

DecodeCache::KeysAndValues Bart::Attention::keys_and_values(const Tensor& x) const {
  const std::vector<Tensor> kv = outputs_of({&k_proj, &v_proj}, x);
  return {split_heads(kv[0], heads), split_heads(kv[1], heads)};
}

Tensor Bart::Attention::operator()(const Tensor& x, const DecodeCache::KeysAndValues& memory, const AttentionOptions& options) const {
  return out_proj(attend(*this, split_heads(q_proj(x), heads), memory.k, memory.v, options));
}

Bart::Block::Block(int64_t index, Module& parent, const BartConfig& c, bool decodes, Rng& rng)
    : Module("layers." + std::to_string(index), parent), self_attn("self_attn", *this, c, decodes ? c.decoder_heads() : c.n_head, rng),
      self_attn_layer_norm("self_attn_layer_norm", *this, c.n_embd),
      encoder_attn(decodes ? std::make_unique<Attention>("encoder_attn", *this, c, c.decoder_heads(), rng) : nullptr),
      encoder_attn_layer_norm(decodes ? std::make_unique<LayerNorm>("encoder_attn_layer_norm", *this, c.n_embd) : nullptr),
      fc1(layer("fc1", *this, c, c.n_embd, decodes ? c.decoder_inner() : c.inner(), rng)),
      fc2(layer("fc2", *this, c, decodes ? c.decoder_inner() : c.inner(), c.n_embd, rng)), final_layer_norm("final_layer_norm", *this, c.n_embd) {}

Tensor Bart::Block::feed_forward(const Tensor& x, const BartConfig& c, Pass& pass) const {
  const Tensor inside = grim::dropout(fc1(x, activation_named(c.activation)), c.activation_dropout, pass);
  return tapped(*this, final_layer_norm(dropout_add(fc2(inside), x, c.dropout, pass)), SiteKind::residual);
}

Bart::Positions::Positions(Module& parent, const BartConfig& c, Rng& rng)
    : Module("embed_positions", parent), first(c.position_rows() - c.context),
      weight(c.learns_positions() ? parameter("weight", normal_init({c.position_rows(), c.n_embd}, kBartStd, rng))
                                  : buffer("weight", sinusoids(c.position_rows(), c.n_embd))) {}

Bart::Stack::Stack(const std::string& name, Module& parent, const BartConfig& c, int64_t count, bool decodes, Rng& rng)
    : Module(name, parent), embed_positions(*this, c, rng) {
  for (int64_t i = 0; i < count; ++i) layers.push_back(std::make_unique<Block>(i, *this, c, decodes, rng));
  if (c.learns_positions()) layernorm_embedding = std::make_unique<LayerNorm>("layernorm_embedding", *this, c.n_embd);
}

Bart::Bart(const BartConfig& config, Rng& rng)
    : config_((config.check(), config)), shared_("model.shared", *this, normal_init({config_.vocab_size, config_.n_embd}, embedding_std(config_), rng)),
      encoder_("model.encoder", *this, config_, config_.n_layer, false, rng),
      decoder_("model.decoder", *this, config_, config_.decoder_layers(), true, rng), lm_head_("lm_head", *this, std::make_unique<Tied>(shared_)),
      final_logits_bias_(buffer("final_logits_bias", Tensor::zeros({1, config_.vocab_size}))) {}

// A row of the table for each id. That of the pad token, behind which Marian writes, learns from the output layer alone (PyTorch's padding_idx).
Tensor Bart::words(const Tensor& ids) const {
  const Tensor x = shared_(ids);  // (N, C)
  const int64_t* const begin = ids.data<int64_t>();
  if (std::find(begin, begin + ids.numel(), config_.pad_token) == begin + ids.numel()) return x;
  return where(unsqueeze(eq(ids, static_cast<double>(config_.pad_token)), 1), detach(x), x);
}

Tensor Bart::embedded(const Stack& stack, const TokenBatch& texts, int64_t past, Pass& pass) const {
  GRIM_CHECK(past + texts.longest() <= config_.context, shape, config_.model_type(), "a text of {} tokens, expected at most {}", past + texts.longest(),
             config_.context);
  Tensor x = words(texts.ids);
  if (config_.scale_embedding) x = x * std::sqrt(static_cast<double>(config_.n_embd));
  const Tensor rows = texts.places() + Tensor::full({1}, static_cast<double>(past + stack.embed_positions.first), Dtype::i64);
  x = x + embedding(stack.embed_positions.weight, rows);
  if (stack.layernorm_embedding) x = (*stack.layernorm_embedding)(x);
  return tapped(stack, dropout(unsqueeze(x, 0), config_.dropout, pass));
}

SourceMemory Bart::read(const TokenBatch& sources, Pass& pass) const {
  Tensor x = embedded(encoder_, sources, 0, pass);  // (1, N, C)
  for (const auto& block : encoder_.layers)
    x = recomputed(pass, [this, &b = *block, x, offsets = sources.offsets](Pass& p) {
      AttentionOptions options = with_dropout(config_.attention_dropout, p);
      options.offsets = offsets;
      const Tensor y = b.self_attn(x, b.self_attn.keys_and_values(x), options);
      const Tensor mid = tapped(b, b.self_attn_layer_norm(dropout_add(y, x, config_.dropout, p)), SiteKind::residual_mid);
      return b.feed_forward(mid, config_, p);
    });
  return {reshape(x, {sources.tokens(), config_.n_embd}), sources.offsets};
}

void Bart::prepare(SourceMemory& memory) const {
  memory.layers.clear();
  for (const auto& b : decoder_.layers) memory.layers.push_back(b->encoder_attn->keys_and_values(unsqueeze(memory.hidden, 0)));
}

Tensor Bart::written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const {
  const std::vector<int64_t> queries = by_source(targets, memory, pass);
  const Tensor source = unsqueeze(memory.hidden, 0);
  Tensor x = embedded(decoder_, targets, pass.cache ? pass.cache->past() : 0, pass);  // (1, M, C)
  for (size_t i = 0; i < decoder_.layers.size(); ++i)
    x = recomputed(pass, [=, this, &b = *decoder_.layers[i], prepared = memory.layer(i), keys = memory.offsets](Pass& p) {
      const Tensor seen = look_back(b.self_attn, x, targets, static_cast<int64_t>(i), with_dropout(config_.attention_dropout, p), p);
      const Tensor y = b.self_attn_layer_norm(dropout_add(seen, x, config_.dropout, p));
      AttentionOptions cross = with_dropout(config_.attention_dropout, p);
      cross.offsets = queries;
      cross.key_offsets = keys;
      const Tensor read = (*b.encoder_attn)(y, prepared ? *prepared : b.encoder_attn->keys_and_values(source), cross);
      const Tensor mid = tapped(b, (*b.encoder_attn_layer_norm)(dropout_add(read, y, config_.dropout, p)), SiteKind::residual_mid);
      return b.feed_forward(mid, config_, p);
    });
  return reshape(x, {targets.tokens(), config_.n_embd});
}

Tensor Bart::logits(const Tensor& written) const { return biased_ ? lm_head_(written) + final_logits_bias_ : lm_head_(written); }
Tensor Bart::loss_of(const Tensor& written, const Tensor& next) const {
  return biased_ ? cross_entropy(logits(written), next) : head_cross_entropy(lm_head_, written, next, {});
}

std::unique_ptr<DecodeCache> Bart::decode_cache() const { return std::make_unique<DecodeCache>(config_.decoder_layers(), config_.context); }

// BART writes behind the end of a text, Marian behind the pad token.
void Bart::take_tokens(const SpecialTokens& tokens) {
  config_.end_token = tokens.end;
  config_.pad_token = tokens.pad.value_or(tokens.end);
  config_.begin_token = tokens.begin.value_or(tokens.end);
  config_.start_token = tokens.start.value_or(config_.learns_positions() ? config_.end_token : config_.pad_token);
}

// Folders of the bare model lack "model." before each name; the embedding stands under the names of those that share it too, and so does the output
// layer; the bias of the scores and the table of sines may be left out.
void Bart::load(const std::vector<NamedTensor>& tensors, const std::string& source) {
  static const std::set<std::string> kSame = {"model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"};
  const bool bare = std::ranges::any_of(tensors, [](const NamedTensor& t) { return t.name.starts_with("encoder.") || t.name == "shared.weight"; });
  std::vector<NamedTensor> named, kept;
  for (const NamedTensor& t : tensors) {
    const bool of_head = t.name == "final_logits_bias" || t.name == "lm_head.weight";
    if (!t.name.ends_with("coder.version")) named.push_back({bare && !of_head ? "model." + t.name : t.name, t.tensor});
  }
  const auto has = [&](const std::string& name) { return std::ranges::find(named, name, &NamedTensor::name) != named.end(); };
  const std::string table = has("model.shared.weight") ? "model.shared.weight" : "model.encoder.embed_tokens.weight";
  for (const NamedTensor& t : named) {
    if (t.name == table) kept.push_back({"model.shared.weight", t.tensor});
    else if (kSame.contains(t.name)) check_tied(named, t.name, table, source);
    else kept.push_back(t);
  }
  for (const NamedTensor& own : buffers())
    if (!has(own.name)) kept.push_back({own.name, own.name == "final_logits_bias" ? Tensor::zeros(own.tensor.shape()) : own.tensor});
  Seq2Seq::load(kept, source);
  const std::vector<float> bias = final_logits_bias_.to_vector<float>();
  biased_ = std::ranges::any_of(bias, [](float b) { return b != 0; });
}

}  // namespace grim
