#include "grimoire/model/config_keys.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

// What transformers writes into every config.json: how to decode, what to report, where the file came from.
constexpr std::string_view kHarmless[] = {
    "_commit_hash", "_num_labels", "name_or_path", "num_labels", "output_past", "use_return_dict", "xla_device",
    "_attn_implementation", "_attn_implementation_autoset", "_name_or_path", "architectures", "attn_implementation", "bad_words_ids",
    "begin_suppress_tokens", "bos_token_id", "cache_implementation", "chunk_size_feed_forward", "decoder_start_token_id",
    "diversity_penalty", "do_sample", "dtype", "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id",
    "exponential_decay_length_penalty", "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing",
    "id2label", "initializer_range", "keys_to_ignore_at_inference", "label2id", "length_penalty", "max_length", "min_length", "model_type",
    "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "output_attentions", "output_hidden_states",
    "output_scores", "pad_token_id", "predict_special_tokens", "prefix", "problem_type", "remove_invalid_values", "repetition_penalty",
    "return_dict", "return_dict_in_generate", "sep_token_id", "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss",
    "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript", "transformers_version", "typical_p", "use_bfloat16", "use_cache"};

// Of every config.json too, but these change what is computed.
const std::vector<KeyRule>& general_rules() {
  static const std::vector<KeyRule> rules = {{"add_cross_attention", KeyUse::fixed, {"false"}},
                                             {"auto_map", KeyUse::fixed, {"null", "{}"}},  // code that comes with the folder
                                             {"cross_attention_hidden_size", KeyUse::fixed, {"null"}},
                                             {"is_decoder", KeyUse::fixed, {"false", "true"}},
                                             {"is_encoder_decoder", KeyUse::fixed, {"false"}},
                                             {"pruned_heads", KeyUse::fixed, {"{}", "null"}},
                                             {"quantization_config", KeyUse::fixed, {"null"}},
                                             {"tie_encoder_decoder", KeyUse::fixed, {"false"}}};
  return rules;
}

const KeyRule* rule_of(std::string_view key, std::span<const KeyRule> own) {
  for (const KeyRule& r : own)
    if (r.key == key) return &r;
  for (const KeyRule& r : general_rules())
    if (r.key == key) return &r;
  return nullptr;
}

[[noreturn]] void refuse_unknown(const std::string& key, std::span<const KeyRule> own) {
  std::vector<std::string> names;
  for (const KeyRule& r : own) names.emplace_back(r.key);
  for (const KeyRule& r : general_rules()) names.emplace_back(r.key);
  names.insert(names.end(), std::begin(kHarmless), std::end(kHarmless));
  fail(ErrorKind::input, "config", str("config.json: key '{}' is not known, and it could change what the weights compute", key),
       did_you_mean(key, names, "if it does not, take it out"));
}

}  // namespace

void check_config_keys(const Json& config, std::span<const KeyRule> own) {
  for (size_t i = 0; i < config.size(); ++i) {
    const std::string& key = config.keys()[i];
    const KeyRule* const rule = rule_of(key, own);
    if (!rule && std::find(std::begin(kHarmless), std::end(kHarmless), key) == std::end(kHarmless)) refuse_unknown(key, own);
    if (!rule || rule->use != KeyUse::fixed) continue;
    const std::string value = config[i].dump();
    if (std::find(rule->allowed.begin(), rule->allowed.end(), value) != rule->allowed.end()) continue;
    std::string allowed;
    for (std::string_view a : rule->allowed) allowed += (allowed.empty() ? "" : " or ") + std::string(a);
    fail(ErrorKind::input, "config", str("config.json: key '{}': got {}, only {} is supported", key, value, allowed));
  }
}

namespace {

bool is_token(const Json& v, int64_t vocabulary) { return v.kind() == Json::Kind::integer && v.as_integer() >= 0 && v.as_integer() < vocabulary; }

enum class TokenKey { none, one, one_or_more, list, sequences };
TokenKey token_key(std::string_view key) {
  if (key == "eos_token_id" || key == "forced_eos_token_id") return TokenKey::one_or_more;
  if (key == "suppress_tokens" || key == "begin_suppress_tokens") return TokenKey::list;
  if (key == "bad_words_ids" || key == "force_words_ids") return TokenKey::sequences;
  return key.ends_with("_token_id") ? TokenKey::one : TokenKey::none;
}
bool names_tokens(const Json& v, TokenKey kind, int64_t vocabulary) {
  if (kind == TokenKey::one || (kind == TokenKey::one_or_more && !v.is_array())) return is_token(v, vocabulary);
  if (!v.is_array()) return false;
  return std::all_of(v.items().begin(), v.items().end(), [&](const Json& e) {
    return kind == TokenKey::sequences ? names_tokens(e, TokenKey::list, vocabulary) : is_token(e, vocabulary);
  });
}

}  // namespace

std::vector<Fault> token_id_faults(const Json& settings, const std::string& path, int64_t vocabulary) {
  std::vector<Fault> all;
  GRIM_CHECK(settings.is_object(), input, "config", "{}: expected an object of settings", path);
  for (size_t i = 0; i < settings.size(); ++i) {
    const std::string& key = settings.keys()[i];
    const TokenKey kind = token_key(key);
    if (kind == TokenKey::none || settings[i].is_null() || names_tokens(settings[i], kind, vocabulary)) continue;
    const char* const form = kind == TokenKey::one ? "the number of a token" : kind == TokenKey::one_or_more ? "the number of a token, or a list of such"
                           : kind == TokenKey::list ? "a list of numbers of tokens" : "lists of numbers of tokens";
    all.push_back(
        {str("[config] {}: key '{}': got {}, expected {}, from 0 to {}, or null", path, key, whole_characters(settings[i].dump(), 80), form, vocabulary - 1),
         "the folder's files are not of one model: put its own back, or correct the key"});
  }
  return all;
}

std::vector<int64_t> token_ids(const Json& settings, std::string_view key) {
  const Json* const id = settings.is_object() ? settings.find(key) : nullptr;
  if (!id || id->is_null()) return {};
  if (!id->is_array()) return {id->as_integer()};
  std::vector<int64_t> ids;
  for (const Json& i : id->items()) ids.push_back(i.as_integer());
  return ids;
}

size_t model_type_place(const Json& config, std::span<const char* const> names) {
  const std::string& type = config.text("model_type");
  const std::vector<std::string> known(names.begin(), names.end());
  const size_t place = static_cast<size_t>(std::ranges::find(known, type) - known.begin());
  if (place == known.size())
    fail(ErrorKind::input, "config", str("config.json: model_type '{}' is not of this family", type), did_you_mean(type, known, "it has " + joined(known)));
  return place;
}

int64_t config_size(const Json& config, std::string_view key, int64_t low, int64_t high) {
  const int64_t value = config.integer(key);
  GRIM_CHECK(value >= low && value <= high, input, "config", "config.json: key '{}': got {}, expected {} to {}", key, value, low, high);
  return value;
}

void check_divides(std::string_view whole, int64_t size, std::string_view by, int64_t parts) {
  GRIM_CHECK(parts > 0 && size % parts == 0, input, "config", "config.json: key '{}' must divide by key '{}': got {} and {}", whole, by, size, parts);
}

double config_rate(const Json& config, std::string_view key, double fallback) {
  const double value = config.real(key, fallback);
  GRIM_CHECK(value >= 0 && value < 1, input, "config", "config.json: key '{}': got {}, expected 0 to below 1", key, value);
  return value;
}

namespace {

// Hugging Face's names for what `linear` can do. Its four tanh forms differ in rounding alone.
constexpr struct {
  std::string_view name;
  Activation activation;
} kActivations[] = {{"gelu_new", Activation::gelu_tanh},  {"gelu_pytorch_tanh", Activation::gelu_tanh}, {"gelu_fast", Activation::gelu_tanh},
                    {"gelu_accurate", Activation::gelu_tanh}, {"gelu", Activation::gelu},           {"gelu_python", Activation::gelu},
                    {"relu", Activation::relu},           {"silu", Activation::silu},                   {"swish", Activation::silu},
                    {"tanh", Activation::tanh},           {"sigmoid", Activation::sigmoid},             {"linear", Activation::none}};

}  // namespace

Activation activation_named(const std::string& name, std::string_view key) {
  std::vector<std::string> names;
  for (const auto& a : kActivations) {
    if (a.name == name) return a.activation;
    names.emplace_back(a.name);
  }
  fail(ErrorKind::input, "config", str("config.json: {} '{}' is not supported", key, name),
       did_you_mean(name, names, "gelu_new, gelu, relu, silu and tanh are"));
}

}  // namespace grim
