#include "grimoire/hub/gguf_model.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/hub/rotary_rows.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/llama.h"
#include "grimoire/model/rotary_keys.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr const char* kLlama = "llama";

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

int64_t integer_or(const GgufFile& file, const std::string& key, int64_t fallback) { return file.value(key) ? file.integer(key) : fallback; }

// The number that was meant by an f32: 1e-5 and not 9.99999974737875e-06.
double shortest(double rounded) {
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, static_cast<float>(rounded));
  double meant = rounded;
  std::from_chars(digits, written.ptr, meant);
  return meant;
}

constexpr const char* kFrequencies = "rope_freqs.weight";

// llama.cpp keeps Llama 3's scaling worked out: what each pair's angle is divided by, (D / 2). The bounds of all that are published stand in RotaryOptions, the
// factor is that of the slowest pair; whether all of them are so is looked at.
void read_frequencies(const GgufFile& file, RotaryOptions& r) {
  const Tensor divisors = contiguous(cast(file.read(kFrequencies), Dtype::f32));
  const int64_t n = divisors.numel();
  r = {.size = r.size, .theta = r.theta};
  const std::vector<float> plain = rotary_frequencies(r);
  r.scaling = RotaryScaling::llama3;
  r.factor = n > 0 ? shortest(divisors.data<float>()[n - 1]) : 1;
  const std::vector<float> scaled = rotary_frequencies(r);
  bool same = n == r.size / 2 && r.factor >= 1;
  for (int64_t i = 0; same && i < n; ++i) {
    const float expected = plain[static_cast<size_t>(i)] / scaled[static_cast<size_t>(i)];
    same = std::abs(divisors.data<float>()[i] - expected) <= 1e-5f * expected;  // f32 in two orders of work
  }
  if (!same)
    fail(ErrorKind::input, "gguf",
         str("{}: tensor '{}' is not Llama 3's scaling of rotary positions, and a config.json cannot say what it is", file.path(), kFrequencies),
         str("expected {} divisors made with low_freq_factor {}, high_freq_factor {} and {} positions", r.size / 2, r.low_freq_factor, r.high_freq_factor,
             r.trained));
}

constexpr std::string_view kScaling = "llama.rope.scaling.";
constexpr const char* kAttention = "llama.rope.scaling.attn_factor";
// What llama.cpp computes a llama with, whatever the file says.
constexpr std::pair<std::string_view, double> kFixed[] = {{"yarn_ext_factor", 1}, {"yarn_beta_fast", 32}, {"yarn_beta_slow", 1}, {"yarn_log_multiplier", 0}};
constexpr std::string_view kRead[] = {"type", "factor", "original_context_length", "attn_factor", "finetuned"};

void check_scaling_keys(const GgufFile& file) {
  for (const GgufPair& p : file.pairs()) {
    if (!p.key.starts_with(kScaling)) continue;
    const std::string_view key = std::string_view(p.key).substr(kScaling.size());
    if (std::ranges::find(kRead, key) != std::end(kRead)) continue;
    const auto* const fixed = std::ranges::find(kFixed, key, [](const auto& f) { return f.first; });
    GRIM_CHECK(fixed != std::end(kFixed), input, "gguf", "{}: {} scales rotary positions in a way that is not read", file.path(), p.key);
    GRIM_CHECK(file.real(p.key) == fixed->second, input, "gguf", "{}: {} is {}, expected {}, with which llama.cpp computes in any case", file.path(), p.key,
               file.real(p.key), fixed->second);
  }
}

// YaRN as llama.cpp has it: attn_factor comes on top of what the factor gives.
void read_yarn(const GgufFile& file, RotaryOptions& r) {
  r.trained = integer_or(file, "llama.rope.scaling.original_context_length", file.integer("llama.context_length"));
  const double more = file.value(kAttention) ? file.real(kAttention) : 1;
  GRIM_CHECK(more > 0, input, "gguf", "{}: {} is {}, expected above 0", file.path(), kAttention, more);
  if (more != 1) r.attention_factor = shortest(more * rotary_attention_factor(r));
}

// Rotary positions, and how they are scaled. As llama.cpp has it, a factor without a type is linear.
RotaryOptions rotary_in(const GgufFile& file, int64_t size) {
  RotaryOptions r{.size = size};
  check_scaling_keys(file);
  if (file.value("llama.rope.freq_base")) r.theta = shortest(file.real("llama.rope.freq_base"));
  const std::string type = file.value("llama.rope.scaling.type") ? file.text("llama.rope.scaling.type") : "linear";
  const char* const factor = file.value("llama.rope.scaling.factor") ? "llama.rope.scaling.factor" : "llama.rope.scale_linear";
  GRIM_CHECK(type == "linear" || type == "yarn" || type == "none", input, "gguf",
             "{}: llama.rope.scaling.type is '{}', which is not read: expected none, linear or yarn", file.path(), type);
  GRIM_CHECK(r.size > 0 && r.size % 2 == 0 && r.theta >= 1, input, "gguf", "{}: rotary positions: got a width of {} and a base of {}", file.path(), r.size,
             r.theta);
  if (type != "none" && file.value(factor) && file.real(factor) != 0 && file.real(factor) != 1) {
    r.scaling = type == "yarn" ? RotaryScaling::yarn : RotaryScaling::linear;
    r.factor = shortest(file.real(factor));
    GRIM_CHECK(r.factor > 1, input, "gguf", "{}: {} is {}, expected 1 or more", file.path(), factor, r.factor);
  }
  if (r.scaling == RotaryScaling::yarn) read_yarn(file, r);
  else if (file.value(kAttention))
    GRIM_CHECK(file.real(kAttention) == 1, input, "gguf", "{}: {} is {} where yarn scales nothing, which a config.json cannot say", file.path(), kAttention,
               file.real(kAttention));
  if (!file.holds(kFrequencies)) return r;
  GRIM_CHECK(r.scaling == RotaryScaling::none, input, "gguf", "{}: rotary positions are scaled twice, by {} and by '{}', which a config.json cannot say",
             file.path(), factor, kFrequencies);
  read_frequencies(file, r);
  return r;
}

void check_architecture(const GgufFile& file) {
  const std::string& architecture = file.text("general.architecture");
  if (architecture != kLlama)
    fail(ErrorKind::input, "gguf", str("{}: the architecture '{}' is not read as a model", file.path(), architecture),
         "expected llama; its tensors alone can be converted");
}

std::string bias_of(int64_t block, const Renamed& part) { return str("blk.{}.{}.bias", block, part.gguf); }

// Biases of a kind ("attn_", "ffn_") in any block. llama.cpp adds those that are there, transformers' settings know all of a kind or none.
bool holds_biases(const GgufFile& file, std::string_view kind) {
  return std::ranges::any_of(file.entries(), [&](const TensorEntry& e) {
    const size_t word = e.name.find('.', kBlocks.gguf.size());
    return e.name.starts_with(kBlocks.gguf) && e.name.ends_with(".bias") && e.name.compare(word + 1, kind.size(), kind) == 0;
  });
}

// So those that are not there are zeros.
void add_missing_biases(const GgufFile& file, const Json& config, std::vector<TensorSource>& tensors) {
  for (const auto& [kind, setting] : {std::pair("attn_", "attention_bias"), std::pair("ffn_", "mlp_bias")})
    for (int64_t i = 0; config.boolean(setting) && i < config.integer("num_hidden_layers"); ++i)
      for (const Renamed& r : kOfABlock)
        if (r.gguf.starts_with(kind) && has_biases(r) && !file.holds(bias_of(i, r))) {
          const int64_t size = file.find(str("blk.{}.{}.weight", i, r.gguf))->shape[0];
          tensors.push_back({renamed(bias_of(i, r), &Renamed::gguf, &Renamed::hugging_face), {size}, Dtype::f32, [size] { return Tensor::full({size}, 0); }});
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
  return file.value("general.architecture") && file.text("general.architecture") == kLlama && !file.entries().empty();
}

Json config_in(const GgufFile& file) {
  check_architecture(file);
  const auto size = [&](const char* key) { return file.integer(str("llama.{}", key)); };
  const int64_t width = size("embedding_length"), heads = size("attention.head_count"), kv_heads = integer_or(file, "llama.attention.head_count_kv", heads);
  GRIM_CHECK(heads > 0 && kv_heads > 0 && width % heads == 0 && heads % kv_heads == 0, input, "gguf",
             "{}: {} heads and {} of keys and values do not divide a width of {}", file.path(), heads, kv_heads, width);
  const TensorEntry* const embedding = file.find("token_embd.weight");
  GRIM_CHECK(embedding && embedding->shape.ndim() == 2, input, "gguf", "{}: there is no token_embd.weight of two axes", file.path());
  const int64_t head = integer_or(file, "llama.rope.dimension_count", width / heads);
  for (const char* const key : {"llama.attention.key_length", "llama.attention.value_length"})
    GRIM_CHECK(integer_or(file, key, head) == head, input, "gguf", "{}: {} is {}, expected {}, of which all are turned", file.path(), key, file.integer(key),
               head);
  const RotaryOptions rotary = rotary_in(file, head);
  Json config = Json::object({{"architectures", Json::array({"LlamaForCausalLM"})},
                              {"model_type", kLlama},
                              {"vocab_size", embedding->shape[0]},
                              {"hidden_size", width},
                              {"intermediate_size", size("feed_forward_length")},
                              {"num_hidden_layers", size("block_count")},
                              {"num_attention_heads", heads},
                              {"num_key_value_heads", kv_heads},
                              {"head_dim", head},
                              {"max_position_embeddings", size("context_length")},
                              {"rms_norm_eps", shortest(file.real("llama.attention.layer_norm_rms_epsilon"))},
                              {"rope_theta", rotary.theta},
                              {"hidden_act", "silu"},
                              {"attention_bias", holds_biases(file, "attn_")},
                              {"mlp_bias", holds_biases(file, "ffn_")},
                              {"tie_word_embeddings", !file.holds("output.weight")},
                              {"torch_dtype", "float32"}});
  if (rotary.scaling != RotaryScaling::none) config.set("rope_parameters", rotary_json(rotary));
  set_token_ids(file, config);
  return config;
}

std::vector<TensorSource> tensors_in(const GgufFile& file, const Json& config) {
  check_blocks(file, config.integer("num_hidden_layers"));
  std::vector<TensorSource> all;
  for (const TensorSource& x : sources_of(file)) {
    if (x.name == kFrequencies) continue;  // the config says it
    const std::string name = renamed(x.name, &Renamed::gguf, &Renamed::hugging_face);
    GRIM_CHECK(!name.empty(), input, "gguf", "{}: tensor '{}' is not one of the llama architecture", file.path(), x.name);
    all.push_back(rotary_halves(x.named(name), config, file.path()));
  }
  add_missing_biases(file, config, all);
  return all;
}

// --- the way back ----------------------------------------------------------------------------------------------------

bool has_gguf_form(const Json& config) { return config.is_object() && LlamaConfig::kind_in(config) == LlamaKind::llama; }

namespace {

// Settings of a llama model that change what it computes and that nothing in the file would say.
void refuse_unsaid(const Json& config) {
  const auto refuse = [](const char* key, const std::string& got, const char* expected) {
    fail(ErrorKind::input, "gguf", str("config.json: key '{}': got {}, which is not written as GGUF: expected {}", key, got, expected),
         GRIM_SETTING("to=safetensors") " keeps it");
  };
  if (const std::string activation = config.text("hidden_act", "silu"); activation != "silu") refuse("hidden_act", activation, "silu");
  const RotaryOptions r = rotary_from(config), usual;
  const bool yarn = r.scaling == RotaryScaling::yarn && r.truncate && r.beta_fast == usual.beta_fast && r.beta_slow == usual.beta_slow;
  if (yarn || r.scaling == RotaryScaling::none || r.scaling == RotaryScaling::linear) return;
  for (const char* const key : {"rope_parameters", "rope_scaling"})
    if (const Json* const rope = config.find(key); rope && rope->is_object() && rope->text("rope_type", rope->text("type", "default")) != "default")
      refuse(key, rope->dump(), "none, or of type linear, or of type yarn with a truncated slope from 32 turns to 1");
}

}  // namespace

std::vector<GgufPair> gguf_pairs(const Json& config, const std::string& name) {
  refuse_unsaid(config);
  const int64_t width = config.integer("hidden_size"), heads = config.integer("num_attention_heads");
  GRIM_CHECK(heads > 0 && width % heads == 0, input, "gguf", "config.json: {} heads do not divide a hidden_size of {}", heads, width);
  const int64_t head = config.integer("head_dim", width / heads);
  std::vector<GgufPair> pairs = {
      {"general.architecture", GgufValue::of(kLlama)}, {"general.type", GgufValue::of("model")}, {"general.name", GgufValue::of(name)}};
  const auto size = [&](const char* key, int64_t value) { pairs.push_back({str("llama.{}", key), GgufValue::of(GgufType::u32, value)}); };
  const auto real = [&](const char* key, double value) { pairs.push_back({str("llama.{}", key), GgufValue::of(GgufType::f32, value)}); };
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
    pairs.push_back({"llama.rope.scaling.type", GgufValue::of("linear")});
    real("rope.scaling.factor", rotary.factor);
  }
  if (rotary.scaling == RotaryScaling::yarn) {
    pairs.push_back({"llama.rope.scaling.type", GgufValue::of("yarn")});
    real("rope.scaling.factor", rotary.factor);
    size("rope.scaling.original_context_length", rotary.trained);
    if (rotary.attention_factor > 0)
      real("rope.scaling.attn_factor", rotary.attention_factor / rotary_attention_factor({.scaling = RotaryScaling::yarn, .factor = rotary.factor}));
  }
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

std::vector<TensorSource> gguf_tensors(const Json& config, const std::vector<TensorSource>& tensors) {
  const bool tied = config.boolean("tie_word_embeddings", false);
  std::vector<TensorSource> all;
  for (const TensorSource& x : tensors) {
    if (x.name.ends_with(".rotary_emb.inv_freq") || (tied && x.name == "lm_head.weight")) continue;  // worked out again, and the embedding
    const std::string name = renamed(x.name, &Renamed::hugging_face, &Renamed::gguf);
    if (name.empty())
      fail(ErrorKind::input, "gguf", str("tensor '{}' has no name in llama.cpp's llama architecture", x.name), GRIM_SETTING("to=safetensors") " keeps it");
    all.push_back(rotary_neighbours(x, config, "config.json").named(name));
  }
  return all;
}

}  // namespace grim
