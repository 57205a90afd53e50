#include <algorithm>

#include "grimoire/model/bart.h"
#include "grimoire/model/common_options.h"
#include "grimoire/model/config_keys.h"

namespace grim {
namespace {

constexpr const char* kModelTypes[] = {"bart", "marian"};  // in the order of BartKind
constexpr struct Classes {
  const char *model, *bare;
} kClasses[] = {{"BartForConditionalGeneration", "BartModel"}, {"MarianMTModel", "MarianModel"}};  // in the same
const Classes& classes_of(BartKind kind) { return kClasses[static_cast<size_t>(kind)]; }

std::vector<KeyRule> bart_rules(bool learned) {  // positions
  const std::string_view yes = "true", no = "false";
  return {{"vocab_size"}, {"max_position_embeddings"}, {"d_model"}, {"encoder_layers"}, {"encoder_attention_heads"}, {"encoder_ffn_dim"}, {"decoder_layers"},
          {"decoder_attention_heads"}, {"decoder_ffn_dim"}, {"dropout"}, {"attention_dropout"}, {"activation_dropout"}, {"activation_function"},
          {"scale_embedding"}, {"decoder_vocab_size"}, {"pad_token_id"}, {"bos_token_id"}, {"eos_token_id"}, {"decoder_start_token_id"},
          {"forced_bos_token_id"}, {"forced_eos_token_id"},
          {"is_encoder_decoder", KeyUse::fixed, {yes}}, {"is_decoder", KeyUse::fixed, {no}}, {"tie_word_embeddings", KeyUse::fixed, {yes}},
          {"share_encoder_decoder_embeddings", KeyUse::fixed, {yes}}, {"normalize_before", KeyUse::fixed, {no}}, {"add_final_layer_norm", KeyUse::fixed, {no}},
          {"normalize_embedding", KeyUse::fixed, {learned ? yes : no}}, {"static_position_embeddings", KeyUse::fixed, {learned ? no : yes}},
          {"add_bias_logits", KeyUse::harmless},                                           // they are in the weights, or not
          {"num_hidden_layers", KeyUse::harmless}, {"extra_pos_embeddings", KeyUse::harmless},  // what other keys say, or the weights' shapes
          {"encoder_layerdrop", KeyUse::harmless}, {"decoder_layerdrop", KeyUse::harmless}, {"init_std", KeyUse::harmless},
          {"classifier_dropout", KeyUse::harmless}, {"classif_dropout", KeyUse::harmless},  // of a head that is not here
          {"force_bos_token_to_be_generated"}};
}

void check_class(const Json& json, const Classes& own) {
  const Json* const classes = json.find("architectures");
  if (!classes || classes->is_null() || classes->size() == 0) return;
  const std::string& name = (*classes)[0].as_text();
  GRIM_CHECK(name == own.model || name == own.bare, input, "config", "config.json: architectures: got '{}', only {} and {} are supported", name,
             own.model, own.bare);
}

}  // namespace

const char* BartConfig::model_type() const { return kModelTypes[static_cast<size_t>(kind)]; }

BartConfig BartConfig::from_json(const Json& json) {
  const auto kind = model_type_in<BartKind>(json, kModelTypes);
  const bool learned = kind == BartKind::bart;
  check_config_keys(json, bart_rules(learned));
  check_class(json, classes_of(kind));
  const int64_t V = config_size(json, "vocab_size");
  const auto token_or = [&](const char* key, int64_t otherwise) {
    const std::vector<int64_t> ids = token_ids(json, key);
    const int64_t id = ids.empty() ? otherwise : ids[0];
    GRIM_CHECK(id >= 0 && id < V, input, "config", "config.json: key '{}': got {}, expected a token of the vocabulary of {}", key, id, V);
    return id;
  };
  BartConfig c{.vocab_size = V,
               .context = config_size(json, "max_position_embeddings", 1, int64_t{1} << 24),
               .n_embd = config_size(json, "d_model", 1, 1 << 24),
               .n_layer = config_size(json, "encoder_layers", 1, 1 << 16),
               .n_decoder_layer = config_size(json, "decoder_layers", 1, 1 << 16),
               .n_head = config_size(json, "encoder_attention_heads"),
               .n_decoder_head = config_size(json, "decoder_attention_heads"),
               .n_inner = config_size(json, "encoder_ffn_dim"),
               .n_decoder_inner = config_size(json, "decoder_ffn_dim"),
               .dropout = config_rate(json, "dropout", 0.1),
               .attention_dropout = config_rate(json, "attention_dropout", 0),
               .activation_dropout = config_rate(json, "activation_dropout", 0),
               .activation = json.text("activation_function", "gelu"),
               .scale_embedding = json.boolean("scale_embedding", false),
               .forced_begin = token_ids(json, "forced_bos_token_id"),
               .forced_end = token_ids(json, "forced_eos_token_id"),
               .kind = kind};
  c.end_token = token_or("eos_token_id", learned ? 2 : 0);
  c.pad_token = token_or("pad_token_id", learned ? 1 : V - 1);
  c.begin_token = token_or("bos_token_id", learned ? 0 : c.end_token);
  if (json.boolean("force_bos_token_to_be_generated", false) && c.forced_begin.empty()) c.forced_begin = {c.begin_token};  // as folders of old say it
  c.start_token = token_or("decoder_start_token_id", learned ? c.end_token : c.pad_token);
  if (json.find("decoder_vocab_size") && !json.at("decoder_vocab_size").is_null())
    GRIM_CHECK(config_size(json, "decoder_vocab_size") == V, input, "config",
               "config.json: key 'decoder_vocab_size' is {} and key 'vocab_size' {}: only one vocabulary for both sides is supported",
               json.integer("decoder_vocab_size"), V);
  check_divides("d_model", c.n_embd, "encoder_attention_heads", c.n_head);
  check_divides("d_model", c.n_embd, "decoder_attention_heads", c.n_decoder_head);
  if (c.n_decoder_layer == c.n_layer) c.n_decoder_layer = 0;
  if (c.n_decoder_head == c.n_head) c.n_decoder_head = 0;
  if (c.n_decoder_inner == c.n_inner) c.n_decoder_inner = 0;
  if (c.n_inner == 4 * c.n_embd) c.n_inner = 0;
  activation_named(c.activation);
  return c;
}

Json BartConfig::to_json() const {
  const auto forced = [](const std::vector<int64_t>& ids) { return ids.empty() ? Json() : ids.size() == 1 ? Json(ids[0]) : Json::array_of(ids); };
  Json json = Json::object({{"model_type", model_type()},
                            {"architectures", Json::array({classes_of(kind).model})},
                            {"is_encoder_decoder", true},
                            {"vocab_size", vocab_size},
                            {"max_position_embeddings", context},
                            {"d_model", n_embd},
                            {"encoder_layers", n_layer},
                            {"encoder_attention_heads", n_head},
                            {"encoder_ffn_dim", inner()},
                            {"decoder_layers", decoder_layers()},
                            {"decoder_attention_heads", decoder_heads()},
                            {"decoder_ffn_dim", decoder_inner()},
                            {"dropout", dropout},
                            {"attention_dropout", attention_dropout},
                            {"activation_dropout", activation_dropout},
                            {"activation_function", activation},
                            {"scale_embedding", scale_embedding},
                            {"init_std", 0.02},
                            {"pad_token_id", pad_token},
                            {"bos_token_id", begin_token},
                            {"eos_token_id", end_token},
                            {"decoder_start_token_id", start_token},
                            {"forced_bos_token_id", forced(forced_begin)},
                            {"forced_eos_token_id", forced(forced_end)},
                            {"tie_word_embeddings", true},
                            {"torch_dtype", "float32"}});
  if (learns_positions()) return json;
  json.set("decoder_vocab_size", vocab_size);
  json.set("share_encoder_decoder_embeddings", true);
  return json;
}

ConfigShapes BartConfig::shapes() const {
  using Length = ConfigShapes::Length;
  const Length V{{"vocab_size"}, vocab_size}, C{{"d_model"}, n_embd}, F{{"encoder_ffn_dim"}, inner()}, G{{"decoder_ffn_dim"}, decoder_inner()};
  return {.layers = {{"encoder.layers.", "encoder_layers", n_layer}, {"decoder.layers.", "decoder_layers", decoder_layers()}},
          .tensors = {{"shared.weight", {V, C}}, {"embed_tokens.weight", {V, C}}, {"lm_head.weight", {V, C}},
                      {"embed_positions.weight", {{{"max_position_embeddings"}, position_rows()}, C}}, {"encoder.layers.*.fc1.weight", {F, C}},
                      {"decoder.layers.*.fc1.weight", {G, C}}, {"q_proj.weight", {C, C}}}};
}

double BartConfig::parameter_count() const {
  const double C = double(n_embd), tables = double(vocab_size) * C + (learns_positions() ? 2 * double(position_rows()) * C + 4 * C : 0);
  const double attention = 4 * (C * C + C) + 2 * C;  // with its norm
  const auto feed_forward = [C](double F) { return 2 * C * F + F + C + 2 * C; };
  return tables + double(n_layer) * (attention + feed_forward(double(inner()))) +
         double(decoder_layers()) * (2 * attention + feed_forward(double(decoder_inner())));
}

double BartConfig::buffer_bytes() const {
  return 4 * (double(vocab_size) + (learns_positions() ? 0 : 2 * double(position_rows()) * double(n_embd)));
}

void BartConfig::check() const {
  for (const int64_t heads : {n_head, decoder_heads()}) check_heads(model_type(), n_embd, heads);
}

// --- options ---------------------------------------------------------------------------------------------------------

Options BartConfig::options() {
  return {context_option(&context),
          embedding_option(&n_embd),
          layers_option(&n_layer),
          {.name = "n-decoder-layer", .help = "layers of the decoder; 0: as many as of the encoder", .target = &n_decoder_layer, .low = 0, .high = 1 << 16},
          {.name = "n-head", .help = "attention heads", .target = &n_head, .low = 1, .high = 1 << 16},
          {.name = "n-inner", .help = "width inside the feed-forward; 0: 4 of the embedding", .target = &n_inner, .low = 0, .high = 1 << 20},
          {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99}};
}

namespace {

// A norm behind each sum needs a long warm-up (Xiong et al. 2020).
constexpr const char* kRecipe = R"({"steps": 6000, "batch_size": 32, "lr": 1e-3, "min_lr": 1e-5, "schedule": "cosine", "warmup": 600,
  "weight_decay": 0.01, "decay_all": false, "grad_clip": 1.0, "beta2": 0.98, "split": "90/5/5"})";

Architecture described(const char* name, const char* summary, const char* task, const BartConfig& shape) {
  return architecture<Bart, BartConfig>({.name = name, .model_type = shape.model_type(), .summary = summary, .task = task, .items_recipe = kRecipe,
                                         .text_recipe = kRecipe}, Reading::sequence, shape);
}

const BartConfig kSmall{.context = 256, .n_embd = 128, .n_layer = 2, .n_head = 4};

}  // namespace

Architecture bart_architecture() { return described("bart", "BART: writes a damaged text whole again", "infill", kSmall); }

Architecture marian_architecture() {
  BartConfig shape = kSmall;
  shape.activation = "swish";
  shape.scale_embedding = true;
  shape.kind = BartKind::marian;
  return described("marian", "Marian: the original transformer as translators use it", "infill", shape);
}

Architecture transformer_architecture() {
  BartConfig shape = kSmall;
  shape.activation = "relu";
  shape.scale_embedding = true;
  shape.kind = BartKind::marian;
  Architecture a = described("transformer", "the original transformer: sines for positions, norms behind sums", "infill", shape);
  a.is_read = false;
  return a;
}

namespace {

Architecture on_pairs(Architecture a, const char* summary) {
  a.name += "-seq2seq";
  a.summary = summary;
  a.task = "seq2seq";
  a.is_read = false;
  return a;
}

}  // namespace

Architecture bart_seq2seq_architecture() { return on_pairs(bart_architecture(), "BART, trained on pairs of texts"); }
Architecture marian_seq2seq_architecture() { return on_pairs(marian_architecture(), "Marian, trained on pairs of texts"); }
Architecture transformer_seq2seq_architecture() { return on_pairs(transformer_architecture(), "the original transformer, trained on pairs of texts"); }

}  // namespace grim
