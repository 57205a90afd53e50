#include "grimoire/hub/gguf_model.h"

#include <algorithm>
#include <cstdlib>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/hub/gguf_keys.h"
#include "grimoire/hub/gguf_rotary.h"
#include "grimoire/hub/rotary_rows.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/llama.h"
#include "grimoire/model/rotary_keys.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// The architectures of llama.cpp that are models here. Mistral is its llama, Qwen2 differs in its biases and in that no rows are turned.
constexpr const char* kLlama = "llama";
constexpr const char* kQwen2 = "qwen2";
constexpr const char* kMistral = "mistral";  // in a config.json alone
constexpr std::string_view kWindow = "attention.sliding_window";

bool turns_rows(const Json& config) { return config.text("model_type", kLlama) != kQwen2; }

struct Renamed {
  std::string_view gguf, hugging_face;
};
constexpr Renamed kWhole[] = {
    {"token_embd.weight", "model.embed_tokens.weight"}, {"output_norm.weight", "model.norm.weight"}, {"output.weight", "lm_head.weight"}};
constexpr Renamed kBlocks = {"blk.", "model.layers."};
constexpr Renamed kOfABlock[] = {{"attn_norm", "input_layernorm"},      {"ffn_norm", "post_attention_layernorm"}, {"attn_q", "self_attn.q_proj"},
                                 {"attn_k", "self_attn.k_proj"},        {"attn_v", "self_attn.v_proj"},           {"attn_output", "self_attn.o_proj"},
                                 {"ffn_gate", "mlp.gate_proj"},         {"ffn_up", "mlp.up_proj"},                {"ffn_down", "mlp.down_proj"}};
bool has_biases(const Renamed& part) { return !part.gguf.ends_with("norm"); }

// "blk.3.attn_q.weight" <-> "model.layers.3.self_attn.q_proj.weight", from one column of the tables to the other; empty: another tensor
std::string renamed(const std::string& name, std::string_view Renamed::*from, std::string_view Renamed::*to) {
  for (const Renamed& r : kWhole)
    if (name == r.*from) return std::string(r.*to);
  const std::string_view blocks = kBlocks.*from;
  if (!name.starts_with(blocks)) return "";
  const size_t word = name.find('.', blocks.size()), end = name.rfind('.');
  if (word == std::string::npos || end <= word) return "";
  const std::string kind = name.substr(end);
  for (const Renamed& r : kOfABlock)
    if (name.compare(word + 1, end - word - 1, r.*from) == 0 && (kind == ".weight" || (kind == ".bias" && has_biases(r))))
      return str("{}{}.{}{}", kBlocks.*to, name.substr(blocks.size(), word - blocks.size()), r.*to, kind);
  return "";
}

void check_architecture(const GgufFile& file) {
  const std::string& architecture = file.text("general.architecture");
  if (architecture != kLlama && architecture != kQwen2)
    fail(ErrorKind::input, "gguf", str("{}: the architecture '{}' is not read as a model", file.path(), architecture),
         "expected llama or qwen2; its tensors alone can be converted");
  if (const int64_t experts = integer_or(file, key_of(file, "expert_count"), 0); experts > 0)
    fail(ErrorKind::input, "gguf", str("{}: a mixture of {} experts is not read from GGUF", file.path(), experts),
         "a model folder of safetensors is; its tensors alone can be converted");
}

std::string bias_of(int64_t block, const Renamed& part) { return str("blk.{}.{}.bias", block, part.gguf); }

// Biases of a kind ("attn_", "ffn_") in any block. llama.cpp adds those that are there, transformers' settings know all of a kind or none.
bool holds_biases(const GgufFile& file, std::string_view kind) {
  return std::ranges::any_of(file.entries(), [&](const TensorEntry& e) {
    const size_t word = e.name.find('.', kBlocks.gguf.size());
    return e.name.starts_with(kBlocks.gguf) && e.name.ends_with(".bias") && e.name.compare(word + 1, kind.size(), kind) == 0;
  });
}

// Whether the model of this config.json adds a bias there.
bool adds_bias(const Json& config, const Renamed& part) {
  const bool attention = part.gguf.starts_with("attn_");
  if (!turns_rows(config)) return attention && has_biases(part) && part.gguf != "attn_output";
  return has_biases(part) && config.boolean(attention ? "attention_bias" : "mlp_bias", false);
}

// So those that are not there are zeros. throws: input, one is there that is not added
void add_missing_biases(const GgufFile& file, const Json& config, std::vector<TensorSource>& tensors) {
  for (int64_t i = 0; i < config.integer("num_hidden_layers"); ++i)
    for (const Renamed& r : kOfABlock) {
      const std::string bias = bias_of(i, r);
      const bool there = file.holds(bias), added = adds_bias(config, r);
      GRIM_CHECK(added || !there, input, "gguf", "{}: tensor '{}' is not one of the {} architecture", file.path(), bias, config.text("model_type"));
      if (!added || there) continue;
      const int64_t size = file.find(str("blk.{}.{}.weight", i, r.gguf))->shape[0];
      tensors.push_back({renamed(bias, &Renamed::gguf, &Renamed::hugging_face), {size}, Dtype::f32, [size] { return Tensor::full({size}, 0); }});
    }
}

// Every weight of every block is there, and no block beyond.
void check_blocks(const GgufFile& file, int64_t blocks) {
  const auto need = [&](const std::string& name, int axes) {
    const TensorEntry* const there = file.find(name);
    GRIM_CHECK(there && there->shape.ndim() == axes, input, "gguf", "{}: there is no tensor '{}' of {} axes, expected {} blocks", file.path(), name, axes,
               blocks);
  };
  need("output_norm.weight", 1);
  for (int64_t i = 0; i < blocks; ++i)
    for (const Renamed& r : kOfABlock) need(str("blk.{}.{}.weight", i, r.gguf), has_biases(r) ? 2 : 1);
  for (const TensorEntry& e : file.entries()) {
    if (!e.name.starts_with(kBlocks.gguf)) continue;
    const int64_t block = std::strtoll(e.name.c_str() + kBlocks.gguf.size(), nullptr, 10);
    GRIM_CHECK(block < blocks && e.name.starts_with(str("{}{}.", kBlocks.gguf, block)), input, "gguf", "{}: tensor '{}' is not one of {} blocks", file.path(),
               e.name, blocks);
  }
}

std::string id_key(const char* role) { return str("tokenizer.ggml.{}_token_id", role); }

constexpr std::pair<const char*, const char*> kOneId[] = {{"bos", "bos_token_id"}, {"padding", "pad_token_id"}};
constexpr const char* kEnds[] = {"eos", "eot", "eom"};  // of a text, of a turn, of a message: a model stops at each of them

void set_token_ids(const GgufFile& file, Json& config) {
  for (const auto& [role, name] : kOneId)
    if (file.value(id_key(role))) config.set(name, file.integer(id_key(role)));
  std::vector<int64_t> ends;
  for (const char* const role : kEnds)
    if (file.value(id_key(role)) && std::ranges::find(ends, file.integer(id_key(role))) == ends.end()) ends.push_back(file.integer(id_key(role)));
  if (!ends.empty()) config.set("eos_token_id", ends.size() == 1 ? Json(ends[0]) : Json::array_of(ends));
}

}  // namespace

bool is_whole_model(const GgufFile& file) {
  if (!file.value("general.architecture") || file.entries().empty()) return false;
  const std::string& architecture = file.text("general.architecture");
  return architecture == kLlama || (architecture == kQwen2 && file.holds("token_embd.weight"));
}

Json config_in(const GgufFile& file) {
  check_architecture(file);
  const auto size = [&](const char* key) { return file.integer(key_of(file, key)); };
  const int64_t width = size("embedding_length"), heads = size("attention.head_count");
  const int64_t kv_heads = integer_or(file, key_of(file, "attention.head_count_kv"), heads);
  GRIM_CHECK(heads > 0 && kv_heads > 0 && width % heads == 0 && heads % kv_heads == 0, input, "gguf",
             "{}: {} heads and {} of keys and values do not divide a width of {}", file.path(), heads, kv_heads, width);
  const TensorEntry* const embedding = file.find("token_embd.weight");
  GRIM_CHECK(embedding && embedding->shape.ndim() == 2, input, "gguf", "{}: there is no token_embd.weight of two axes", file.path());
  const int64_t head = integer_or(file, key_of(file, "rope.dimension_count"), width / heads);
  for (const std::string& key : {key_of(file, "attention.key_length"), key_of(file, "attention.value_length")})
    GRIM_CHECK(integer_or(file, key, head) == head, input, "gguf", "{}: {} is {}, expected {}, of which all are turned", file.path(), key, file.integer(key),
               head);
  const RotaryOptions rotary = rotary_in(file, head);
  const bool qwen2 = file.text("general.architecture") == kQwen2;
  const int64_t window = qwen2 ? 0 : integer_or(file, key_of(file, kWindow), 0);
  Json config = Json::object({{"architectures", Json::array({qwen2 ? "Qwen2ForCausalLM" : window > 0 ? "MistralForCausalLM" : "LlamaForCausalLM"})},
                              {"model_type", qwen2 ? kQwen2 : window > 0 ? kMistral : kLlama},
                              {"vocab_size", embedding->shape[0]},
                              {"hidden_size", width},
                              {"intermediate_size", size("feed_forward_length")},
                              {"num_hidden_layers", size("block_count")},
                              {"num_attention_heads", heads},
                              {"num_key_value_heads", kv_heads},
                              {"max_position_embeddings", size("context_length")},
                              {"rms_norm_eps", shortest(file.real(key_of(file, "attention.layer_norm_rms_epsilon")))},
                              {"rope_theta", rotary.theta},
                              {"hidden_act", "silu"},
                              {"tie_word_embeddings", !file.holds("output.weight")},
                              {"torch_dtype", "float32"}});
  if (!qwen2 || head != width / heads) config.set("head_dim", head);
  if (window > 0) config.set("sliding_window", window);
  else if (!qwen2) config.set("attention_bias", holds_biases(file, "attn_")), config.set("mlp_bias", holds_biases(file, "ffn_"));
  if (rotary.scaling != RotaryScaling::none) config.set("rope_parameters", rotary_json(rotary));
  set_token_ids(file, config);
  return config;
}

std::vector<TensorSource> tensors_in(const GgufFile& file, const Json& config) {
  check_blocks(file, config.integer("num_hidden_layers"));
  std::vector<TensorSource> all;
  for (const TensorSource& x : sources_of(file)) {
    if (x.name == kRotaryFrequencies) continue;  // the config says it
    const std::string name = renamed(x.name, &Renamed::gguf, &Renamed::hugging_face);
    GRIM_CHECK(!name.empty(), input, "gguf", "{}: tensor '{}' is not one of the {} architecture", file.path(), x.name, config.text("model_type"));
    all.push_back(turns_rows(config) ? rotary_halves(x.named(name), config, file.path()) : x.named(name));
  }
  add_missing_biases(file, config, all);
  return all;
}

// --- the way back ----------------------------------------------------------------------------------------------------

bool has_gguf_form(const Json& config) {
  if (!config.is_object()) return false;
  const std::optional<LlamaKind> kind = LlamaConfig::kind_in(config);
  return kind && *kind != LlamaKind::mixtral;
}

namespace {

// Settings of such a model that change what it computes and that nothing in the file would say.
void refuse_unsaid(const Json& config) {
  const auto refuse = [](const char* key, const std::string& got, const char* expected) {
    fail(ErrorKind::input, "gguf", str("config.json: key '{}': got {}, which is not written as GGUF: expected {}", key, got, expected),
         GRIM_SETTING("to=safetensors") " keeps it");
  };
  if (const std::string activation = config.text("hidden_act", "silu"); activation != "silu") refuse("hidden_act", activation, "silu");
  if (config.boolean("use_sliding_window", false)) refuse("use_sliding_window", "true", "false");
  const RotaryOptions r = rotary_from(config), usual;
  const bool yarn = r.scaling == RotaryScaling::yarn && r.truncate && r.beta_fast == usual.beta_fast && r.beta_slow == usual.beta_slow;
  if (yarn || r.scaling == RotaryScaling::none || r.scaling == RotaryScaling::linear) return;
  for (const char* const key : {"rope_parameters", "rope_scaling"})
    if (const Json* const rope = config.find(key); rope && rope->is_object() && rope->text("rope_type", rope->text("type", "default")) != "default")
      refuse(key, rope->dump(), "none, or of type linear, or of type yarn with a truncated slope from 32 turns to 1");
}

// Of Mistral; 0: a token sees all before it.
int64_t window_of(const Json& config) {
  const Json* const window = config.text("model_type", kLlama) == kMistral ? config.find("sliding_window") : nullptr;
  return window && !window->is_null() ? window->as_integer() : 0;
}

}  // namespace

std::vector<std::string> unsaid_of(const Json& config) {
  const int64_t window = window_of(config);
  if (window == 0 || window >= config.integer("max_position_embeddings")) return {};
  return {str("sliding_window {} is written, and llama.cpp does not look at it: there a token sees all before it", window)};
}

std::vector<GgufPair> gguf_pairs(const Json& config, const std::string& name) {
  refuse_unsaid(config);
  const int64_t width = config.integer("hidden_size"), heads = config.integer("num_attention_heads");
  GRIM_CHECK(heads > 0 && width % heads == 0, input, "gguf", "config.json: {} heads do not divide a hidden_size of {}", heads, width);
  const int64_t head = config.integer("head_dim", width / heads);
  const std::string architecture = turns_rows(config) ? kLlama : kQwen2;
  std::vector<GgufPair> pairs = {
      {"general.architecture", GgufValue::of(architecture)}, {"general.type", GgufValue::of("model")}, {"general.name", GgufValue::of(name)}};
  const auto put = [&](std::string_view key, GgufValue value) { pairs.push_back({str("{}.{}", architecture, key), std::move(value)}); };
  const auto size = [&](std::string_view key, int64_t value) { put(key, GgufValue::of(GgufType::u32, value)); };
  const auto real = [&](std::string_view key, double value) { put(key, GgufValue::of(GgufType::f32, value)); };
  size("vocab_size", config.integer("vocab_size"));
  size("context_length", config.integer("max_position_embeddings"));
  size("embedding_length", width);
  size("block_count", config.integer("num_hidden_layers"));
  size("feed_forward_length", config.integer("intermediate_size"));
  size("attention.head_count", heads);
  size("attention.head_count_kv", config.integer("num_key_value_heads", heads));
  real("attention.layer_norm_rms_epsilon", config.real("rms_norm_eps", 1e-6));
  const RotaryOptions rotary = rotary_from(config);
  real("rope.freq_base", rotary.theta);
  if (rotary.scaling == RotaryScaling::linear) {
    put("rope.scaling.type", GgufValue::of("linear"));
    real("rope.scaling.factor", rotary.factor);
  }
  if (rotary.scaling == RotaryScaling::yarn) {
    put("rope.scaling.type", GgufValue::of("yarn"));
    real("rope.scaling.factor", rotary.factor);
    size("rope.scaling.original_context_length", rotary.trained);
    if (rotary.attention_factor > 0)
      real("rope.scaling.attn_factor", rotary.attention_factor / rotary_attention_factor({.scaling = RotaryScaling::yarn, .factor = rotary.factor}));
  }
  if (const int64_t window = window_of(config); window > 0) size(kWindow, window);
  size("rope.dimension_count", head);
  if (head != width / heads) size("attention.key_length", head), size("attention.value_length", head);
  return pairs;
}

namespace {

const int64_t* whole(const std::vector<GgufPair>& pairs, const std::string& key) {
  const auto at = std::ranges::find(pairs, key, &GgufPair::key);
  return at == pairs.end() ? nullptr : &std::get<std::vector<int64_t>>(at->value.values)[0];
}

void put_id(std::vector<GgufPair>& pairs, const char* role, int64_t id) {
  const std::string key = id_key(role);
  std::erase_if(pairs, [&](const GgufPair& p) { return p.key == key; });
  pairs.push_back({key, GgufValue::of(GgufType::u32, id)});
}

}  // namespace

std::vector<std::string> add_token_ids(const Json& settings, std::vector<GgufPair>& pairs) {
  std::vector<std::string> unsaid;
  const auto around = [&](const char* role) {
    const int64_t* const flag = whole(pairs, str("tokenizer.ggml.add_{}_token", role));
    return flag && *flag != 0;
  };
  // The tokenizer's, where texts are encoded with it, else the model's, of which it is the first.
  const auto put = [&](const char* role, const char* name, std::vector<int64_t>& ids) {
    const int64_t* const found = whole(pairs, id_key(role));
    if (ids.empty()) return;
    if (found && *found != ids[0]) {
      const int64_t own = *found;
      const auto at = std::ranges::find(ids, own);
      if (at != ids.end()) std::rotate(ids.begin(), at, at + 1);
      else if (around(role)) ids.insert(ids.begin(), own);
      else unsaid.push_back(str("the tokenizer's {} token {} is not written: the model's {} {} takes its place", role, own, name, ids[0]));
    }
    put_id(pairs, role, ids[0]);
    ids.erase(ids.begin());
  };
  const auto rest = [&](const char* name, const std::vector<int64_t>& ids) {
    if (!ids.empty())
      unsaid.push_back(
          str("{} {} is not written: GGUF has no more room for such tokens", name, ids.size() == 1 ? Json(ids[0]).dump() : Json::array_of(ids).dump()));
  };
  for (const auto& [role, name] : kOneId) {
    std::vector<int64_t> ids = token_ids(settings, name);
    put(role, name, ids);
    rest(name, ids);
  }
  std::vector<int64_t> ends = token_ids(settings, "eos_token_id");
  for (const char* const role : kEnds) put(role, "eos_token_id", ends);
  rest("eos_token_id", ends);
  return unsaid;
}

std::string gguf_name(const std::string& tensor) {
  const std::string name = renamed(tensor, &Renamed::hugging_face, &Renamed::gguf);
  return name.empty() ? tensor : name;
}

std::vector<TensorSource> gguf_tensors(const Json& config, const std::vector<TensorSource>& tensors) {
  const bool tied = config.boolean("tie_word_embeddings", false);
  std::vector<TensorSource> all;
  for (const TensorSource& x : tensors) {
    if (x.name.ends_with(".rotary_emb.inv_freq") || (tied && x.name == "lm_head.weight")) continue;  // worked out again, and the embedding
    const std::string name = renamed(x.name, &Renamed::hugging_face, &Renamed::gguf);
    if (name.empty())
      fail(ErrorKind::input, "gguf", str("tensor '{}' has no name in llama.cpp's {} architecture", x.name, turns_rows(config) ? kLlama : kQwen2),
           GRIM_SETTING("to=safetensors") " keeps it");
    all.push_back(turns_rows(config) ? rotary_neighbours(x, config, "config.json").named(name) : x.named(name));
  }
  return all;
}

}  // namespace grim
