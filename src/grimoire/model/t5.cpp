#include "grimoire/model/t5.h"

#include <algorithm>
#include <cmath>

#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/weights.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/init.h"
#include "grimoire/nn/recompute.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

std::unique_ptr<Product> weight(int64_t in, int64_t out, double std, Rng& rng) {
  return std::make_unique<Dense>(normal_init({out, in}, std, rng), WeightLayout::out_in);
}
double root(int64_t n) { return std::sqrt(static_cast<double>(n)); }

bool is_gated(const T5Config& c) { return c.feed_forward.starts_with("gated-"); }
Activation activation_of(const T5Config& c) {
  const std::string name = is_gated(c) ? c.feed_forward.substr(6) : c.feed_forward;
  return activation_named(is_gated(c) && name == "gelu" ? "gelu_new" : name, "feed_forward_proj");
}

std::unique_ptr<Product> head_product(const T5Config& c, const Embedding& shared, Rng& rng) {
  if (c.tied) return std::make_unique<Tied>(shared);
  return weight(c.n_embd, c.vocab_size, 1, rng);
}

constexpr int64_t kUnbounded = int64_t{1} << 24;  // tokens of a cache that grows as it is filled: there are no positions to run out of

}  // namespace

// Distances are worked out in 32 bits, as the models' own code has them.
int64_t t5_bucket(int64_t distance, Sight sight, int64_t buckets, int64_t max_distance) {
  int64_t first = 0;
  if (sight == Sight::both) {
    buckets /= 2;
    if (distance > 0) first = buckets;
    distance = std::abs(distance);
  } else {
    distance = std::max<int64_t>(0, -distance);
  }
  const int64_t exact = buckets / 2;
  if (distance < exact) return first + distance;
  const float share = std::log(static_cast<float>(distance) / static_cast<float>(exact)) /
                      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  return first + std::min(buckets - 1, exact + static_cast<int64_t>(share * static_cast<float>(buckets - exact)));
}

// --- forward -------------------------------------------------------------------------------------------------------

T5::Attention::Attention(const std::string& name, Module& parent, const T5Config& c, Rng& rng)
    : Module(name, parent), heads(c.n_head),
      q("q", *this, weight(c.n_embd, c.n_head * c.head_size, 1 / root(c.n_embd * c.head_size), rng)),
      k("k", *this, weight(c.n_embd, c.n_head * c.head_size, 1 / root(c.n_embd), rng)),
      v("v", *this, weight(c.n_embd, c.n_head * c.head_size, 1 / root(c.n_embd), rng)),
      o("o", *this, weight(c.n_head * c.head_size, c.n_embd, 1 / root(c.n_head * c.head_size), rng)) {}

DecodeCache::KeysAndValues T5::Attention::keys_and_values(const Tensor& x) const {
  const std::vector<Tensor> kv = outputs_of({&k, &v}, x);
  return {split_heads(kv[0], heads), split_heads(kv[1], heads)};
}

Tensor T5::Attention::operator()(const Tensor& x, const DecodeCache::KeysAndValues& memory, const AttentionOptions& options) const {
  return o(attend(*this, split_heads(q(x), heads), memory.k, memory.v, options));
}

T5::FeedForward::FeedForward(const std::string& name, Module& parent, const T5Config& c, Rng& rng)
    : Module(name, parent), activation(activation_of(c)), dropout(c.dropout),
      wi(is_gated(c) ? "wi_0" : "wi", *this, weight(c.n_embd, c.n_inner, 1 / root(c.n_embd), rng)),
      gated(is_gated(c) ? std::make_unique<Linear>("wi_1", *this, weight(c.n_embd, c.n_inner, 1 / root(c.n_embd), rng)) : nullptr),
      wo("wo", *this, weight(c.n_inner, c.n_embd, 1 / root(c.n_inner), rng)) {}

Tensor T5::FeedForward::operator()(const Tensor& x, Pass& pass) const {
  return wo(grim::dropout(gated ? grim::gated(wi, activation, *gated, x) : wi(x, activation), dropout, pass));
}

T5::Block::Block(int64_t index, Module& parent, const T5Config& c, bool decodes, Rng& rng)
    : Module("block." + std::to_string(index), parent), self("layer.0.SelfAttention", *this, c, rng),
      self_norm("layer.0.layer_norm", *this, c.n_embd, c.rms_norm_epsilon),
      cross(decodes ? std::make_unique<Attention>("layer.1.EncDecAttention", *this, c, rng) : nullptr),
      cross_norm(decodes ? std::make_unique<RmsNorm>("layer.1.layer_norm", *this, c.n_embd, c.rms_norm_epsilon) : nullptr),
      feed_forward(decodes ? "layer.2.DenseReluDense" : "layer.1.DenseReluDense", *this, c, rng),
      feed_forward_norm(decodes ? "layer.2.layer_norm" : "layer.1.layer_norm", *this, c.n_embd, c.rms_norm_epsilon) {}

T5::Stack::Stack(const std::string& name, Module& parent, const T5Config& c, int64_t layers, bool decodes, Rng& rng)
    : Module(name, parent), bias("block.0.layer.0.SelfAttention.relative_attention_bias", *this, normal_init({c.buckets, c.n_head}, 1 / root(c.n_embd), rng)),
      final_layer_norm("final_layer_norm", *this, c.n_embd, c.rms_norm_epsilon) {
  for (int64_t i = 0; i < layers; ++i) block.push_back(std::make_unique<Block>(i, *this, c, decodes, rng));
}

T5::T5(const T5Config& config, Rng& rng)
    : config_((config.check(), config)), shared_("shared", *this, config_.vocab_size, config_.n_embd, rng),
      encoder_("encoder", *this, config_, config_.n_layer, false, rng), decoder_("decoder", *this, config_, config_.decoder_layers(), true, rng),
      lm_head_("lm_head", *this, head_product(config_, shared_, rng)) {}

AttentionOptions T5::unscaled(Pass& pass) const {
  AttentionOptions options = with_dropout(config_.dropout, pass);
  options.scale = 1;
  return options;
}

// (H, W) by distance, for texts of at most `longest` tokens: zero stands in column longest - 1.
Tensor T5::distance_bias(const Stack& stack, Sight sight, int64_t longest) const {
  std::vector<int64_t> buckets;
  for (int64_t d = 1 - longest; d <= (sight == Sight::both ? longest - 1 : 0); ++d)
    buckets.push_back(t5_bucket(d, sight, config_.buckets, config_.max_distance));
  return transpose(stack.bias(Tensor::from<int64_t>(buckets, {static_cast<int64_t>(buckets.size())})), 0, 1);
}

SourceMemory T5::read(const TokenBatch& sources, Pass& pass) const {
  const int64_t longest = std::max<int64_t>(1, sources.longest());
  const Tensor bias = distance_bias(encoder_, Sight::both, longest);
  Tensor x = dropout(unsqueeze(shared_(sources.ids), 0), config_.dropout, pass);  // (1, N, C)
  for (const auto& block : encoder_.block)
    x = recomputed(pass, [this, &b = *block, x, bias, longest, offsets = sources.offsets](Pass& p) {
      AttentionOptions options = unscaled(p);
      options.offsets = offsets;
      options.distance_bias = bias;
      options.distance_zero = longest - 1;
      const Tensor y = b.self_norm(x);
      const Tensor mid = tapped(b, dropout_add(b.self(y, b.self.keys_and_values(y), options), x, config_.dropout, p), SiteKind::residual_mid);
      return tapped(b, dropout_add(b.feed_forward(b.feed_forward_norm(mid), p), mid, config_.dropout, p), SiteKind::residual);
    });
  x = dropout(encoder_.final_layer_norm(x), config_.dropout, pass);
  return {reshape(x, {sources.tokens(), config_.n_embd}), sources.offsets};
}

void T5::prepare(SourceMemory& memory) const {
  memory.layers.clear();
  for (const auto& b : decoder_.block) memory.layers.push_back(b->cross->keys_and_values(unsqueeze(memory.hidden, 0)));
}

Tensor T5::written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const {
  const int64_t M = targets.tokens(), past = pass.cache ? pass.cache->past() : 0, longest = std::max<int64_t>(1, past + targets.longest());
  const std::vector<int64_t> queries = by_source(targets, memory, pass);
  const Tensor bias = distance_bias(decoder_, Sight::before, longest), source = unsqueeze(memory.hidden, 0);
  Tensor x = dropout(unsqueeze(shared_(targets.ids), 0), config_.dropout, pass);  // (1, M, C)
  for (size_t i = 0; i < decoder_.block.size(); ++i)
    x = recomputed(pass, [=, this, &b = *decoder_.block[i], prepared = memory.layer(i), keys = memory.offsets](Pass& p) {
      AttentionOptions self = unscaled(p);
      self.distance_bias = bias;
      self.distance_zero = longest - 1;
      const Tensor seen = look_back(b.self, b.self_norm(x), targets, static_cast<int64_t>(i), self, p);
      const Tensor y = dropout_add(seen, x, config_.dropout, p);
      AttentionOptions cross = unscaled(p);
      cross.offsets = queries;
      cross.key_offsets = keys;
      const Tensor read = (*b.cross)((*b.cross_norm)(y), prepared ? *prepared : b.cross->keys_and_values(source), cross);
      const Tensor mid = tapped(b, dropout_add(read, y, config_.dropout, p), SiteKind::residual_mid);
      return tapped(b, dropout_add(b.feed_forward(b.feed_forward_norm(mid), p), mid, config_.dropout, p), SiteKind::residual);
    });
  return reshape(dropout(decoder_.final_layer_norm(x), config_.dropout, pass), {M, config_.n_embd});
}

Tensor T5::before_head(const Tensor& written) const { return config_.scale_output ? written * (1 / root(config_.n_embd)) : written; }
Tensor T5::logits(const Tensor& written) const { return lm_head_(before_head(written)); }
Tensor T5::loss_of(const Tensor& written, const Tensor& next) const { return head_cross_entropy(lm_head_, before_head(written), next, {}); }

std::unique_ptr<DecodeCache> T5::decode_cache() const { return std::make_unique<DecodeCache>(config_.decoder_layers(), kUnbounded); }

void T5::take_tokens(const SpecialTokens& tokens) {
  config_.end_token = tokens.end;
  config_.pad_token = tokens.pad.value_or(tokens.end);
  config_.start_token = tokens.start.value_or(config_.pad_token);
}

// The embedding stands under the names of those that share it too, and so does a tied output layer.
void T5::load(const std::vector<NamedTensor>& tensors, const std::string& source) {
  if (config_.tied) check_tied(tensors, "lm_head.weight", "shared.weight", source);
  std::vector<NamedTensor> kept;
  const bool shared = std::ranges::any_of(tensors, [](const NamedTensor& t) { return t.name == "shared.weight"; });
  for (const NamedTensor& t : tensors) {
    if (t.name == "decoder.embed_tokens.weight" || (config_.tied && t.name == "lm_head.weight")) continue;
    if (t.name == "encoder.embed_tokens.weight") {
      if (!shared) kept.push_back({"shared.weight", t.tensor});
      continue;
    }
    kept.push_back(t);
  }
  Seq2Seq::load(kept, source);
}

// --- options and config.json -----------------------------------------------------------------------------------------

Options T5Config::options() {
  return {embedding_option(&n_embd),
          layers_option(&n_layer),
          {.name = "n-head", .help = "attention heads", .target = &n_head, .low = 1, .high = 1 << 16},
          {.name = "head-size", .help = "width of a head", .target = &head_size, .low = 1, .high = 1 << 16},
          {.name = "n-inner", .help = "width inside the feed-forward", .target = &n_inner, .low = 1, .high = 1 << 20},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99}};
}

void T5Config::check() const {
  GRIM_CHECK(buckets >= 4 && buckets % 2 == 0 && max_distance > buckets / 2, argument, "t5",
             "{} buckets (relative_attention_num_buckets) for distances up to {} (relative_attention_max_distance): expected an even number, from 4 to "
             "below twice that", buckets, max_distance);
}

ConfigShapes T5Config::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, C{{"d_model"}, n_embd}, I{{"num_heads", "d_kv"}, n_head * head_size}, F{{"d_ff"}, n_inner};
  ConfigShapes all{.layers = {{"encoder.block.", "num_layers", n_layer}, {"decoder.block.", "num_decoder_layers|num_layers", decoder_layers()}},
                   .tensors = {{"shared.weight", {V, C}}, {"embed_tokens.weight", {V, C}}, {"lm_head.weight", {V, C}}, {"q.weight", {I, C}},
                               {"relative_attention_bias.weight", {{{"relative_attention_num_buckets"}, buckets}, {{"num_heads"}, n_head}}},
                               {"wi.weight", {F, C}}, {"wi_0.weight", {F, C}}, {"wo.weight", {C, F}}},
                   .presence = {{"wi_0.weight", "feed_forward_proj", is_gated(*this)}}};
  if (!tied) all.presence.push_back({"lm_head.weight", "tie_word_embeddings", true});
  return all;
}

double T5Config::parameter_count() const {
  const double V = double(vocab_size), C = double(n_embd), I = double(n_head * head_size), F = double(n_inner);
  const double inside = (is_gated(*this) ? 3 : 2) * C * F;
  return (tied ? V * C : 2 * V * C) + 2 * double(buckets * n_head) + double(n_layer) * (4 * C * I + inside + 2 * C) +
         double(decoder_layers()) * (8 * C * I + inside + 3 * C) + 2 * C;
}

Json T5Config::to_json() const {
  return Json::object({{"model_type", "t5"},
                       {"architectures", Json::array({"T5ForConditionalGeneration"})},
                       {"is_encoder_decoder", true},
                       {"vocab_size", vocab_size},
                       {"d_model", n_embd},
                       {"d_kv", head_size},
                       {"d_ff", n_inner},
                       {"num_heads", n_head},
                       {"num_layers", n_layer},
                       {"num_decoder_layers", decoder_layers()},
                       {"relative_attention_num_buckets", buckets},
                       {"relative_attention_max_distance", max_distance},
                       {"dropout_rate", dropout},
                       {"layer_norm_epsilon", rms_norm_epsilon},
                       {"feed_forward_proj", feed_forward},
                       {"initializer_factor", 1.0},
                       {"tie_word_embeddings", tied},
                       {"scale_decoder_outputs", scale_output},
                       {"pad_token_id", pad_token},
                       {"eos_token_id", end_token},
                       {"decoder_start_token_id", start_token},
                       {"torch_dtype", "float32"}});
}

namespace {

const std::vector<KeyRule>& t5_rules() {
  static const std::vector<KeyRule> rules = {
      {"vocab_size"}, {"d_model"}, {"d_kv"}, {"d_ff"}, {"num_heads"}, {"num_layers"}, {"num_decoder_layers"}, {"relative_attention_num_buckets"},
      {"relative_attention_max_distance"}, {"dropout_rate"}, {"layer_norm_epsilon"}, {"feed_forward_proj"}, {"tie_word_embeddings"}, {"scale_decoder_outputs"},
      {"pad_token_id"}, {"eos_token_id"}, {"decoder_start_token_id"}, {"is_encoder_decoder", KeyUse::fixed, {"true"}}, {"is_decoder", KeyUse::fixed, {"false"}},
      {"initializer_factor", KeyUse::harmless}, {"classifier_dropout", KeyUse::harmless},  // of a head that is not here
      {"dense_act_fn", KeyUse::harmless}, {"is_gated_act", KeyUse::harmless},              // what feed_forward_proj says
      {"n_positions", KeyUse::harmless}};                                                  // there are none
  return rules;
}

}  // namespace

T5Config T5Config::from_json(const Json& json) {
  check_config_keys(json, t5_rules());
  const auto given = [&](const char* key) {
    const Json* const value = json.find(key);
    return value && !value->is_null();
  };
  const auto size_or = [&](const char* key, int64_t otherwise) { return given(key) ? config_size(json, key) : otherwise; };
  const auto token_or = [&](const char* key, int64_t otherwise) { return given(key) ? config_size(json, key, 0) : otherwise; };
  T5Config c{.vocab_size = config_size(json, "vocab_size"),
             .n_embd = config_size(json, "d_model"),
             .head_size = config_size(json, "d_kv"),
             .n_head = config_size(json, "num_heads"),
             .n_inner = config_size(json, "d_ff"),
             .n_layer = config_size(json, "num_layers", 1, 1 << 16),
             .n_decoder_layer = size_or("num_decoder_layers", 0),
             .buckets = size_or("relative_attention_num_buckets", 32),
             .max_distance = size_or("relative_attention_max_distance", 128),
             .dropout = config_rate(json, "dropout_rate", 0.1),
             .rms_norm_epsilon = json.real("layer_norm_epsilon", 1e-6),
             .feed_forward = json.text("feed_forward_proj", "relu"),
             .tied = json.boolean("tie_word_embeddings", true),
             .pad_token = token_or("pad_token_id", 0),
             .end_token = token_or("eos_token_id", 1)};
  c.scale_output = json.boolean("scale_decoder_outputs", c.tied);
  c.start_token = token_or("decoder_start_token_id", c.pad_token);
  if (c.n_decoder_layer == c.n_layer) c.n_decoder_layer = 0;
  GRIM_CHECK(c.rms_norm_epsilon > 0 && c.rms_norm_epsilon < 1, input, "config", "config.json: key 'layer_norm_epsilon': got {}, expected above 0, below 1",
             c.rms_norm_epsilon);
  GRIM_CHECK(std::max({c.pad_token, c.end_token, c.start_token}) < c.vocab_size, input, "config", "config.json: a token_id is beyond the vocabulary of {}",
             c.vocab_size);
  activation_of(c);
  return c;
}

Architecture t5_architecture() {
  const T5Config small{.n_embd = 128, .head_size = 32, .n_head = 4, .n_inner = 512, .n_layer = 2};
  // Short texts: a decoder that knows nothing yet finds its gap among few others. Relative steps, for the embedding begins far larger than the rest.
  const char* const recipe = R"({"length": 32, "steps": 20000, "batch_size": 32, "lr": 0.015, "relative_step": true, "schedule": "cosine", "warmup": 300,
    "weight_decay": 0, "decay_all": false, "grad_clip": 1.0, "beta2": 0.999, "split": "90/5/5"})";
  return architecture<T5, T5Config>({.name = "t5", .summary = "T5: writes one text from another", .task = "spans", .items_recipe = recipe,
                                     .text_recipe = recipe}, Reading::sequence, small);
}

Architecture t5_seq2seq_architecture() {
  Architecture a = t5_architecture();
  a.name = "t5-seq2seq";
  a.model_type = "t5";
  a.summary = "T5, trained on pairs of texts";
  a.task = "seq2seq";
  a.is_read = false;
  a.items_recipe = a.text_recipe = R"({"steps": 6000, "batch_size": 64, "lr": 0.01, "relative_step": true, "schedule": "cosine", "warmup": 300,
    "weight_decay": 0.0, "decay_all": false, "grad_clip": 1.0, "beta2": 0.999, "split": "90/5/5"})";
  return a;
}

}  // namespace grim
