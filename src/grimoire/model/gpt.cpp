#include "grimoire/model/gpt.h"

#include <algorithm>
#include <cmath>

#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/expert_keys.h"
#include "grimoire/model/weights.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/init.h"
#include "grimoire/nn/recompute.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr double kInitStd = 0.02;

NormBias norm_bias(const GptConfig& c) { return c.biases ? NormBias::yes : NormBias::no; }
bool fits_heads(const GptConfig& c) { return c.heads == HeadWidth::wide || c.n_embd % c.n_head == 0; }
double residual_std(const GptConfig& c) { return gpt2_residual_std(c.n_layer); }

Tensor weight(const GptConfig& c, int64_t in, int64_t out, double std, Rng& rng) {
  return c.init == GptInit::gpt2 ? normal_init({in, out}, std, rng) : uniform_init({in, out}, 1 / std::sqrt(double(in)), rng);
}
Tensor bias(const GptConfig& c, int64_t in, int64_t out, Rng& rng) {
  if (!c.biases) return no_bias();
  return c.init == GptInit::gpt2 ? zero_bias(out) : uniform_init({out}, 1 / std::sqrt(double(in)), rng);
}
Tensor table(const GptConfig& c, int64_t rows, Rng& rng) {  // of embeddings
  return normal_init({rows, c.n_embd}, c.init == GptInit::gpt2 ? kInitStd : 1.0, rng);
}
Tensor untied_head(const GptConfig& c, Rng& rng) {  // (V, C), so fan_in is its second size
  const Shape shape{c.vocab_size, c.n_embd};
  return c.init == GptInit::gpt2 ? normal_init(shape, kInitStd, rng) : uniform_init(shape, 1 / std::sqrt(double(c.n_embd)), rng);
}

std::unique_ptr<Product> head_product(const GptConfig& c, const Embedding& table) {
  if (c.tied) return std::make_unique<Tied>(table);
  return std::make_unique<Dense>(Tensor::empty({c.vocab_size, c.n_embd}), WeightLayout::out_in);
}

// What scores are multiplied with; 0 is attention's own 1 / sqrt(D).
double attention_scale(const GptConfig& c, int64_t layer) {
  if (c.scale_by_width && !c.scale_by_layer) return 0;
  const double width = c.scale_by_width ? std::sqrt(static_cast<double>(c.head_size())) : 1;
  return 1 / (width * (c.scale_by_layer ? static_cast<double>(layer + 1) : 1));
}

}  // namespace

GptConfig GptConfig::gpt2() { return {}; }
GptConfig GptConfig::makemore() {
  return {.vocab_size = 27, .n_positions = 16, .n_embd = 64, .n_layer = 4, .n_head = 4, .tied = false, .init = GptInit::torch};
}
GptConfig GptConfig::nanogpt_cpu() {
  return {.vocab_size = 65, .n_positions = 64, .n_embd = 128, .n_layer = 4, .n_head = 4, .biases = false};
}
GptConfig GptConfig::nanogpt_char() {
  return {.vocab_size = 65, .n_positions = 256, .n_embd = 384, .n_layer = 6, .n_head = 6, .dropout = 0.2, .biases = false};
}

Gpt::Attention::Attention(Module& parent, const GptConfig& c, int64_t layer, Rng& rng)
    : Module("attn", parent), layer(layer), heads(c.n_head),
      dropout(c.attention_dropout < 0 ? c.dropout : c.attention_dropout), scale(attention_scale(c, layer)),
      c_attn("c_attn", *this, weight(c, c.n_embd, 3 * c.all_heads(), kInitStd, rng), bias(c, c.n_embd, 3 * c.all_heads(), rng)),
      c_proj("c_proj", *this, weight(c, c.all_heads(), c.n_embd, residual_std(c), rng), bias(c, c.all_heads(), c.n_embd, rng)) {}

Tensor Gpt::Attention::operator()(const Tensor& x, Pass& pass) const {
  const Tensor qkv = c_attn(x);  // (B, T, 3 H D)
  AttentionOptions options{.mask = AttentionMask::causal, .scale = scale};
  if (pass.training && dropout > 0) {
    options.dropout = dropout;
    options.key = pass.next_key();
  }
  return c_proj(attend(*this, c_attn, qkv, heads, options, pass.cache, layer));  // (B, T, C)
}

Gpt::Mlp::Mlp(const std::string& name, Module& parent, const GptConfig& c, int64_t inner, Rng& rng)
    : FeedForward(name, parent), activation(activation_named(c.activation)),
      c_fc("c_fc", *this, weight(c, c.n_embd, inner, kInitStd, rng), bias(c, c.n_embd, inner, rng)),
      c_proj("c_proj", *this, weight(c, inner, c.n_embd, residual_std(c), rng), bias(c, inner, c.n_embd, rng)) {}

Tensor Gpt::Mlp::operator()(const Tensor& x, Pass&) const { return c_proj(c_fc(x, activation)); }

std::unique_ptr<FeedForward> Gpt::Block::feed_forward(Module& parent, const GptConfig& c, Rng& rng) {
  if (!c.experts.any()) return std::make_unique<Mlp>("mlp", parent, c, c.inner(), rng);
  return std::make_unique<Experts>("mlp", parent, c.experts, c.n_embd, rng, [&](const std::string& name, Module& mixture, int64_t times) {
    return std::make_unique<Mlp>(name, mixture, c, times * c.inner(), rng);
  });
}

Gpt::Block::Block(int64_t layer, Module& parent, const GptConfig& c, Rng& rng)
    : Module("h." + std::to_string(layer), parent), dropout(c.dropout), ln_1("ln_1", *this, c.n_embd, c.layer_norm_epsilon, norm_bias(c)),
      attn(*this, c, layer, rng), ln_2("ln_2", *this, c.n_embd, c.layer_norm_epsilon, norm_bias(c)), mlp(feed_forward(*this, c, rng)) {}

Tensor Gpt::Block::operator()(Tensor x, Pass& pass) const {
  x = tapped(*this, dropout_add(attn(ln_1(x), pass), x, dropout, pass), SiteKind::residual_mid);
  return tapped(*this, dropout_add((*mlp)(ln_2(x), pass), x, dropout, pass), SiteKind::residual);
}

Gpt::Transformer::Transformer(Module& parent, const GptConfig& c, Rng& rng)
    : Module("transformer", parent), wte("wte", *this, table(c, c.vocab_size, rng)),
      wpe("wpe", *this, table(c, c.n_positions, rng)), h(blocks(*this, c, rng)),
      ln_f("ln_f", *this, c.n_embd, c.layer_norm_epsilon, norm_bias(c)) {}

std::vector<std::unique_ptr<Gpt::Block>> Gpt::Transformer::blocks(Module& parent, const GptConfig& c, Rng& rng) {
  std::vector<std::unique_ptr<Block>> h;
  for (int64_t i = 0; i < c.n_layer; ++i) h.push_back(std::make_unique<Block>(i, parent, c, rng));
  return h;
}

Gpt::Gpt(const GptConfig& config, Rng& rng)
    : config_(config), lm_head_("lm_head", *this, head_product(config, transformer_.wte)), transformer_(*this, config, rng) {
  if (!config.tied) copy_into(lm_head_.weight(), untied_head(config, rng));  // the last that is drawn, the first among the tensors
  GRIM_CHECK(config.n_head > 0 && fits_heads(config), argument, "gpt", "n_embd must divide by n_head: got {} and {}", config.n_embd, config.n_head);
}

// Of the next T tokens: (T, C), or (B, T, C) where texts are of unequal lengths.
Tensor Gpt::positions(const Pass& pass, int64_t T) const {
  const Tensor& table = transformer_.wpe.weight;
  if (!pass.cache) return slice(table, 0, 0, T);
  if (!pass.cache->unequal()) return slice(table, 0, pass.cache->past(), pass.cache->past() + T);
  const std::vector<int64_t> places = pass.cache->places(T);
  return reshape(index_select(table, 0, Tensor::from(places, {std::ssize(places)})), {-1, T, table.dim(1)});
}

Tensor Gpt::hidden(const Tensor& tokens, Pass& pass) const {
  const int64_t T = tokens.dim(-1), past = pass.cache ? pass.cache->past() : 0;
  GRIM_CHECK(tokens.ndim() == 2 && past + T <= config_.n_positions, shape, "gpt", "tokens: got {}, expected (B, T) with T <= {}",
             tokens.shape(), config_.n_positions - past);
  Tensor x = transformer_.wte(tokens) + positions(pass, T);  // (B, T, C)
  x = dropout(x, config_.embedding_dropout < 0 ? config_.dropout : config_.embedding_dropout, pass);
  for (const auto& block : transformer_.h) x = recomputed(pass, [&block = *block, x](Pass& p) { return block(x, p); });
  return transformer_.ln_f(x);
}

Tensor Gpt::logits(const Tensor& tokens, Pass& pass) const {
  return lm_head_(hidden(tokens, pass));  // (B, T, V)
}

Tensor Gpt::last_logits(const Tensor& tokens, Pass& pass) const { return lm_head_(select(hidden(tokens, pass), 1, -1)); }

std::unique_ptr<DecodeCache> Gpt::decode_cache() const { return std::make_unique<DecodeCache>(config_.n_layer, config_.n_positions, TextLengths::any); }

Tensor Gpt::loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const {
  return head_cross_entropy(lm_head_, reshape(hidden(tokens, pass), {-1, config_.n_embd}), reshape(targets, {-1}), {.ignore_index = kIgnore});
}

// --- checkpoints: Hugging Face's gpt2 ------------------------------------------------------------------------------------
// Our weights are (in, out), which is what gpt2's Conv1D stores: names and layouts agree. A model without biases is written
// with zero ones, because gpt2 has no such option, and "grimoire_biases": false drops them when it comes back here.

Json Gpt::config() const { return config_.to_json(); }

Json GptConfig::to_json() const {
  Json json = Json::object({{"model_type", "gpt2"},
                       {"architectures", Json::array({"GPT2LMHeadModel"})},
                       {"vocab_size", vocab_size},
                       {"n_positions", n_positions},
                       {"n_embd", n_embd},
                       {"n_layer", n_layer},
                       {"n_head", n_head},
                       {"n_inner", n_inner > 0 ? Json(n_inner) : Json()},
                       {"activation_function", activation},
                       {"resid_pdrop", dropout},
                       {"embd_pdrop", embedding_dropout < 0 ? dropout : embedding_dropout},
                       {"attn_pdrop", attention_dropout < 0 ? dropout : attention_dropout},
                       {"layer_norm_epsilon", layer_norm_epsilon},
                       {"initializer_range", kInitStd},
                       {"scale_attn_weights", scale_by_width},
                       {"tie_word_embeddings", tied},
                       {"bos_token_id", 0},
                       {"eos_token_id", 0},
                       {"torch_dtype", "float32"},
                       {"grimoire_biases", biases},
                       {"grimoire_init", init == GptInit::gpt2 ? "gpt2" : "torch"}});
  if (heads == HeadWidth::wide) json.set("grimoire_heads", "wide");
  if (scale_by_layer) json.set("scale_attn_by_inverse_layer_idx", true);
  add_expert_keys(experts, json);
  return json;
}

namespace {

const std::vector<KeyRule>& gpt_rules() {
  static const std::vector<KeyRule> own = {
      {"vocab_size"}, {"n_positions"}, {"n_embd"}, {"n_layer"}, {"n_head"}, {"n_inner"}, {"n_ctx"}, {"activation_function"}, {"resid_pdrop"},
      {"embd_pdrop"}, {"attn_pdrop"}, {"layer_norm_epsilon"}, {"scale_attn_weights"}, {"scale_attn_by_inverse_layer_idx"}, {"tie_word_embeddings"},
      {"grimoire_biases"}, {"grimoire_init", KeyUse::fixed, {"\"gpt2\"", "\"torch\""}},
      {"grimoire_heads", KeyUse::fixed, {"\"narrow\"", "\"wide\""}},
      {"reorder_and_upcast_attn", KeyUse::harmless},  // the same product in f32, which ours always is
      {"summary_activation", KeyUse::harmless}, {"summary_first_dropout", KeyUse::harmless}, {"summary_proj_to_labels", KeyUse::harmless},
      {"summary_type", KeyUse::harmless}, {"summary_use_proj", KeyUse::harmless}};  // of a head that language models lack
  static const std::vector<KeyRule> rules = [] {
    std::vector<KeyRule> all = own;
    all.insert(all.end(), expert_rules().begin(), expert_rules().end());
    return all;
  }();
  return rules;
}

}  // namespace

Options GptConfig::options() {
  const Options own = {context_option(&n_positions),
          embedding_option(&n_embd),
          layers_option(&n_layer),
          {.name = "n-head", .help = "attention heads", .target = &n_head, .low = 1, .high = 1 << 16},
          {.name = "heads", .help = "how wide a head is: the width over the number of heads, or the width itself, which transformers cannot load",
           .target = by_choice(&heads),
           .choices = {"narrow", "wide"}},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99},
          {.name = "tied", .help = "output layer shares the token embedding", .target = &tied},
          {.name = "biases", .help = "biases in linear layers and norms", .target = &biases},
          {.name = "init", .help = "initial weights: GPT-2's, or PyTorch's layer defaults as in makemore", .target = by_choice(&init),
           .choices = {"gpt2", "torch"}, .without = {"init-from"}}};
  return joined({own, expert_options(&experts)});
}

void GptConfig::check() const {
  if (heads == HeadWidth::narrow) check_heads("gpt", n_embd, n_head);
  check_experts("gpt", experts);
}

ConfigShapes GptConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, C{{"n_embd"}, n_embd};
  const Length F = n_inner > 0 ? Length{{"n_inner"}, n_inner} : Length{{"n_inner", "n_embd"}, inner()};
  const Length heads_wide = heads == HeadWidth::wide ? Length{{"n_head"}, all_heads()} : C, qkv{heads_wide.keys, 3 * all_heads()};
  ConfigShapes all{
      .layers = {{"h.", "n_layer", n_layer}},
      .tensors = {{"wte.weight", {V, C}}, {"wpe.weight", {{{"n_positions"}, n_positions}, C}}, {"lm_head.weight", {V, C}}, {"ln_f.weight", {C}},
                  {"attn.c_attn.weight", {C, qkv}}, {"attn.c_proj.weight", {heads_wide, C}}, {"mlp.c_fc.weight", {C, F}}, {"mlp.c_proj.weight", {F, C}}}};
  if (!tied) all.presence = {{"lm_head.weight", "tie_word_embeddings", true}};
  if (!experts.any()) return all;
  Length S{F.keys, experts.shared * F.length};
  S.keys.push_back("grimoire_shared_experts");
  all.layers.push_back({"experts.", "grimoire_experts", experts.experts});
  for (const auto& t : {ConfigShapes::Tensors{"experts.*.c_fc.weight", {C, F}}, {"experts.*.c_proj.weight", {F, C}},
                        {"mlp.gate.weight", {{{"grimoire_experts"}, experts.experts}, C}}, {"shared_expert.c_fc.weight", {C, S}}})
    all.tensors.push_back(t);
  all.presence.push_back({"shared_expert.c_fc.weight", "grimoire_shared_experts", experts.shared > 0});
  return all;
}

namespace {

// Where a feed-forward counts so much.
double count(const GptConfig& c, double feed_forward) {
  const double V = double(c.vocab_size), T = double(c.n_positions), C = double(c.n_embd), A = double(c.all_heads()), bias = c.biases ? 1 : 0;
  const double block = 4 * C * A + 2 * C + bias * (3 * A + C + 2 * C) + feed_forward;  // q, k, v, out; two norms
  return (c.tied ? V * C : 2 * V * C) + T * C + double(c.n_layer) * block + C + bias * C;
}

double one_feed_forward(const GptConfig& c) {
  const double C = double(c.n_embd), F = double(c.inner());
  return 2 * C * F + (c.biases ? F + C : 0);
}

}  // namespace

double GptConfig::parameter_count() const { return count(*this, expert_parameters(experts, one_feed_forward(*this), double(n_embd))); }
double GptConfig::work() const { return count(*this, expert_work(experts, one_feed_forward(*this), double(n_embd))); }
std::vector<std::string> GptConfig::warnings() const { return expert_warnings(experts); }

std::vector<SizeAxis> GptConfig::axes() const {
  return axes_with_experts(axes_with_heads(n_head, heads == HeadWidth::wide ? 1 : 0), experts);
}

GptConfig GptConfig::from_json(const Json& json) {
  check_config_keys(json, gpt_rules());
  GptConfig c{.vocab_size = config_size(json, "vocab_size"),
              .n_positions = config_size(json, "n_positions"),
              .n_embd = config_size(json, "n_embd"),
              .n_layer = config_size(json, "n_layer", 0, 1 << 16),
              .n_head = config_size(json, "n_head"),
              .heads = json.text("grimoire_heads", "narrow") == "wide" ? HeadWidth::wide : HeadWidth::narrow,
              .dropout = config_rate(json, "resid_pdrop", 0.0),
              .embedding_dropout = -1,
              .attention_dropout = -1,
              .layer_norm_epsilon = json.real("layer_norm_epsilon", 1e-5),
              .n_inner = 0,
              .activation = json.text("activation_function", "gelu_new"),
              .scale_by_width = json.boolean("scale_attn_weights", true),
              .scale_by_layer = json.boolean("scale_attn_by_inverse_layer_idx", false),
              .tied = json.boolean("tie_word_embeddings", true),
              .biases = json.boolean("grimoire_biases", true),
              .init = json.text("grimoire_init", "gpt2") == "torch" ? GptInit::torch : GptInit::gpt2};
  for (const char* key : {"scale_attn_weights", "scale_attn_by_inverse_layer_idx", "tie_word_embeddings", "activation_function"})
    if (const Json* value = json.find(key); value && value->is_null())
      fail(ErrorKind::input, "config", str("config.json: key '{}' is null, and what that computes differs from program to program", key),
           "write the value that is meant");
  if (const double embd = config_rate(json, "embd_pdrop", c.dropout); embd != c.dropout) c.embedding_dropout = embd;
  if (const double attn = config_rate(json, "attn_pdrop", c.dropout); attn != c.dropout) c.attention_dropout = attn;
  if (const Json* inner = json.find("n_inner"); inner && !inner->is_null()) c.n_inner = config_size(json, "n_inner");
  if (c.n_inner == 4 * c.n_embd) c.n_inner = 0;
  if (c.heads == HeadWidth::narrow) check_divides("n_embd", c.n_embd, "n_head", c.n_head);
  GRIM_CHECK(json.integer("n_ctx", c.n_positions) == c.n_positions, input, "config",
             "config.json: key 'n_ctx' is {} and key 'n_positions' {}: expected one number, or no n_ctx", json.integer("n_ctx"), c.n_positions);
  GRIM_CHECK(c.layer_norm_epsilon > 0 && c.layer_norm_epsilon < 1, input, "config", "config.json: key 'layer_norm_epsilon': got {}, expected above 0, below 1",
             c.layer_norm_epsilon);
  activation_named(c.activation, "activation_function");
  c.experts = experts_from(json);
  return c;
}

namespace {
bool is_linear_or_norm_weight(const std::string& name) {  // "h.0.attn.c_attn.weight", and nothing that learns beside it
  const size_t end = name.rfind(".weight"), dot = end == name.npos ? end : name.rfind('.', end - 1);
  return dot != name.npos && (name.compare(dot, 4, ".ln_") == 0 || name.compare(dot, 3, ".c_") == 0);
}
std::string bias_beside(std::string weight_name) { return weight_name.replace(weight_name.rfind("weight"), 6, "bias"); }
}  // namespace

std::vector<NamedTensor> Gpt::checkpoint() const {
  std::vector<NamedTensor> tensors = CausalLm::checkpoint();
  if (config_.biases) return tensors;
  for (size_t i = 0, n = tensors.size(); i < n; ++i)
    if (is_linear_or_norm_weight(tensors[i].name))
      tensors.push_back({bias_beside(tensors[i].name), Tensor::zeros({tensors[i].tensor.dim(-1)})});
  return tensors;
}

void Gpt::load(const std::vector<NamedTensor>& tensors, const std::string& source) {
  if (config_.tied) check_tied(tensors, "lm_head.weight", "transformer.wte.weight", source);
  std::vector<NamedTensor> kept;
  for (const NamedTensor& t : tensors) {
    const bool mask = t.name.ends_with(".attn.bias") || t.name.ends_with(".attn.masked_bias");  // buffers of old files
    const bool zero_bias = !config_.biases && t.name.ends_with(".bias");
    if (zero_bias && !mask)
      for (double v : t.tensor.to_vector<double>())
        GRIM_CHECK(v == 0, input, "gpt", "{}: {} holds {}, expected zeros: config.json says \"grimoire_biases\": false", source, t.name, v);
    const bool tied_head = config_.tied && t.name == "lm_head.weight";
    if (!mask && !zero_bias && !tied_head)
      kept.push_back({t.name.starts_with("transformer.") || t.name == "lm_head.weight" ? t.name : "transformer." + t.name, t.tensor});
  }
  CausalLm::load(kept, source);
}

// makemore's transformer on items, nanoGPT's recipe for a laptop (judged with averaged weights) on running text.
Architecture gpt_architecture() {
  return architecture<Gpt, GptConfig>(
      {.name = "gpt", .model_type = "gpt2", .summary = "GPT-2: a decoder-only transformer",
       .items_recipe = R"({"steps": 10000, "batch_size": 32, "context": 0, "n_embd": 64, "n_layer": 4, "n_head": 4, "tied": false, "init": "torch"})",
       .text_recipe = R"({"steps": 2000, "batch_size": 12, "context": 64, "n_embd": 128, "n_layer": 4, "n_head": 4, "tied": true, "biases": false,
         "lr": 1e-3, "min_lr": 1e-4, "schedule": "cosine", "warmup": 100, "weight_decay": 0.1, "decay_all": false, "grad_clip": 1.0, "ema": 0.99,
         "split": "90/10/0"})"},
      Reading::sequence);
}

}  // namespace grim
