#include "grimoire/hub/adapter_config.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/module_names.h"
#include "grimoire/nn/ia3.h"

namespace grim {
namespace {

constexpr int64_t kMostRank = 1 << 16;

bool says_nothing(const Json& value) {
  return value.is_null() || value == Json(false) || ((value.is_object() || value.is_array()) && value.size() == 0);
}

std::vector<std::string> names_in(const Json& json, const char* key) {
  std::vector<std::string> names;
  const Json* const value = json.find(key);
  if (!value || value->is_null()) return names;
  if (!value->is_array()) return {value->as_text()};
  for (const Json& name : value->items()) names.push_back(name.as_text());
  return names;
}

// Settings of layers by the end of their paths: "NAME=VALUE" each here, an object in peft's file.
struct Patterns {
  const char *key, *setting, *value;
  double low, high;
};
constexpr Patterns kRanks = {"rank_pattern", GRIM_SETTING("rank-pattern"), "RANK", 1, kMostRank};
constexpr Patterns kAlphas = {"alpha_pattern", GRIM_SETTING("alpha-pattern"), "ALPHA", 0, 1e300};

std::vector<std::string> patterns_in(const Json& json, const Patterns& patterns, const std::string& source) {
  std::vector<std::string> all;
  const Json* const object = json.find(patterns.key);
  for (size_t i = 0; object && i < object->size(); ++i) {
    const double value = (*object)[i].as_real();
    GRIM_CHECK(value >= patterns.low && value <= patterns.high, input, "adapter", "{}: key '{}': '{}' is {}, expected {} or more", source, patterns.key,
               object->keys()[i], value, patterns.low);
    all.push_back(str("{}={}", object->keys()[i], value));
  }
  return all;
}

std::pair<std::string, double> pattern_of(const std::string& text, const Patterns& patterns) {
  const size_t at = text.rfind('=');
  const std::string name = text.substr(0, at), value = at == text.npos ? "" : text.substr(at + 1);
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  const bool whole = patterns.key != kRanks.key || number == std::floor(number);
  if (!name.empty() && !value.empty() && !*end && number >= patterns.low && number <= patterns.high && whole) return {name, number};
  throw Error(ErrorKind::usage, str("{}: got '{}', expected NAME={}", patterns.setting, text, patterns.value), "for one, q_proj=4");
}

// Of the first that fits the path.
double value_at(const std::string& path, const std::vector<std::string>& texts, const Patterns& patterns, double otherwise) {
  for (const std::string& text : texts)
    if (const auto [name, value] = pattern_of(text, patterns); paths_like(name)(path)) return value;
  return otherwise;
}

Json object_of(const std::vector<std::string>& texts, const Patterns& patterns) {
  Json object = Json::object();
  for (const std::string& text : texts) {
    const auto [name, value] = pattern_of(text, patterns);
    object.set(name, value == std::floor(value) ? Json(static_cast<int64_t>(value)) : Json(value));
  }
  return object;
}

// Which keys of peft's file are used here, and which are of training, of bookkeeping, or of what a key beside them would turn on.
struct Keys {
  std::set<std::string> used, harmless;
};
const Keys& keys_of(AdapterKind kind) {
  static const std::set<std::string> kHarmless = {"peft_version", "task_type", "auto_mapping", "revision", "inference_mode", "fan_in_fan_out"};
  static const auto with = [](std::set<std::string> all, const std::set<std::string>& more) {
    all.insert(more.begin(), more.end());
    return all;
  };
  static const Keys kLora = {{"peft_type", "r", "lora_alpha", "use_rslora", "use_dora", "rank_pattern", "alpha_pattern", "lora_dropout", "target_modules",
                              "modules_to_save", "base_model_name_or_path"},
                             with(kHarmless, {"init_lora_weights", "megatron_core", "qalora_group_size"})};
  static const Keys kIa3 = {{"peft_type", "target_modules", "feedforward_modules", "modules_to_save", "base_model_name_or_path"},
                            with(kHarmless, {"init_ia3_weights"})};
  return kind == AdapterKind::ia3 ? kIa3 : kLora;
}

}  // namespace

const char* name_of(AdapterKind kind) {
  constexpr const char* kNames[] = {"none", "LoRA", "DoRA", "IA3"};
  return kNames[static_cast<size_t>(kind)];
}

Options AdapterConfig::options() {
  const std::string thin = "adapter=lora|dora", any = "adapter=lora|dora|ia3";
  return {{.name = "adapter", .help = "leave the model as it is, and teach what stands beside it: lora, two thin matrices beside each of the targets; dora, "
                                      "these and the length of each column; ia3, a factor for each of their outputs or inputs",
           .target = by_choice(&kind), .choices = {"none", "lora", "dora", "ia3"}, .basic = true, .with = "init-from"},
          {.name = "base-dtype", .help = "the matrices that stay as they are: as they are computed with, or in 8 or 4 bits; auto: a file's in "
                                          "q8_0 and q4_0 stay so",
           .target = by_choice(&base_dtype), .choices = {"same", "auto", "q8_0", "q4_0"}, .basic = true, .with = any},
          {.name = "rank", .help = "how thin: rank x (in + out) numbers learn beside a matrix of in x out", .target = &rank, .low = 1, .high = kMostRank,
           .basic = true, .with = thin},
          {.name = "alpha", .help = "what is learned counts alpha / rank times", .target = &alpha, .low = 0, .with = thin},
          {.name = "rank-stabilised", .help = "it counts alpha / sqrt(rank) times, which suits large ranks", .target = &rank_stabilised, .with = thin},
          {.name = "rank-pattern", .help = "NAME=RANK: another rank beside layers whose path ends in NAME, a regular expression; may be given again",
           .target = &ranks, .with = thin},
          {.name = "alpha-pattern", .help = "NAME=ALPHA: another alpha, likewise", .target = &alphas, .with = thin},
          {.name = "adapter-dropout", .help = "share of what goes into the thin matrices that is dropped in training", .target = &dropout, .low = 0,
           .high = 0.999, .with = thin},
          {.name = "targets", .help = "layers beside which it learns: a name such as q_proj, a regular expression, or all-linear; may be given again; "
                                      "without one, queries and values, of ia3 keys, values and second layers of feed-forward parts",
           .target = &targets, .with = any},
          {.name = "scaled-inputs", .help = "those of the targets whose inputs it multiplies instead of their outputs, likewise by name",
           .target = &inputs, .with = "adapter=ia3"},
          {.name = "trained-whole", .help = "a module that learns itself, likewise by name", .target = &saved, .with = any}};
}

WeightType AdapterConfig::base_weights() const {
  constexpr WeightType kTypes[] = {WeightType::f32, WeightType::automatic, WeightType::q8_0, WeightType::q4_0};
  return kTypes[static_cast<size_t>(base_dtype)];
}

int64_t AdapterConfig::rank_of(const std::string& path) const {
  return static_cast<int64_t>(value_at(path, ranks, kRanks, static_cast<double>(rank)));
}

double AdapterConfig::scale_of(const std::string& path) const {
  const auto r = static_cast<double>(rank_of(path));
  return value_at(path, alphas, kAlphas, alpha) / (rank_stabilised ? std::sqrt(r) : r);
}

AdapterConfig AdapterConfig::from_json(const Json& json, const std::string& source) {
  const std::string type = json.text("peft_type", "");
  if (type != "LORA" && type != "IA3") fail(ErrorKind::input, "adapter", str("{}: key 'peft_type': got '{}', expected LORA or IA3", source, type));
  AdapterConfig c{.kind = type == "IA3" ? AdapterKind::ia3 : json.boolean("use_dora", false) ? AdapterKind::dora : AdapterKind::lora,
                  .targets = names_in(json, "target_modules"), .inputs = names_in(json, "feedforward_modules"), .saved = names_in(json, "modules_to_save"),
                  .base = json.text("base_model_name_or_path", ""), .task_type = json.text("task_type", ""),
                  .fan_in_fan_out = json.boolean("fan_in_fan_out", false)};
  const Keys& keys = keys_of(c.kind);
  for (size_t i = 0; i < json.size(); ++i) {
    const std::string& key = json.keys()[i];
    if (keys.used.contains(key) || keys.harmless.contains(key) || says_nothing(json[i]) || (key == "bias" && json[i] == Json("none"))) continue;
    fail(ErrorKind::input, "adapter", str("{}: key '{}' is {}, which is not understood here", source, key, json[i].dump()),
         "in peft, merge_and_unload makes a whole model of it");
  }
  if (c.kind == AdapterKind::ia3) return c;
  c.rank = json.integer("r"), c.alpha = json.real("lora_alpha"), c.rank_stabilised = json.boolean("use_rslora", false);
  c.ranks = patterns_in(json, kRanks, source), c.alphas = patterns_in(json, kAlphas, source), c.dropout = json.real("lora_dropout", 0);
  GRIM_CHECK(c.rank >= 1 && c.rank <= kMostRank, input, "adapter", "{}: key 'r': got {}, expected 1 to 65536", source, c.rank);
  GRIM_CHECK(std::isfinite(c.alpha), input, "adapter", "{}: key 'lora_alpha': got {}, expected a finite number", source, c.alpha);
  GRIM_CHECK(c.dropout >= 0 && c.dropout < 1, input, "adapter", "{}: key 'lora_dropout': got {}, expected from 0 to below 1", source, c.dropout);
  return c;
}

AdapterConfig AdapterConfig::spelled_out(const Pretrained& adapted) const {
  AdapterConfig c = *this;
  std::vector<std::string> paths;
  std::set<std::string> names;
  c.inputs.clear();
  each_adapted(const_cast<Pretrained&>(adapted), [&](const std::string& path, Linear& layer) {
    const Adapter& adapter = *Adapter::of(layer);
    paths.push_back(path), names.insert(last_of(path));
    c.fan_in_fan_out |= adapter.layout() == WeightLayout::in_out;
    if (const auto* const ia3 = dynamic_cast<const Ia3*>(&adapter); ia3 && ia3->side() == Ia3Side::input) c.inputs.push_back(path);
  });
  if (kind == AdapterKind::ia3 || std::ranges::any_of(targets, is_expression)) c.targets = paths;
  else if (targets.empty()) c.targets.assign(names.begin(), names.end());
  return c;
}

Json AdapterConfig::to_json() const {
  const bool all = targets.size() == 1 && targets[0] == kAllLinear;
  Json json = Json::object({{"peft_type", kind == AdapterKind::ia3 ? "IA3" : "LORA"},
                            {"base_model_name_or_path", base},
                            {"target_modules", all ? Json(kAllLinear) : Json::array_of(targets)},
                            {"modules_to_save", saved.empty() ? Json() : Json::array_of(saved)},
                            {"fan_in_fan_out", fan_in_fan_out},
                            {"task_type", task_type.empty() ? Json() : Json(task_type)},
                            {"inference_mode", true}});
  if (kind == AdapterKind::ia3) {
    json.set("feedforward_modules", Json::array_of(inputs));
    return json;
  }
  json.set("r", rank);
  json.set("lora_alpha", alpha);
  json.set("use_rslora", rank_stabilised);
  json.set("use_dora", kind == AdapterKind::dora);
  json.set("rank_pattern", object_of(ranks, kRanks));
  json.set("alpha_pattern", object_of(alphas, kAlphas));
  json.set("lora_dropout", dropout);
  json.set("bias", "none");
  return json;
}

}  // namespace grim
