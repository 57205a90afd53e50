#include "grimoire/model/rotary_keys.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"

namespace grim {
namespace {

struct Kind {
  const char* type;
  RotaryScaling scaling;
  std::vector<std::string> keys;  // what it computes with
};

// Of ROPE_INIT_FUNCTIONS in transformers' modeling_rope_utils.py.
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"default", RotaryScaling::none, {}},
      {"linear", RotaryScaling::linear, {"factor"}},
      {"llama3", RotaryScaling::llama3, {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}},
      {"yarn",
       RotaryScaling::yarn,
       {"factor", "original_max_position_embeddings", "beta_fast", "beta_slow", "truncate", "attention_factor", "mscale", "mscale_all_dim"}},
      {"dynamic", RotaryScaling::dynamic, {"factor"}}};
  return all;
}

bool given(const Json& object, std::string_view key) {
  const Json* const value = object.find(key);
  return value && !value->is_null();
}

// What one of both keys says.
class Scaling {
 public:
  Scaling(const char* name, const Json& how) : name_(name), how_(how), kind_(&kinds()[0]) {
    const std::string type = how.text("rope_type", how.text("type", kind_->type));
    GRIM_CHECK(how.text("type", type) == type, input, "config", "config.json: {}: got rope_type '{}' and type '{}', expected one of them", name, type,
               how.text("type"));
    const auto found = std::ranges::find(kinds(), type, &Kind::type);
    std::vector<std::string> types;
    for (const Kind& k : kinds()) types.emplace_back(k.type);
    GRIM_CHECK(found != kinds().end(), input, "config", "config.json: {} of type '{}', which is not read: expected one of {}", name, type, joined(types));
    kind_ = &*found;
  }

  void check_keys(std::span<const std::string_view> own) const {
    std::vector<std::string> known = {"rope_type", "type", "rope_theta"};
    known.insert(known.end(), kind_->keys.begin(), kind_->keys.end());
    known.insert(known.end(), own.begin(), own.end());
    for (const std::string& key : how_.keys()) {
      if (std::ranges::find(known, key) != known.end() || !given(how_, key)) continue;
      if (key == "partial_rotary_factor" && how_.real(key) == 1) continue;  // all of a head, as ever
      fail(ErrorKind::input, "config", str("config.json: {}: key '{}' is not known of type '{}', and it could change the angles", name_, key, kind_->type),
           did_you_mean(key, known, "expected only " + joined(known)));
    }
  }

  void read(const Json& config, RotaryOptions& r) const {
    r.theta = how_.real("rope_theta", r.theta);
    if (kind_->scaling == RotaryScaling::none) return;
    r.scaling = kind_->scaling;
    r.factor = how_.real("factor");
    if (r.scaling == RotaryScaling::llama3) read_llama3(r);
    if (r.scaling == RotaryScaling::yarn) read_yarn(config, r);
  }

 private:
  void read_llama3(RotaryOptions& r) const {
    r.low_freq_factor = how_.real("low_freq_factor");
    r.high_freq_factor = how_.real("high_freq_factor");
    r.trained = how_.integer("original_max_position_embeddings");
    GRIM_CHECK(r.high_freq_factor > r.low_freq_factor && r.trained > 0, input, "config",
               "config.json: {}: high_freq_factor {} must be above low_freq_factor {}", name_, r.high_freq_factor, r.low_freq_factor);
  }

  void read_yarn(const Json& config, RotaryOptions& r) const {
    constexpr const char* kTrained = "original_max_position_embeddings";
    r.trained = given(how_, kTrained) ? how_.integer(kTrained) : config.integer("max_position_embeddings");
    r.beta_fast = how_.real("beta_fast", r.beta_fast);
    r.beta_slow = how_.real("beta_slow", r.beta_slow);
    if (how_.find("truncate")) r.truncate = how_.boolean("truncate");  // null is false to transformers, and an error here
    GRIM_CHECK(r.trained > 0, input, "config", "config.json: {}: {}: got {}, expected 1 or more", name_, kTrained, r.trained);
    GRIM_CHECK(r.beta_slow > 0 && r.beta_fast > r.beta_slow && std::isfinite(r.beta_fast), input, "config",
               "config.json: {}: got beta_fast {} and beta_slow {}, expected both above 0 and beta_fast above beta_slow", name_, r.beta_fast, r.beta_slow);
    GRIM_CHECK(r.theta > 1, input, "config", "config.json: {}: got rope_theta {}, expected above 1, without which yarn has no slope", name_, r.theta);
    read_attention_factor(r);
  }

  // Given, or by what two weights m make of 0.1 m ln(factor) + 1 (DeepSeek-V2's code), or left to the factor.
  void read_attention_factor(RotaryOptions& r) const {
    const bool above = given(how_, "mscale"), below = given(how_, "mscale_all_dim"), whole = given(how_, "attention_factor");
    GRIM_CHECK(above == below && !(above && whole), input, "config",
               "config.json: {}: got {}{}{}, expected attention_factor alone, or mscale and mscale_all_dim, or none of them", name_,
               above ? "mscale " : "", below ? "mscale_all_dim " : "", whole ? "attention_factor" : "");
    const auto weight = [&](const char* key) {
      const double value = how_.real(key);
      GRIM_CHECK(value > 0 && std::isfinite(value), input, "config", "config.json: {}: {}: got {}, expected above 0", name_, key, value);
      return value;
    };
    const auto grown = [&](const char* key) { return 0.1 * weight(key) * std::log(r.factor) + 1; };
    if (whole) r.attention_factor = weight("attention_factor");
    if (above) r.attention_factor = grown("mscale") / grown("mscale_all_dim");
  }

  const char* name_;
  const Json& how_;
  const Kind* kind_;
};

}  // namespace

Json rotary_json(const RotaryOptions& r) {
  const Kind& kind = *std::ranges::find(kinds(), r.scaling, &Kind::scaling);
  Json json = Json::object({{"rope_theta", r.theta}, {"rope_type", kind.type}});
  if (r.scaling != RotaryScaling::none) json.set("factor", r.factor);
  if (r.scaling == RotaryScaling::llama3) {
    json.set("low_freq_factor", r.low_freq_factor);
    json.set("high_freq_factor", r.high_freq_factor);
    json.set("original_max_position_embeddings", r.trained);
  }
  if (r.scaling == RotaryScaling::yarn) {
    json.set("original_max_position_embeddings", r.trained);
    json.set("beta_fast", r.beta_fast);
    json.set("beta_slow", r.beta_slow);
    if (!r.truncate) json.set("truncate", false);
    if (r.attention_factor > 0) json.set("attention_factor", r.attention_factor);
  }
  return json;
}

RotaryOptions rotary_from(const Json& json, std::initializer_list<std::string_view> own) {
  RotaryOptions r{.theta = json.real("rope_theta", 10000.0)};
  const Json* before = nullptr;
  for (const char* name : {"rope_parameters", "rope_scaling"}) {
    const Json* const how = json.find(name);
    if (!how || how->is_null() || (how->is_object() && how->size() == 0)) continue;
    GRIM_CHECK(how->is_object(), input, "config", "config.json: key '{}': expected an object or null", name);
    const Scaling scaling(name, *how);
    scaling.check_keys(own);
    GRIM_CHECK(!before || *before == *how || r.scaling == RotaryScaling::none, input, "config",
               "config.json: rope_parameters and rope_scaling both scale positions, each in its way: expected one of them");
    scaling.read(json, r);
    before = how;
  }
  GRIM_CHECK(r.theta >= 1 && r.factor >= 1 && std::isfinite(r.factor), input, "config",
             "config.json: rotary positions: got theta {} and factor {}, expected 1 or more", r.theta, r.factor);
  return r;
}

}  // namespace grim
