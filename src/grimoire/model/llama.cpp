#include "grimoire/model/llama.h"

#include <algorithm>

#include "grimoire/base/setting_words.h"
#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/expert_keys.h"
#include "grimoire/model/rotary_keys.h"
#include "grimoire/model/weights.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/recompute.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

constexpr double kInitStd = 0.02;

std::unique_ptr<Product> weight(int64_t in, int64_t out, double std, Rng& rng) {
  return std::make_unique<Dense>(normal_init({out, in}, std, rng), WeightLayout::out_in);
}
Tensor bias(bool there, int64_t out) { return there ? zero_bias(out) : no_bias(); }
double residual_std(const LlamaConfig& c) { return gpt2_residual_std(c.n_layer); }

std::unique_ptr<Product> head_product(const LlamaConfig& c, const Embedding& table, Rng& rng) {
  if (c.tied) return std::make_unique<Tied>(table);
  return weight(c.n_embd, c.vocab_size, kInitStd, rng);
}

}  // namespace

Llama::Attention::Attention(Module& parent, const LlamaConfig& c, int64_t layer, Rng& rng)
    : Module("self_attn", parent), layer(layer), heads(c.n_head), kv_heads(c.kv_heads()), window(c.window),
      q_proj("q_proj", *this, weight(c.n_embd, c.n_head * c.head(), kInitStd, rng), bias(c.qkv_biases, c.n_head * c.head())),
      k_proj("k_proj", *this, weight(c.n_embd, c.kv_heads() * c.head(), kInitStd, rng), bias(c.qkv_biases, c.kv_heads() * c.head())),
      v_proj("v_proj", *this, weight(c.n_embd, c.kv_heads() * c.head(), kInitStd, rng), bias(c.qkv_biases, c.kv_heads() * c.head())),
      o_proj("o_proj", *this, weight(c.n_head * c.head(), c.n_embd, residual_std(c), rng), bias(c.out_bias, c.n_embd)) {}

Tensor Llama::Attention::operator()(const Tensor& x, const Turns& turns, Pass& pass) const {
  const std::vector<Tensor> qkv = outputs_of({&q_proj, &k_proj, &v_proj}, x);
  const Tensor q = rotary(split_heads(qkv[0], heads), turns.cos, turns.sin);                   // (B, H, T, D)
  const Tensor k = kept(rotary(split_heads(qkv[1], kv_heads), turns.cos, turns.sin), k_proj);  // (B, G, T, D)
  const Tensor v = kept(split_heads(qkv[2], kv_heads), v_proj);
  AttentionOptions options{.mask = AttentionMask::causal, .window = window};
  if (!pass.cache) return o_proj(attend(*this, q, k, v, options));
  const DecodeCache::KeysAndValues seen = pass.cache->extend(layer, k, v);
  options.key_lengths = seen.lengths;
  return o_proj(attend(*this, q, seen.k, seen.v, options));
}

Llama::Gated::Gated(const std::string& name, Module& parent, const LlamaConfig& c, const Names& names, int64_t inner, Rng& rng)
    : FeedForward(name, parent), gate_proj(names.gate, *this, weight(c.n_embd, inner, kInitStd, rng), bias(c.feed_forward_biases, inner)),
      up_proj(names.up, *this, weight(c.n_embd, inner, kInitStd, rng), bias(c.feed_forward_biases, inner)),
      down_proj(names.down, *this, weight(inner, c.n_embd, residual_std(c), rng), bias(c.feed_forward_biases, c.n_embd)) {}

Tensor Llama::Gated::operator()(const Tensor& x, Pass&) const { return down_proj(gated(gate_proj, Activation::silu, up_proj, x)); }

std::unique_ptr<FeedForward> Llama::Block::feed_forward(Module& parent, const LlamaConfig& c, Rng& rng) {
  if (!c.experts.any()) return std::make_unique<Gated>("mlp", parent, c, Gated::Names{"gate_proj", "up_proj", "down_proj"}, c.inner(), rng);
  return std::make_unique<Experts>("block_sparse_moe", parent, c.experts, c.n_embd, rng, [&](const std::string& name, Module& mixture, int64_t times) {
    return std::make_unique<Gated>(name, mixture, c, Gated::Names{"w1", "w3", "w2"}, times * c.inner(), rng);
  });
}

Llama::Block::Block(int64_t layer, Module& parent, const LlamaConfig& c, Rng& rng)
    : Module("layers." + std::to_string(layer), parent), input_layernorm("input_layernorm", *this, c.n_embd, c.rms_norm_epsilon),
      self_attn(*this, c, layer, rng), post_attention_layernorm("post_attention_layernorm", *this, c.n_embd, c.rms_norm_epsilon),
      mlp(feed_forward(*this, c, rng)) {}

Tensor Llama::Block::operator()(Tensor x, const Turns& turns, Pass& pass) const {
  x = tapped(*this, x + self_attn(input_layernorm(x), turns, pass), SiteKind::residual_mid);
  return tapped(*this, x + (*mlp)(post_attention_layernorm(x), pass), SiteKind::residual);
}

Llama::Decoder::Decoder(Module& parent, const LlamaConfig& c, Rng& rng)
    : Module("model", parent), embed_tokens("embed_tokens", *this, normal_init({c.vocab_size, c.n_embd}, kInitStd, rng)), layers(blocks(*this, c, rng)),
      norm("norm", *this, c.n_embd, c.rms_norm_epsilon) {}

std::vector<std::unique_ptr<Llama::Block>> Llama::Decoder::blocks(Module& parent, const LlamaConfig& c, Rng& rng) {
  std::vector<std::unique_ptr<Block>> all;
  for (int64_t i = 0; i < c.n_layer; ++i) all.push_back(std::make_unique<Block>(i, parent, c, rng));
  return all;
}

Llama::Llama(const LlamaConfig& config, Rng& rng)
    : config_((config.check(), config)), model_(*this, config_, rng), lm_head_("lm_head", *this, head_product(config_, model_.embed_tokens, rng)) {
  config_.rotary.size = config_.head();
}

Tensor Llama::hidden(const Tensor& tokens, Pass& pass) const {
  const int64_t T = tokens.dim(-1), past = pass.cache ? pass.cache->past() : 0;
  GRIM_CHECK(tokens.ndim() == 2 && past + T <= config_.context, shape, "llama", "tokens: got {}, expected (B, T) with T <= {}", tokens.shape(),
             config_.context - past);
  const Turns turns = turns_of(config_.rotary, pass, T, computed_in(model_.embed_tokens.rows_dtype()));
  Tensor x = model_.embed_tokens(tokens);  // (B, T, C)
  for (const auto& block : model_.layers) x = recomputed(pass, [&block = *block, x, turns](Pass& p) { return block(x, turns, p); });
  return model_.norm(x);
}

Tensor Llama::logits(const Tensor& tokens, Pass& pass) const { return lm_head_(hidden(tokens, pass)); }

Tensor Llama::last_logits(const Tensor& tokens, Pass& pass) const { return lm_head_(select(hidden(tokens, pass), 1, -1)); }

std::unique_ptr<DecodeCache> Llama::decode_cache() const { return std::make_unique<DecodeCache>(config_.n_layer, config_.context, TextLengths::any); }

Tensor Llama::loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const {
  return head_cross_entropy(lm_head_, reshape(hidden(tokens, pass), {-1, config_.n_embd}), reshape(targets, {-1}), {.ignore_index = kIgnore});
}

void Llama::load(const std::vector<NamedTensor>& tensors, const std::string& source) {
  if (config_.tied) check_tied(tensors, "lm_head.weight", "model.embed_tokens.weight", source);
  std::vector<NamedTensor> kept;
  for (const NamedTensor& t : tensors) {
    const bool frequencies = t.name.ends_with("rotary_emb.inv_freq");  // a buffer of old files
    const bool tied_head = config_.tied && t.name == "lm_head.weight";
    if (!frequencies && !tied_head) kept.push_back(t);
  }
  CausalLm::load(kept, source);
}

// --- options and config.json -----------------------------------------------------------------------------------------

Options LlamaConfig::options() {
  Options all = {context_option(&context),
          embedding_option(&n_embd),
          layers_option(&n_layer),
          {.name = "n-head", .help = "attention heads", .target = &n_head, .low = 1, .high = 1 << 16},
          {.name = "n-kv-head", .help = "heads of keys and values, each for as many of queries; 0: as many", .target = &n_kv_head, .low = 0, .high = 1 << 16},
          {.name = "n-inner", .help = "width inside the feed-forward; 0: 8/3 of the embedding", .target = &n_inner, .low = 0, .high = 1 << 20},
          {.name = "rope-theta", .help = "base of the rotary positions: larger for longer texts", .target = &rotary.theta, .low = 1, .high = 1e12},
          {.name = "window", .help = "tokens that one sees, itself among them; 0: all before it", .target = &window, .low = 0, .high = 1 << 24},
          {.name = "tied", .help = "output layer shares the token embedding", .target = &tied}};
  if (kind != LlamaKind::qwen2) all = joined({all, expert_options(&experts)});
  return all;
}

void LlamaConfig::check() const {
  if (head_size == 0) check_heads("llama", n_embd, n_head);
  GRIM_CHECK(n_head % kv_heads() == 0, argument, "llama",
             "the heads " GRIM_SETTING("n-head") " must divide by those of keys and values, " GRIM_SETTING("n-kv-head") ": got {} and {}", n_head, kv_heads());
  GRIM_CHECK(head() % 2 == 0, argument, "llama", "a head is {} wide: expected an even width, whose pairs are turned", head());
  GRIM_CHECK(kind != LlamaKind::mixtral || experts.any(), argument, model_type(), "got " GRIM_SETTING("experts=0") ": expected at least one");
  GRIM_CHECK(!experts.any() || (!qkv_biases && !out_bias && !feed_forward_biases), argument, "llama",
             "experts and biases: no config.json has both, expected one of them");
  check_experts("llama", experts);
}

ConfigShapes LlamaConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, C{{"hidden_size"}, n_embd}, F{{"intermediate_size"}, inner()};
  const Length Q = head_size > 0 ? Length{{"num_attention_heads", "head_dim"}, n_head * head()} : Length{{"hidden_size"}, n_embd};
  const Length K = head_size > 0 ? Length{{"num_key_value_heads", "head_dim"}, kv_heads() * head()}
                                 : Length{{"num_key_value_heads", "num_attention_heads", "hidden_size"}, kv_heads() * head()};
  ConfigShapes all{.layers = {{"layers.", "num_hidden_layers", n_layer}},
                   .tensors = {{"embed_tokens.weight", {V, C}}, {"lm_head.weight", {V, C}}, {"model.norm.weight", {C}}, {"q_proj.weight", {Q, C}},
                               {"k_proj.weight", {K, C}}, {"v_proj.weight", {K, C}}, {"o_proj.weight", {C, Q}}, {"gate_proj.weight", {F, C}},
                               {"up_proj.weight", {F, C}}, {"down_proj.weight", {C, F}}},
                   .presence = {{"mlp.up_proj.bias", "mlp_bias", feed_forward_biases}, {"o_proj.bias", "attention_bias", out_bias}}};
  if (!tied) all.presence.push_back({"lm_head.weight", "tie_word_embeddings", true});
  if (experts.any()) {
    const Length E{{"num_local_experts"}, experts.experts}, S{{"grimoire_shared_experts", "intermediate_size"}, experts.shared * inner()};
    all.layers.push_back({"experts.", "num_local_experts", experts.experts});
    for (const auto& t : {ConfigShapes::Tensors{"experts.*.w1.weight", {F, C}}, {"experts.*.w3.weight", {F, C}}, {"experts.*.w2.weight", {C, F}},
                          {"block_sparse_moe.gate.weight", {E, C}}, {"shared_expert.w1.weight", {S, C}}})
      all.tensors.push_back(t);
    all.presence.push_back({"shared_expert.w1.weight", "grimoire_shared_experts", experts.shared > 0});
  }
  return all;
}

namespace {

// Where a feed-forward counts so much.
double count(const LlamaConfig& c, double feed_forward) {
  const double V = double(c.vocab_size), C = double(c.n_embd), Q = double(c.n_head * c.head()), K = double(c.kv_heads() * c.head());
  const double biases = (c.qkv_biases ? Q + 2 * K : 0) + (c.out_bias ? C : 0);
  const double block = 2 * C * Q + 2 * C * K + 2 * C + biases + feed_forward;
  return (c.tied ? V * C : 2 * V * C) + double(c.n_layer) * block + C;
}

double one_feed_forward(const LlamaConfig& c) {
  const double C = double(c.n_embd), F = double(c.inner());
  return 3 * C * F + (c.feed_forward_biases ? 2 * F + C : 0);
}

}  // namespace

double LlamaConfig::parameter_count() const { return count(*this, expert_parameters(experts, one_feed_forward(*this), double(n_embd))); }
double LlamaConfig::work() const { return count(*this, expert_work(experts, one_feed_forward(*this), double(n_embd))); }
std::vector<std::string> LlamaConfig::warnings() const { return expert_warnings(experts); }

std::vector<SizeAxis> LlamaConfig::axes() const {
  const int64_t group = n_head / kv_heads(), heads = n_kv_head > 0 ? std::min<int64_t>(n_head, 2 * group) : std::min<int64_t>(n_head, 4);
  if (head_size > 0 || n_head % heads != 0 || (n_kv_head > 0 && heads != n_head))
    return axes_with_experts({{"n-layer", kFewLayers}, {"context", kSmallContext}}, experts);
  constexpr int64_t kWidth = 48;  // and its multiples are 3/8 of an inner width that is not rounded
  return axes_with_experts({{"n-layer", kFewLayers}, {"n-head", heads, 0}, {"n-embd", heads * (kWidth / heads), 2}, {"context", kSmallContext}}, experts);
}

namespace {

constexpr const char* kModelTypes[] = {"llama", "mistral", "qwen2", "mixtral"};  // in the order of LlamaKind
constexpr const char* kClasses[] = {"LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "MixtralForCausalLM"};  // in the same

const std::vector<KeyRule>& llama_rules() {
  static const std::vector<KeyRule> rules = {
      {"vocab_size"}, {"max_position_embeddings"}, {"hidden_size"}, {"intermediate_size"}, {"num_hidden_layers"}, {"num_attention_heads"},
      {"num_key_value_heads"}, {"head_dim"}, {"rms_norm_eps"}, {"rope_theta"}, {"rope_scaling"}, {"rope_parameters"}, {"tie_word_embeddings"},
      {"attention_bias"}, {"mlp_bias"}, {"sliding_window"}, {"hidden_act", KeyUse::fixed, {"\"silu\""}}, {"use_sliding_window", KeyUse::fixed, {"false"}},
      {"attention_dropout", KeyUse::fixed, {"0.0", "0"}},
      {"layer_types"}, {"max_window_layers", KeyUse::harmless},  // of windows, which use_sliding_window leaves out
      {"pretraining_tp", KeyUse::harmless},                      // the same product in slices
      {"rope_interleaved", KeyUse::fixed, {"false"}}, {"is_llama_config", KeyUse::harmless}, {"transformers.js_config", KeyUse::harmless}};
  return rules;
}

const std::vector<KeyRule>& with_experts() {
  static const std::vector<KeyRule> rules = [] {
    std::vector<KeyRule> all = llama_rules();
    all.insert(all.end(), mixtral_rules().begin(), mixtral_rules().end());
    return all;
  }();
  return rules;
}

}  // namespace

std::optional<LlamaKind> LlamaConfig::kind_in(const Json& config) {
  const auto* const place = std::ranges::find(kModelTypes, std::string_view(config.text("model_type", "")));
  return place == std::end(kModelTypes) ? std::nullopt : std::optional(static_cast<LlamaKind>(place - kModelTypes));
}

const char* LlamaConfig::model_type() const { return kModelTypes[static_cast<size_t>(written_kind())]; }

Json LlamaConfig::to_json() const {
  const LlamaKind as = written_kind();
  Json json = Json::object({{"model_type", model_type()},
                            {"architectures", Json::array({kClasses[static_cast<size_t>(as)]})},
                            {"vocab_size", vocab_size},
                            {"max_position_embeddings", context},
                            {"hidden_size", n_embd},
                            {"intermediate_size", inner()},
                            {"num_hidden_layers", n_layer},
                            {"num_attention_heads", n_head},
                            {"num_key_value_heads", kv_heads()},
                            {"hidden_act", "silu"},
                            {"rms_norm_eps", rms_norm_epsilon},
                            {"rope_parameters", rotary_json(rotary)},
                            {"rope_theta", rotary.theta},
                            {"tie_word_embeddings", tied},
                            {"initializer_range", kInitStd},
                            {"bos_token_id", Json()},
                            {"eos_token_id", Json()},
                            {"torch_dtype", "float32"}});
  if (as != LlamaKind::qwen2) json.set("head_dim", head());
  if (as == LlamaKind::llama) json.set("attention_bias", qkv_biases), json.set("mlp_bias", feed_forward_biases);
  if (as == LlamaKind::mistral || as == LlamaKind::mixtral) json.set("sliding_window", window > 0 ? Json(window) : Json());
  if (as == LlamaKind::mixtral) add_mixtral_keys(experts, n_layer, json);
  return json;
}

LlamaConfig LlamaConfig::from_json(const Json& json) {
  check_config_keys(json, kind_in(json) == LlamaKind::mixtral ? with_experts() : llama_rules());
  LlamaConfig c{.vocab_size = config_size(json, "vocab_size"),
                .context = config_size(json, "max_position_embeddings"),
                .n_embd = config_size(json, "hidden_size"),
                .n_inner = config_size(json, "intermediate_size"),
                .n_layer = config_size(json, "num_hidden_layers", 1, 1 << 16),
                .n_head = config_size(json, "num_attention_heads"),
                .rms_norm_epsilon = json.real("rms_norm_eps", kind_in(json) == LlamaKind::mixtral ? 1e-5 : 1e-6),
                .rotary = rotary_from(json),
                .tied = json.boolean("tie_word_embeddings", false),
                .kind = model_type_in<LlamaKind>(json, kModelTypes)};
  c.qkv_biases = c.kind == LlamaKind::qwen2 || json.boolean("attention_bias", false);
  if (c.kind == LlamaKind::mixtral) c.experts = mixtral_experts(json, c.n_layer);
  c.out_bias = json.boolean("attention_bias", false);
  c.feed_forward_biases = json.boolean("mlp_bias", false);
  const auto given = [&](const char* key) {
    const Json* const value = json.find(key);
    return value && !value->is_null();
  };
  if (given("num_key_value_heads")) c.n_kv_head = config_size(json, "num_key_value_heads");
  if (given("head_dim")) c.head_size = config_size(json, "head_dim");
  if ((c.kind == LlamaKind::mistral || c.kind == LlamaKind::mixtral) && given("sliding_window")) c.window = config_size(json, "sliding_window");
  if (given("layer_types"))
    for (const Json& type : json.at("layer_types").items())
      GRIM_CHECK(type.as_text() == "full_attention", input, "config", "config.json: layer_types: got '{}', expected full_attention", type.as_text());
  GRIM_CHECK(c.rms_norm_epsilon > 0 && c.rms_norm_epsilon < 1, input, "config", "config.json: key 'rms_norm_eps': got {}, expected above 0, below 1",
             c.rms_norm_epsilon);
  if (c.head_size == 0) check_divides("hidden_size", c.n_embd, "num_attention_heads", c.n_head);
  check_divides("num_attention_heads", c.n_head, "num_key_value_heads", c.kv_heads());
  GRIM_CHECK(c.head() % 2 == 0, input, "config", "config.json: a head is {} wide by key '{}': expected an even width, whose pairs are turned", c.head(),
             c.head_size > 0 ? "head_dim" : "hidden_size");
  if (c.n_embd % c.n_head == 0 && c.head_size == c.n_embd / c.n_head) c.head_size = 0;
  return c;
}

namespace {

Architecture llama_like(LlamaKind kind, const char* summary, bool biases) {
  LlamaConfig shape{.vocab_size = 65, .context = 64, .n_embd = 128, .n_layer = 4, .n_head = 4, .n_kv_head = 2, .tied = true, .qkv_biases = biases};
  shape.kind = kind;
  if (kind == LlamaKind::mixtral) shape.experts.experts = 8;
  return architecture<Llama, LlamaConfig>(
      {.name = kModelTypes[static_cast<size_t>(kind)], .summary = summary,
       .items_recipe = R"({"steps": 10000, "batch_size": 32, "context": 0, "n_embd": 64, "n_layer": 4, "n_head": 4})",
       .text_recipe = R"({"steps": 2000, "batch_size": 12, "lr": 1e-3, "min_lr": 1e-4, "schedule": "cosine", "warmup": 100, "weight_decay": 0.1,
         "decay_all": false, "grad_clip": 1.0, "ema": 0.99, "split": "90/10/0"})"},
      Reading::sequence, shape);
}

}  // namespace

Architecture llama_architecture() { return llama_like(LlamaKind::llama, "Llama: rotary positions, gated feed-forward, shared keys and values", false); }
Architecture mistral_architecture() { return llama_like(LlamaKind::mistral, "Mistral: Llama whose tokens may see a window of those before", false); }
Architecture mixtral_architecture() { return llama_like(LlamaKind::mixtral, "Mixtral: Llama with experts, of which each token visits two", false); }
Architecture qwen2_architecture() { return llama_like(LlamaKind::qwen2, "Qwen2: Llama with biases in queries, keys and values", true); }

}  // namespace grim
