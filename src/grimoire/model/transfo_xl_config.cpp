// Transformer-XL's options, and its config.json: what the keys mean, and how they are written.
#include <algorithm>

#include "grimoire/base/setting_words.h"
#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/transfo_xl.h"

namespace grim {
namespace {

const std::vector<KeyRule>& rules() {
  static const std::vector<KeyRule> all = {
      {"vocab_size"}, {"cutoffs"}, {"d_model"}, {"d_embed"}, {"n_head"}, {"d_head"}, {"d_inner"}, {"div_val", KeyUse::fixed, {"1"}}, {"pre_lnorm"}, {"n_layer"},
      {"mem_len"}, {"clamp_len"}, {"same_length"}, {"tgt_len"}, {"attn_type", KeyUse::fixed, {"0"}}, {"sample_softmax", KeyUse::fixed, {"-1", "0"}},
      {"dropout"}, {"dropatt"}, {"untie_r", KeyUse::fixed, {"true"}}, {"layer_norm_epsilon"}, {"tie_word_embeddings"},
      {"tie_weight", KeyUse::fixed, {"true"}}, {"grimoire_context"}, {"grimoire_segment"},
      {"adaptive", KeyUse::harmless}, {"proj_share_all_but_first", KeyUse::harmless}, {"tie_projs", KeyUse::harmless},  // of an adaptive softmax
      {"ext_len", KeyUse::harmless}, {"trainer_compatible", KeyUse::harmless}, {"init", KeyUse::harmless}, {"init_range", KeyUse::harmless},
      {"init_std", KeyUse::harmless}, {"proj_init_std", KeyUse::harmless}};
  return all;
}

// The program's own defaults are of an adaptive softmax, so that a key that is not there means one too.
void check_plain_softmax(const Json& json) {
  const Json *const cutoffs = json.find("cutoffs"), *const div = json.find("div_val");
  if (cutoffs && cutoffs->is_array() && cutoffs->size() == 0 && div) return;
  fail(ErrorKind::input, "config",
       str("config.json: cutoffs {} and div_val {}: an adaptive softmax, whose rare tokens have narrower vectors, is not here",
           cutoffs ? cutoffs->dump() : "by default", div ? div->dump() : "by default"),
       "expected a plain one: \"cutoffs\": [], \"div_val\": 1");
}

}  // namespace

TransfoXlConfig TransfoXlConfig::from_json(const Json& json) {
  check_plain_softmax(json);
  check_config_keys(json, rules());
  const auto size_or = [&](const char* key, int64_t otherwise) { return json.find(key) ? config_size(json, key) : otherwise; };
  TransfoXlConfig c{.vocab_size = config_size(json, "vocab_size"),
                    .memory = config_size(json, "mem_len", 0),
                    .same_length = json.boolean("same_length", true),
                    .n_embd = config_size(json, "d_model"),
                    .n_layer = config_size(json, "n_layer", 1, 1 << 16),
                    .n_head = config_size(json, "n_head"),
                    .head_size = config_size(json, "d_head"),
                    .n_inner = config_size(json, "d_inner"),
                    .pre_norm = json.boolean("pre_lnorm", false),
                    .dropout = config_rate(json, "dropout", 0.1),
                    .attention_dropout = config_rate(json, "dropatt", 0),
                    .layer_norm_epsilon = json.real("layer_norm_epsilon", 1e-5),
                    .tied = json.boolean("tie_word_embeddings", true)};
  c.clamp = std::max<int64_t>(0, json.integer("clamp_len", 1000));
  c.segment = size_or("grimoire_segment", size_or("tgt_len", c.memory > 0 ? c.memory : 128));
  c.context = size_or("grimoire_context", 8 * c.segment);
  if (c.head_size * c.n_head == c.n_embd) c.head_size = 0;
  if (c.n_inner == 4 * c.n_embd) c.n_inner = 0;
  GRIM_CHECK(config_size(json, "d_embed") == c.n_embd, input, "config", "config.json: key 'd_embed' is {} and key 'd_model' {}: only equal ones are supported",
             json.integer("d_embed"), c.n_embd);
  GRIM_CHECK(c.n_embd % 2 == 0, input, "config", "config.json: key 'd_model': got {}, expected an even number, for sines and cosines", c.n_embd);
  GRIM_CHECK(c.memory > 0 || !c.same_length, input, "config", "config.json: same_length needs a memory, and mem_len is 0");
  GRIM_CHECK(c.layer_norm_epsilon > 0 && c.layer_norm_epsilon < 1, input, "config", "config.json: key 'layer_norm_epsilon': got {}, expected above 0, below 1",
             c.layer_norm_epsilon);
  return c;
}

Json TransfoXlConfig::to_json() const {
  return Json::object({{"model_type", "transfo-xl"},
                       {"architectures", Json::array({"TransfoXLLMHeadModel"})},
                       {"vocab_size", vocab_size},
                       {"cutoffs", Json::array({})},
                       {"div_val", 1},
                       {"adaptive", false},
                       {"d_model", n_embd},
                       {"d_embed", n_embd},
                       {"n_layer", n_layer},
                       {"n_head", n_head},
                       {"d_head", head()},
                       {"d_inner", inner()},
                       {"pre_lnorm", pre_norm},
                       {"mem_len", memory},
                       {"clamp_len", clamp > 0 ? clamp : -1},
                       {"same_length", same_length && memory > 0},
                       {"attn_type", 0},
                       {"untie_r", true},
                       {"dropout", dropout},
                       {"dropatt", attention_dropout},
                       {"layer_norm_epsilon", layer_norm_epsilon},
                       {"tie_word_embeddings", tied},
                       {"init_std", 0.02},
                       {"bos_token_id", Json()},
                       {"eos_token_id", Json()},
                       {"torch_dtype", "float32"},
                       {"grimoire_context", context},
                       {"grimoire_segment", segment}});
}

Options TransfoXlConfig::options() {
  return {context_option(&context),
          {.name = "segment", .help = "tokens that are read at once", .target = &segment, .low = 1, .high = 1 << 24},
          {.name = "memory", .help = "tokens before a segment whose states it sees; 0: none", .target = &memory, .low = 0, .high = 1 << 24},
          {.name = "same-length", .help = "each token sees as many as the memory holds, itself among them; else also all before it in the segment",
           .target = &same_length},
          embedding_option(&n_embd),
          layers_option(&n_layer),
          {.name = "n-head", .help = "attention heads", .target = &n_head, .low = 1, .high = 1 << 16},
          {.name = "n-inner", .help = "width inside the feed-forward; 0: 4 of the embedding", .target = &n_inner, .low = 0, .high = 1 << 20},
          {.name = "pre-norm", .help = "norms before the sub-layers instead of behind", .target = &pre_norm},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99},
          {.name = "tied", .help = "output layer shares the token embedding", .target = &tied}};
}

void TransfoXlConfig::check() const {
  if (head_size == 0) check_heads("transfo-xl", n_embd, n_head);
  GRIM_CHECK(n_embd % 2 == 0, argument, "transfo-xl", "the width " GRIM_SETTING("n-embd") ": got {}, expected an even number, for sines and cosines", n_embd);
  GRIM_CHECK(segment > 0 && memory >= 0, argument, "transfo-xl", "got segments of {} and a memory of {}", segment, memory);
}

std::vector<std::string> TransfoXlConfig::warnings() const {
  if (memory == 0 || context > segment) return {};
  return {str("a row of training is one segment, for the context (" GRIM_SETTING("context") ") is {} and a segment (" GRIM_SETTING("segment")
              ") {}: nothing is trained to remember the {} tokens before it (" GRIM_SETTING("memory") "); a context of several segments is",
              context, segment, memory)};
}

ConfigShapes TransfoXlConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, C{{"d_model"}, n_embd}, H{{"n_head"}, n_head}, D{{"d_head"}, head()}, F{{"d_inner"}, inner()};
  return {.layers = {{"transformer.layers.", "n_layer", n_layer}},
          .tensors = {{"word_emb.emb_layers.0.weight", {V, C}}, {"r_w_bias", {H, D}}, {"CoreNet.0.weight", {F, C}}, {"crit.out_layers.0.weight", {V, C}}}};
}

double TransfoXlConfig::parameter_count() const {
  const double V = double(vocab_size), C = double(n_embd), F = double(inner()), HD = double(n_head * head());
  const double block = 5 * C * HD + 2 * HD + 2 * C * F + F + C + 4 * C;  // q, k, v, out, distances; u and v; in, out; two norms
  return (tied ? V * C : 2 * V * C) + V + double(n_layer) * block;
}

Architecture transfo_xl_architecture() {
  return architecture<TransfoXl, TransfoXlConfig>(
      {.name = "transfo-xl", .summary = "Transformer-XL: reads in segments and remembers the one before",
       .items_recipe = R"({"steps": 10000, "batch_size": 32, "context": 0, "n_embd": 64, "n_layer": 4, "n_head": 4})",
       .text_recipe = R"({"steps": 2000, "batch_size": 4, "lr": 1e-3, "min_lr": 1e-4, "schedule": "cosine", "warmup": 100, "weight_decay": 0.1,
         "decay_all": false, "grad_clip": 1.0, "ema": 0.99, "split": "90/10/0"})"},
      Reading::sequence);
}

}  // namespace grim
