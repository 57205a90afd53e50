#include "grimoire/generate/generation_config.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/utf8.h"
#include "grimoire/model/config_keys.h"

namespace grim {
namespace {

void in_range(const char* name, double value, double low, double high, const char* expected) {
  GRIM_CHECK(value >= low && value <= high, argument, "generate", "{}: got {}, expected {}", name, value, expected);
}

void check_beams(const GenerationConfig& c) {
  in_range("num_beams (" GRIM_SETTING("beams") ")", static_cast<double>(c.num_beams), 1, 1 << 16, "1 or more");
  if (c.num_beam_groups < 1 || c.num_beams % c.num_beam_groups != 0)
    fail(ErrorKind::argument, "generate",
         str("{} beams (num_beams, " GRIM_SETTING("beams") ") cannot be cut into {} groups of one size (num_beam_groups, " GRIM_SETTING("beam-groups") ")",
             c.num_beams, c.num_beam_groups), "take a number of beams that divides by that of the groups");
  if (c.diversity_penalty < 0 || (c.diversity_penalty > 0 && c.num_beam_groups == 1))
    fail(ErrorKind::argument, "generate",
         str("diversity_penalty (" GRIM_SETTING("diversity-penalty") "): got {} with {} group{} of beams, expected 0 or more, and several groups that differ",
             c.diversity_penalty, c.num_beam_groups, c.num_beam_groups == 1 ? "" : "s"),
         "more groups (num_beam_groups, " GRIM_SETTING("beam-groups") "), or no penalty");
  GRIM_CHECK(std::isfinite(c.length_penalty), argument, "generate", "length_penalty (" GRIM_SETTING("length-penalty") "): got {}, expected a number",
             c.length_penalty);
  if (c.num_beams == 1) return;
  GRIM_CHECK(c.num_return_sequences <= c.num_beams, argument, "generate",
             "{} texts are asked for, and {} beams hold no more (num_return_sequences, " GRIM_SETTING("number") "; num_beams, " GRIM_SETTING("beams")
             "): expected more beams, or fewer texts", c.num_return_sequences, c.num_beams);
  GRIM_CHECK(c.prompt_lookup_num_tokens == 0, argument, "generate",
             "prompt_lookup_num_tokens (" GRIM_SETTING("lookup") "): beams (num_beams, " GRIM_SETTING("beams") ") are not guessed ahead: leave one out");
}

}  // namespace

int64_t GenerationConfig::longest(int64_t prompt) const {
  if (max_new_tokens > 0) return prompt + max_new_tokens;
  GRIM_CHECK(max_length == 0 || max_length > prompt, argument, "generate",
             "max_length is {}, and the prompt is {} tokens long: expected more, or max_new_tokens (" GRIM_SETTING("max-tokens") ")", max_length, prompt);
  return max_length;
}

void check(const GenerationConfig& c) {
  constexpr double kMost = 1e300;
  in_range("temperature (" GRIM_SETTING("temperature") ")", c.temperature, 0, kMost, "0 or more");
  in_range("top_k (" GRIM_SETTING("top-k") ")", static_cast<double>(c.top_k), 0, kMost, "0 or more");
  in_range("top_p (" GRIM_SETTING("top-p") ")", c.top_p, 1e-300, 1, "more than 0, at most 1");
  in_range("min_p (" GRIM_SETTING("min-p") ")", c.min_p, 0, 1, "0 to 1");
  in_range("typical_p (" GRIM_SETTING("typical-p") ")", c.typical_p, 1e-300, 1, "more than 0, at most 1");
  in_range("epsilon_cutoff", c.epsilon_cutoff, 0, 1, "0 to 1");
  in_range("eta_cutoff", c.eta_cutoff, 0, 1, "0 to 1");
  in_range("repetition_penalty (" GRIM_SETTING("repetition-penalty") ")", c.repetition_penalty, 1e-300, kMost, "more than 0");
  in_range("frequency_penalty (" GRIM_SETTING("frequency-penalty") ")", c.frequency_penalty, -2, 2, "-2 to 2");
  in_range("presence_penalty (" GRIM_SETTING("presence-penalty") ")", c.presence_penalty, -2, 2, "-2 to 2");
  for (const auto& [name, value] : {std::pair{"no_repeat_ngram_size", c.no_repeat_ngram_size}, {"max_new_tokens", c.max_new_tokens},
                                    {"max_length", c.max_length}, {"min_new_tokens", c.min_new_tokens}, {"min_length", c.min_length},
                                    {"prompt_lookup_num_tokens", c.prompt_lookup_num_tokens}})
    in_range(name, static_cast<double>(value), 0, kMost, "0 or more");
  GRIM_CHECK(c.max_new_tokens == 0 || c.min_new_tokens <= c.max_new_tokens, argument, "generate",
             "at least {} tokens are asked for (min_new_tokens, " GRIM_SETTING("min-tokens") "), and at most {} (max_new_tokens, "
             GRIM_SETTING("max-tokens") ")", c.min_new_tokens, c.max_new_tokens);
  in_range("num_return_sequences (" GRIM_SETTING("number") ")", static_cast<double>(c.num_return_sequences), 1, kMost, "1 or more");
  in_range("max_matching_ngram_size", static_cast<double>(c.max_matching_ngram_size), 1, kMost, "1 or more");
  for (const SequenceBias& s : c.sequence_bias)
    GRIM_CHECK(!s.tokens.empty() && s.bias < INFINITY, argument, "generate", "sequence_bias: got {} for {} tokens, expected a number for one or more", s.bias,
               s.tokens.size());
  for (const auto& word : c.bad_words_ids)
    GRIM_CHECK(!word.empty(), argument, "generate", "bad_words_ids: one of them has no tokens, expected one or more in each");
  for (const std::string& s : c.stop)
    GRIM_CHECK(!s.empty(), argument, "generate", "stop_strings (" GRIM_SETTING("stop") "): one is empty, and stands everywhere: expected a text, or none");
  in_range("penalty_alpha (" GRIM_SETTING("contrastive") ")", c.penalty_alpha, 0, 1, "0 to 1");
  GRIM_CHECK(c.penalty_alpha == 0 || (c.num_beams == 1 && c.prompt_lookup_num_tokens == 0), argument, "generate",
             "penalty_alpha (" GRIM_SETTING("contrastive") "): a contrastive search has neither beams (num_beams, " GRIM_SETTING("beams")
             ") nor tokens guessed ahead (prompt_lookup_num_tokens, " GRIM_SETTING("lookup") ")");
  check_beams(c);
}

void check_tokens(const GenerationConfig& c, int64_t vocabulary) {
  const auto known = [&](const char* name, std::span<const int64_t> tokens) {
    for (const int64_t t : tokens)
      GRIM_CHECK(t >= 0 && t < vocabulary, argument, "generate", "{}: there is no token {}, the last is {}", name, t, vocabulary - 1);
  };
  for (const auto& word : c.bad_words_ids) known("bad_words_ids", word);
  for (const SequenceBias& s : c.sequence_bias) known("sequence_bias", s.tokens);
  known("suppress_tokens", c.suppress_tokens);
  known("begin_suppress_tokens", c.begin_suppress_tokens);
  known("forced_eos_token_id", c.forced_eos_token_id);
  if (c.forced_bos_token_id) known("forced_bos_token_id", {&*c.forced_bos_token_id, 1});
}

// --- generation_config.json ------------------------------------------------------------------------------------------

namespace {

// They change no text: how results are handed out, what is kept in memory, other kinds of model, which program wrote the file.
constexpr std::string_view kHarmless[] = {
    "_commit_hash", "_from_model_config", "assistant_confidence_threshold", "assistant_early_exit", "assistant_lookbehind", "bos_token_id",
    "cache_config", "cache_implementation", "compile_config", "decoder_start_token_id", "disable_compile", "do_sample", "eos_token_id",
    "is_assistant", "low_memory", "max_cache_len", "num_assistant_tokens",
    "num_assistant_tokens_schedule", "output_attentions", "output_hidden_states", "output_logits", "output_scores", "pad_token_id",
    "prefill_chunk_size", "remove_invalid_values", "return_dict_in_generate", "return_legacy_cache", "target_lookbehind", "transformers_version",
    "use_cache"};

// They change the text, and only these values are possible here, beside null.
const std::vector<KeyRule>& fixed_rules() {
  static const std::vector<KeyRule> rules = {{"assistant_ensemble_weight", KeyUse::fixed}, {"constraints", KeyUse::fixed}, {"dola_layers", KeyUse::fixed},
                                             {"encoder_no_repeat_ngram_size", KeyUse::fixed, {"0"}},
                                             {"encoder_repetition_penalty", KeyUse::fixed, {"1", "1.0"}},
                                             {"force_words_ids", KeyUse::fixed}, {"guidance_scale", KeyUse::fixed, {"1", "1.0"}},
                                             {"max_time", KeyUse::fixed},
                                             {"speculation_type", KeyUse::fixed}, {"token_healing", KeyUse::fixed, {"false"}}, {"top_h", KeyUse::fixed},
                                             {"use_mtp", KeyUse::fixed, {"false"}}, {"watermarking_config", KeyUse::fixed}};
  return rules;
}

std::vector<int64_t> tokens_of(const Json& list) {
  std::vector<int64_t> tokens;
  for (const Json& t : list.items()) tokens.push_back(t.as_integer());
  return tokens;
}

// [[[tokens], bias], ...], which is how transformers writes it.
std::vector<SequenceBias> biases_of(const Json& list) {
  std::vector<SequenceBias> all;
  for (const Json& pair : list.items()) {
    GRIM_CHECK(pair.is_array() && pair.size() == 2, input, "config", "got {}, expected a list of tokens and a number", pair.dump());
    all.push_back({tokens_of(pair[0]), pair[1].as_real()});
  }
  return all;
}

EarlyStopping early_stopping_of(const Json& v) {
  if (v.kind() == Json::Kind::boolean) return v.as_boolean() ? EarlyStopping::yes : EarlyStopping::no;
  GRIM_CHECK(v.kind() == Json::Kind::text && v.as_text() == "never", input, "config", "got {}, expected true, false or \"never\"", v.dump());
  return EarlyStopping::never;
}

using Take = void (*)(GenerationConfig& c, const Json& v);
template <auto member> void real(GenerationConfig& c, const Json& v) { c.*member = v.as_real(); }
template <auto member> void whole(GenerationConfig& c, const Json& v) { c.*member = v.as_integer(); }
template <auto member> void token_list(GenerationConfig& c, const Json& v) { c.*member = v.is_array() ? tokens_of(v) : std::vector{v.as_integer()}; }

#define GRIM_KEY(kind, name) {#name, kind<&GenerationConfig::name>}
const std::vector<std::pair<std::string_view, Take>>& used_keys() {
  static const std::vector<std::pair<std::string_view, Take>> keys = {
      GRIM_KEY(real, temperature), GRIM_KEY(whole, top_k), GRIM_KEY(real, top_p), GRIM_KEY(real, min_p), GRIM_KEY(real, typical_p),
      GRIM_KEY(real, epsilon_cutoff), GRIM_KEY(real, eta_cutoff), GRIM_KEY(real, repetition_penalty), GRIM_KEY(whole, no_repeat_ngram_size),
      GRIM_KEY(token_list, suppress_tokens), GRIM_KEY(token_list, begin_suppress_tokens), GRIM_KEY(token_list, forced_eos_token_id),
      GRIM_KEY(whole, max_new_tokens), GRIM_KEY(whole, max_length), GRIM_KEY(whole, min_new_tokens), GRIM_KEY(whole, min_length),
      GRIM_KEY(whole, num_beams), GRIM_KEY(whole, num_beam_groups), GRIM_KEY(real, length_penalty), GRIM_KEY(real, diversity_penalty),
      GRIM_KEY(real, penalty_alpha), GRIM_KEY(whole, num_return_sequences), GRIM_KEY(whole, prompt_lookup_num_tokens), GRIM_KEY(whole, max_matching_ngram_size),
      {"forced_bos_token_id", [](GenerationConfig& c, const Json& v) { c.forced_bos_token_id = v.as_integer(); }},
      {"renormalize_logits", [](GenerationConfig& c, const Json& v) { c.renormalize_logits = v.as_boolean(); }},
      {"sequence_bias", [](GenerationConfig& c, const Json& v) { c.sequence_bias = biases_of(v); }},
      {"early_stopping", [](GenerationConfig& c, const Json& v) { c.early_stopping = early_stopping_of(v); }},
      {"bad_words_ids", [](GenerationConfig& c, const Json& v) {
         c.bad_words_ids.clear();
         for (const Json& word : v.items()) c.bad_words_ids.push_back(tokens_of(word));
       }},
      {"exponential_decay_length_penalty", [](GenerationConfig& c, const Json& v) {
         GRIM_CHECK(v.is_array() && v.size() == 2, input, "config", "got {}, expected [tokens, factor]", v.dump());
         c.exponential_decay_length_penalty = {v[0].as_integer(), v[1].as_real()};
       }},
      {"stop_strings", [](GenerationConfig& c, const Json& v) {
         c.stop.clear();
         if (!v.is_array()) c.stop.push_back(v.as_text());
         else for (const Json& s : v.items()) c.stop.push_back(s.as_text());
       }}};
  return keys;
}
#undef GRIM_KEY

void refuse_fixed(const KeyRule& rule, const Json& value) {
  const std::string said = value.dump();
  if (std::ranges::find(rule.allowed, said) == rule.allowed.end())
    fail(ErrorKind::input, "config", str("got {}, which cannot be done here", whole_characters(said, 80)), "take the key out: the text will then be another");
}

void take(StoredGeneration& stored, const std::string& key, const Json& value) {
  const auto used = std::ranges::find(used_keys(), key, [](const auto& k) { return k.first; });
  const auto fixed = std::ranges::find(fixed_rules(), key, &KeyRule::key);
  if (used != used_keys().end()) used->second(stored.config, value);
  else if (fixed != fixed_rules().end()) refuse_fixed(*fixed, value);
  else if (std::ranges::find(kHarmless, key) == std::end(kHarmless)) stored.without_meaning.push_back(key);
}

// What is wrong with a key, with the file and the key, of which a value of another kind names the file itself. No key: what several say together.
std::string told_of(const std::string& path, const std::string& key, std::string what) {
  const std::string place = path + ": ", at_key = key.empty() ? "" : str("key '{}': ", key);
  const size_t at = what.find(place);
  if (at == what.npos) return place + at_key + what;
  return what.find(at_key) == what.npos ? what.insert(at + place.size(), at_key) : what;
}

}  // namespace

StoredGeneration generation_from(const Json& settings, const std::string& path, const GenerationConfig& fallback) {
  StoredGeneration stored{.config = fallback, .without_meaning = {}};
  if (settings.is_null()) return stored;
  GRIM_CHECK(settings.is_object(), input, "config", "{}: expected an object of settings", path);
  std::string key;
  try {
    for (size_t i = 0; i < settings.size(); ++i)
      if (key = settings.keys()[i]; !settings[i].is_null()) take(stored, key, settings[i]);
    key = "do_sample";
    stored.do_sample = settings.boolean(key, true);
    if (!stored.do_sample) stored.config.temperature = 0;
    if (settings.boolean(key, false)) stored.config.penalty_alpha = 0;  // as transformers has it
    if (stored.config.penalty_alpha > 0 && stored.config.top_k == 0) stored.config.top_k = 50;
    GRIM_CHECK(stored.config.num_beams == 1 || !settings.boolean(key, false), input, "config", "num_beams with do_sample: beams are not drawn here");
    key = "";
    check(stored.config);
  } catch (const Error& e) {
    throw Error(ErrorKind::input, told_of(path, key, e.what()), e.hint());
  }
  return stored;
}

}  // namespace grim
