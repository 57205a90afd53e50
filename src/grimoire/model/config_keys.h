// Which keys of a config.json mean something to a model. A key that changes what is computed must be used or refused, never
// skipped: weights that are read under another formula give numbers, and they are wrong.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "grimoire/base/fault.h"
#include "grimoire/base/json.h"
#include "grimoire/op/linear.h"

namespace grim {

enum class KeyUse {
  used,      // from_json reads it
  harmless,  // says nothing about what the weights compute: training, decoding, bookkeeping
  fixed,     // understood, and only some values are possible here
};

struct KeyRule {
  std::string_view key;
  KeyUse use = KeyUse::used;
  std::vector<std::string_view> allowed = {};  // as JSON; of a fixed key
};

// throws: input, naming the first key that is unknown (with the nearest known one) or has a value that is not possible.
void check_config_keys(const Json& config, std::span<const KeyRule> own);

// Which keys of a config.json or generation_config.json at `path` that name tokens (bos_token_id, ..., suppress_tokens) do not name some of
// the vocabulary's: null, a number, or a list of numbers where a key takes one. throws: input, the settings are no object
std::vector<Fault> token_id_faults(const Json& settings, const std::string& path, int64_t vocabulary);

// The ids of such a key: none, one or several. throws: input, another kind of value
std::vector<int64_t> token_ids(const Json& settings, std::string_view key);

// The place of config.json's model_type among `names`, those of one family. throws: input, with the nearest of them
size_t model_type_place(const Json& config, std::span<const char* const> names);
// The same as a value of an enumeration that has these names, in its order.
template <class Kind> Kind model_type_in(const Json& config, std::span<const char* const> names) { return static_cast<Kind>(model_type_place(config, names)); }

// A whole number from `low` to `high`. throws: input, naming the key
int64_t config_size(const Json& config, std::string_view key, int64_t low = 1, int64_t high = int64_t{1} << 31);
// throws: input, naming the keys, unless the value of `whole` divides by that of `by`
void check_divides(std::string_view whole, int64_t size, std::string_view by, int64_t parts);
double config_rate(const Json& config, std::string_view key, double fallback);  // from 0 to below 1

// By transformers' name: gelu_new, gelu, relu, ... throws: input, naming the key, with the nearest known name
Activation activation_named(const std::string& name, std::string_view key = "activation_function");

}  // namespace grim
