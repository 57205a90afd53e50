// What a config.json says of rotary positions: transformers 5 keeps all of it in rope_parameters, earlier ones in rope_theta and rope_scaling.
#pragma once

#include <initializer_list>
#include <string_view>

#include "grimoire/base/json.h"
#include "grimoire/nn/rotary.h"

namespace grim {

// But their size. `own`: keys there that the family reads itself. throws: input, a kind of scaling that is not read (longrope among them, whose angles are
// others for longer texts), a key that its kind has not, a value out of its range
RotaryOptions rotary_from(const Json& config, std::initializer_list<std::string_view> own = {});
Json rotary_json(const RotaryOptions& options);  // as rope_parameters

}  // namespace grim
