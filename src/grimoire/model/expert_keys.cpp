#include "grimoire/model/expert_keys.h"

#include <cstdlib>

#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"

namespace grim {
namespace {

constexpr int64_t kMostExperts = 1 << 12;
constexpr const char* kWeights[] = {"chosen", "all"};  // in the order of RouterWeights

// A coefficient that went through a multiplication and its inverse is the one it was.
double rounded(double v) { return std::strtod(str("{:.12g}", v).c_str(), nullptr); }

double factor(const Json& json, std::string_view key, double fallback, double high) {
  const double v = json.real(key, fallback);
  GRIM_CHECK(v >= 0 && v <= high, input, "config", "config.json: key '{}': got {}, expected 0 to {}", key, v, high);
  return v;
}

constexpr double kMostLoss = 1e3, kMostCapacity = 1e6;

// What no family has a key for.
void add_own_keys(const ExpertOptions& o, Json& json) {
  const ExpertOptions plain;
  if (o.shared != plain.shared) json.set("grimoire_shared_experts", o.shared);
  if (o.weights != plain.weights) json.set("grimoire_router_weights", kWeights[static_cast<size_t>(o.weights)]);
  if (o.capacity != plain.capacity) json.set("grimoire_expert_capacity", o.capacity);
  json.set("grimoire_router_z_loss", o.z_loss);
}

void read_own_keys(const Json& json, ExpertOptions& o) {
  if (json.find("grimoire_shared_experts")) o.shared = config_size(json, "grimoire_shared_experts", 0, kMostExperts);
  o.weights = json.text("grimoire_router_weights", kWeights[0]) == kWeights[1] ? RouterWeights::all : RouterWeights::chosen;
  o.capacity = factor(json, "grimoire_expert_capacity", 0, kMostCapacity);
  o.z_loss = factor(json, "grimoire_router_z_loss", 0, kMostLoss);
}

void check_choice(const ExpertOptions& o, std::string_view experts, std::string_view per_token) {
  GRIM_CHECK(o.per_token <= o.experts, input, "config", "config.json: key '{}' is {} and key '{}' {}: a token visits as many experts as there are at most",
             per_token, o.per_token, experts, o.experts);
}

}  // namespace

Options expert_options(ExpertOptions* o) {
  const std::string with = o->any() ? "" : "experts";
  return {{.name = "experts", .help = "experts in the place of each feed-forward, of which every token visits few; 0: none", .target = &o->experts, .low = 0,
           .high = kMostExperts},
          {.name = "experts-per-token", .help = "experts that a token visits", .target = &o->per_token, .low = 1, .high = kMostExperts,
           .with = with},
          {.name = "shared-experts", .help = "experts that every token visits beside those, which transformers' mixtral lacks", .target = &o->shared, .low = 0,
           .high = kMostExperts, .with = with},
          {.name = "router-weights", .help = "what answers are weighed by: a softmax over the chosen scores, or over all, which transformers' mixtral lacks",
           .target = by_choice(&o->weights), .choices = {"chosen", "all"}, .with = with},
          {.name = "expert-capacity", .help = "tokens that an expert takes in training, of an even share; the rest is dropped; 0: all", .target = &o->capacity,
           .low = 0, .high = kMostCapacity, .with = with},
          {.name = "balance-loss", .help = "factor of each router's loss that spreads tokens over experts", .target = &o->balance_loss, .low = 0,
           .high = kMostLoss, .with = with},
          {.name = "router-z-loss", .help = "factor of each router's loss that keeps its scores small", .target = &o->z_loss, .low = 0, .high = kMostLoss,
           .with = with},
          {.name = "router-jitter", .help = "in training the router sees numbers that are off by this share at most", .target = &o->jitter, .low = 0,
           .high = 0.99, .with = with}};
}

void check_experts(const char* type, const ExpertOptions& o) {
  if (!o.any()) return;
  GRIM_CHECK(o.per_token <= o.experts, argument, type,
             "a token visits as many experts as there are at most: got " GRIM_SETTING("experts-per-token") " {} and " GRIM_SETTING("experts") " {}",
             o.per_token, o.experts);
}

std::vector<std::string> expert_warnings(const ExpertOptions& o) {
  std::vector<std::string> all;
  if (o.any() && o.per_token == 1 && o.experts > 1 && o.weights == RouterWeights::chosen)
    all.emplace_back("with one expert a token its weight is 1 whatever the router says, which then learns nothing from the text: " GRIM_SETTING(
        "router-weights=all") " lets it");
  if (o.any() && o.balance_loss == 0 && o.experts > o.per_token)
    all.emplace_back("without a balance loss a router tends to send everything to a few experts");
  return all;
}

double expert_parameters(const ExpertOptions& o, double of_one, double width) {
  return o.any() ? double(o.experts) * (of_one + width) + double(o.shared) * of_one : of_one;
}

double expert_work(const ExpertOptions& o, double of_one, double width) {
  return o.any() ? double(o.per_token + o.shared) * of_one + double(o.experts) * width : of_one;
}

std::vector<SizeAxis> axes_with_experts(std::vector<SizeAxis> axes, const ExpertOptions& o) {
  for (SizeAxis& a : axes)
    if (o.any() && a.option == "context") a.low = (a.low + o.experts - 1) / o.experts * o.experts;
  return axes;
}

// --- config.json -----------------------------------------------------------------------------------------------------

void add_mixtral_keys(const ExpertOptions& o, int64_t layers, Json& json) {
  json.set("num_local_experts", o.experts);
  json.set("num_experts_per_tok", o.per_token);
  json.set("router_aux_loss_coef", rounded(o.balance_loss * double(layers) / double(o.per_token)));
  json.set("router_jitter_noise", o.jitter);
  json.set("output_router_logits", false);
  add_own_keys(o, json);
}

ExpertOptions mixtral_experts(const Json& json, int64_t layers) {
  ExpertOptions o{.experts = 8};
  if (json.find("num_local_experts")) o.experts = config_size(json, "num_local_experts", 1, kMostExperts);
  if (json.find("num_experts_per_tok")) o.per_token = config_size(json, "num_experts_per_tok", 1, kMostExperts);
  o.balance_loss = rounded(factor(json, "router_aux_loss_coef", 0.001, kMostLoss) * double(o.per_token) / double(layers));
  o.jitter = config_rate(json, "router_jitter_noise", 0);
  read_own_keys(json, o);
  check_choice(o, "num_local_experts", "num_experts_per_tok");
  return o;
}

std::span<const KeyRule> mixtral_rules() {
  static const std::vector<KeyRule> rules = {
      {"num_local_experts"}, {"num_experts_per_tok"}, {"router_aux_loss_coef"}, {"router_jitter_noise"},
      {"output_router_logits", KeyUse::harmless},  // whether transformers adds the router's loss; here training always does
      {"grimoire_shared_experts"}, {"grimoire_router_weights", KeyUse::fixed, {"\"chosen\"", "\"all\""}}, {"grimoire_expert_capacity"},
      {"grimoire_router_z_loss"}};
  return rules;
}

void add_expert_keys(const ExpertOptions& o, Json& json) {
  if (!o.any()) return;
  json.set("grimoire_experts", o.experts);
  json.set("grimoire_experts_per_token", o.per_token);
  json.set("grimoire_balance_loss", o.balance_loss);
  json.set("grimoire_router_jitter", o.jitter);
  add_own_keys(o, json);
}

ExpertOptions experts_from(const Json& json) {
  ExpertOptions o;
  if (!json.find("grimoire_experts")) return o;
  o.experts = config_size(json, "grimoire_experts", 1, kMostExperts);
  o.per_token = config_size(json, "grimoire_experts_per_token", 1, kMostExperts);
  o.balance_loss = factor(json, "grimoire_balance_loss", o.balance_loss, kMostLoss);
  o.jitter = config_rate(json, "grimoire_router_jitter", 0);
  read_own_keys(json, o);
  check_choice(o, "grimoire_experts", "grimoire_experts_per_token");
  return o;
}

std::span<const KeyRule> expert_rules() {
  static const std::vector<KeyRule> rules = {
      {"grimoire_experts"}, {"grimoire_experts_per_token"}, {"grimoire_balance_loss"}, {"grimoire_router_jitter"}, {"grimoire_shared_experts"},
      {"grimoire_router_weights", KeyUse::fixed, {"\"chosen\"", "\"all\""}}, {"grimoire_expert_capacity"}, {"grimoire_router_z_loss"}};
  return rules;
}

}  // namespace grim
