#include "grimoire/model/rotary_keys.h"

#include "grimoire/base/error.h"

namespace grim {

Json rotary_json(const RotaryOptions& r) {
  constexpr const char* kTypes[] = {"default", "linear", "llama3"};
  Json json = Json::object({{"rope_theta", r.theta}, {"rope_type", kTypes[static_cast<size_t>(r.scaling)]}});
  if (r.scaling != RotaryScaling::none) json.set("factor", r.factor);
  if (r.scaling == RotaryScaling::llama3) {
    json.set("low_freq_factor", r.low_freq_factor);
    json.set("high_freq_factor", r.high_freq_factor);
    json.set("original_max_position_embeddings", r.trained);
  }
  return json;
}

RotaryOptions rotary_from(const Json& json) {
  RotaryOptions r{.theta = json.real("rope_theta", 10000.0)};
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const Json* const how = json.find(key);
    if (!how || how->is_null()) continue;
    GRIM_CHECK(how->is_object(), input, "config", "config.json: key '{}': expected an object or null", key);
    r.theta = how->real("rope_theta", r.theta);
    const std::string type = how->text("rope_type", how->text("type", "default"));
    if (type == "default") continue;
    GRIM_CHECK(type == "linear" || type == "llama3", input, "config", "config.json: {} of type '{}': expected default, linear or llama3", key, type);
    r.scaling = type == "linear" ? RotaryScaling::linear : RotaryScaling::llama3;
    r.factor = how->real("factor");
    if (type == "llama3") {
      r.low_freq_factor = how->real("low_freq_factor");
      r.high_freq_factor = how->real("high_freq_factor");
      r.trained = how->integer("original_max_position_embeddings");
      GRIM_CHECK(r.high_freq_factor > r.low_freq_factor && r.trained > 0, input, "config",
                 "config.json: {}: high_freq_factor {} must be above low_freq_factor {}", key, r.high_freq_factor, r.low_freq_factor);
    }
  }
  GRIM_CHECK(r.theta >= 1 && r.factor >= 1, input, "config", "config.json: rotary positions: got theta {} and factor {}, expected 1 or more", r.theta,
             r.factor);
  return r;
}

}  // namespace grim
