// What a config.json says of rotary positions: transformers 5 keeps all of it in rope_parameters, earlier ones in rope_theta and rope_scaling.
#pragma once

#include "grimoire/base/json.h"
#include "grimoire/nn/rotary.h"

namespace grim {

RotaryOptions rotary_from(const Json& config);   // but their size. throws: input, a kind of scaling that is not known here
Json rotary_json(const RotaryOptions& options);  // as rope_parameters

}  // namespace grim
