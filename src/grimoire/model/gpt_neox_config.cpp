// GPT-NeoX's and BLOOM's options, and their config.json: what the keys mean, and how they are written.
#include <algorithm>

#include "grimoire/base/setting_words.h"
#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/gpt_neox.h"
#include "grimoire/model/rotary_keys.h"

namespace grim {
namespace {

constexpr const char* kModelTypes[] = {"gpt_neox", "bloom"};  // in the order of GptNeoxKind

const std::vector<KeyRule>& neox_rules() {
  static const std::vector<KeyRule> rules = {
      {"vocab_size"}, {"hidden_size"}, {"num_hidden_layers"}, {"num_attention_heads"}, {"intermediate_size"}, {"hidden_act"}, {"max_position_embeddings"},
      {"layer_norm_eps"}, {"tie_word_embeddings"}, {"use_parallel_residual"}, {"rotary_pct"}, {"rotary_emb_base"}, {"rope_parameters"}, {"rope_scaling"},
      {"attention_bias"}, {"attention_dropout"}, {"hidden_dropout"}, {"classifier_dropout", KeyUse::harmless}};
  return rules;
}

const std::vector<KeyRule>& bloom_rules() {
  static const std::vector<KeyRule> rules = {
      {"vocab_size"}, {"hidden_size"}, {"n_embed"}, {"n_layer"}, {"num_hidden_layers"}, {"n_head"}, {"num_attention_heads"}, {"layer_norm_epsilon"},
      {"seq_length"}, {"tie_word_embeddings"}, {"hidden_dropout"}, {"attention_dropout"}, {"n_inner", KeyUse::fixed, {"null"}},
      {"apply_residual_connection_post_layernorm", KeyUse::fixed, {"false"}},
      {"pretraining_tp", KeyUse::harmless}, {"slow_but_exact", KeyUse::harmless},  // the same product in slices
      {"attention_softmax_in_fp32", KeyUse::harmless}, {"masked_softmax_fusion", KeyUse::harmless}, {"bias_dropout_fusion", KeyUse::harmless},
      {"skip_bias_add", KeyUse::harmless}, {"skip_bias_add_qkv", KeyUse::harmless}, {"offset_alibi", KeyUse::harmless},  // of the training program
      {"unk_token_id", KeyUse::harmless}};
  return rules;
}

// The first of these keys that is there, else the first.
const char* key_in(const Json& json, std::initializer_list<const char*> keys) {
  const auto* const found = std::ranges::find_if(keys, [&](const char* key) { return json.find(key) != nullptr; });
  return found == keys.end() ? *keys.begin() : *found;
}

void take_rotary(GptNeoxConfig& c, const Json& json) {
  Json plain = json;
  plain.set("rope_theta", json.real("rotary_emb_base", 10000.0));
  c.rotary = rotary_from(plain, {"partial_rotary_factor"});
  c.rotary_pct = json.real("rotary_pct", 0.25);
  for (const char* const key : {"rope_scaling", "rope_parameters"})  // the later has the last word
    if (const Json* const how = json.find(key); how && how->is_object()) c.rotary_pct = how->real("partial_rotary_factor", c.rotary_pct);
  GRIM_CHECK(c.rotary_pct >= 0 && c.rotary_pct <= 1, input, "config", "config.json: the share of a head that is turned: got {}, expected 0 to 1",
             c.rotary_pct);
}

}  // namespace

const char* GptNeoxConfig::model_type() const { return kModelTypes[static_cast<size_t>(kind)]; }

GptNeoxConfig GptNeoxConfig::from_json(const Json& json) {
  GptNeoxConfig c{.vocab_size = config_size(json, "vocab_size"), .kind = model_type_in<GptNeoxKind>(json, kModelTypes)};
  check_config_keys(json, c.is_bloom() ? bloom_rules() : neox_rules());
  const char *const width = key_in(json, {"hidden_size", "n_embed"}), *const heads = key_in(json, {"num_attention_heads", "n_head"}),
             *const layers = key_in(json, {"num_hidden_layers", "n_layer"}), *const epsilon = key_in(json, {"layer_norm_eps", "layer_norm_epsilon"});
  c.n_embd = config_size(json, width);
  c.n_layer = config_size(json, layers, 1, 1 << 16);
  c.n_head = config_size(json, heads);
  c.dropout = config_rate(json, "hidden_dropout", 0);
  if (const double p = config_rate(json, "attention_dropout", 0); p != c.dropout) c.attention_dropout = p;
  c.layer_norm_epsilon = json.real(epsilon, 1e-5);
  c.tied = json.boolean("tie_word_embeddings", c.is_bloom());
  if (c.is_bloom()) {
    c.parallel = false;
    c.activation = "gelu_new";
    if (json.find("seq_length")) c.context = config_size(json, "seq_length");
  } else {
    c.context = config_size(json, "max_position_embeddings");
    c.n_inner = config_size(json, "intermediate_size");
    c.activation = json.text("hidden_act", "gelu");
    c.parallel = json.boolean("use_parallel_residual", true);
    c.attention_biases = json.boolean("attention_bias", true);
    take_rotary(c, json);
  }
  if (c.n_inner == 4 * c.n_embd) c.n_inner = 0;
  GRIM_CHECK(c.layer_norm_epsilon > 0 && c.layer_norm_epsilon < 1, input, "config", "config.json: key '{}': got {}, expected above 0, below 1", epsilon,
             c.layer_norm_epsilon);
  activation_named(c.activation, "hidden_act");
  check_divides(width, c.n_embd, heads, c.n_head);
  GRIM_CHECK(c.is_bloom() || c.turned() % 2 == 0, input, "config",
             "config.json: key 'rotary_pct' {} turns {} of a head's {} numbers: expected an even number, whose pairs are", c.rotary_pct, c.turned(),
             c.n_embd / c.n_head);
  return c;
}

Json GptNeoxConfig::to_json() const {
  Json json = Json::object({{"model_type", model_type()},
                            {"architectures", Json::array({is_bloom() ? "BloomForCausalLM" : "GPTNeoXForCausalLM"})},
                            {"vocab_size", vocab_size},
                            {"hidden_size", n_embd},
                            {is_bloom() ? "n_layer" : "num_hidden_layers", n_layer},
                            {is_bloom() ? "n_head" : "num_attention_heads", n_head},
                            {"hidden_dropout", dropout},
                            {"attention_dropout", attention_dropout < 0 ? dropout : attention_dropout},
                            {is_bloom() ? "layer_norm_epsilon" : "layer_norm_eps", layer_norm_epsilon},
                            {"tie_word_embeddings", tied},
                            {"initializer_range", 0.02},
                            {"bos_token_id", Json()},
                            {"eos_token_id", Json()},
                            {"torch_dtype", "float32"}});
  if (is_bloom()) {
    json.set("seq_length", context);
    return json;
  }
  Json rope = rotary_json(rotary);
  rope.set("partial_rotary_factor", rotary_pct);
  json.set("max_position_embeddings", context);
  json.set("intermediate_size", inner());
  json.set("hidden_act", activation);
  json.set("use_parallel_residual", parallel);
  json.set("attention_bias", attention_biases);
  json.set("rope_parameters", rope);
  json.set("rotary_pct", rotary_pct);
  json.set("rotary_emb_base", rotary.theta);
  return json;
}

Options GptNeoxConfig::options() {
  Options all = {context_option(&context),
                 embedding_option(&n_embd),
                 layers_option(&n_layer),
                 {.name = "n-head", .help = "attention heads", .target = &n_head, .low = 1, .high = 1 << 16},
                 {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99},
                 {.name = "tied", .help = "output layer shares the token embedding", .target = &tied}};
  if (is_bloom()) return all;
  all.push_back({.name = "n-inner", .help = "width inside the feed-forward; 0: 4 of the embedding", .target = &n_inner, .low = 0, .high = 1 << 20});
  all.push_back({.name = "parallel", .help = "attention and feed-forward side by side instead of one behind the other", .target = &parallel});
  all.push_back({.name = "rotary-pct", .help = "share of a head's numbers that rotary positions turn", .target = &rotary_pct, .low = 0, .high = 1});
  return all;
}

void GptNeoxConfig::check() const {
  check_heads(model_type(), n_embd, n_head);
  GRIM_CHECK(is_bloom() || turned() % 2 == 0, argument, model_type(),
             "{} of a head's {} numbers are turned: expected an even number, whose pairs are; another " GRIM_SETTING("rotary-pct") " or "
             GRIM_SETTING("n-embd") " gives one", turned(), n_embd / n_head);
}

ConfigShapes GptNeoxConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const std::string_view width = "hidden_size|n_embed";
  const Length V{{"vocab_size"}, vocab_size}, C{{width}, n_embd}, F = is_bloom() ? Length{{width}, inner()} : Length{{"intermediate_size"}, inner()};
  ConfigShapes all{.layers = {is_bloom() ? ConfigShapes::Layers{"h.", "n_layer|num_hidden_layers", n_layer}
                                         : ConfigShapes::Layers{"layers.", "num_hidden_layers", n_layer}},
                   .tensors = {{"word_embeddings.weight", {V, C}}, {"embed_in.weight", {V, C}}, {"embed_out.weight", {V, C}}, {"lm_head.weight", {V, C}},
                               {"query_key_value.weight", {{{width}, 3 * n_embd}, C}}, {"dense_h_to_4h.weight", {F, C}}, {"dense_4h_to_h.weight", {C, F}}}};
  if (!is_bloom()) all.presence = {{"attention.dense.bias", "attention_bias", attention_biases}};
  if (!tied) all.presence.push_back({is_bloom() ? "lm_head.weight" : "embed_out.weight", "tie_word_embeddings", true});
  return all;
}

double GptNeoxConfig::parameter_count() const {
  const double V = double(vocab_size), C = double(n_embd), F = double(inner());
  const double block = 4 * C * C + (attention_biases ? 4 * C : 0) + 2 * C * F + F + C + 4 * C;  // q, k, v, out; in, out; two norms
  return (tied ? V * C : 2 * V * C) + double(n_layer) * block + (is_bloom() ? 4 : 2) * C;
}

std::vector<SizeAxis> GptNeoxConfig::axes() const { return axes_with_heads(n_head); }

namespace {

Architecture neox_like(const char* name, const GptNeoxConfig& shape, const char* summary) {
  return architecture<GptNeox, GptNeoxConfig>(
      {.name = name, .model_type = shape.model_type(), .summary = summary,
       .items_recipe = R"({"steps": 10000, "batch_size": 32, "context": 0, "n_embd": 64, "n_layer": 4, "n_head": 4})",
       .text_recipe = R"({"steps": 2000, "batch_size": 12, "lr": 1e-3, "min_lr": 1e-4, "schedule": "cosine", "warmup": 100, "weight_decay": 0.1,
         "decay_all": false, "grad_clip": 1.0, "ema": 0.99, "split": "90/10/0"})"},
      Reading::sequence, shape);
}

}  // namespace

Architecture gpt_neox_architecture() {
  return neox_like("gpt-neox", {.vocab_size = 65, .context = 64, .n_embd = 128, .n_layer = 4, .n_head = 4},
                   "GPT-NeoX: attention and feed-forward side by side, rotary positions on a quarter");
}
Architecture bloom_architecture() {
  return neox_like("bloom",
                   {.vocab_size = 65, .context = 64, .n_embd = 128, .n_layer = 4, .n_head = 4, .parallel = false, .activation = "gelu_new", .tied = true,
                    .kind = GptNeoxKind::bloom},
                   "BLOOM: ALiBi's slopes instead of positions");
}

}  // namespace grim
