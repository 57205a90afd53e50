// The layers of a model by their numbers, as the names of its parameters have them: "bert.encoder.layer.3.output.dense.weight" stands in layer 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "grimoire/nn/module.h"

namespace grim {

std::optional<int64_t> layer_in(std::string_view parameter);  // nothing for what stands below or above the layers
int64_t layers_of(const Module& model);                       // how many there are

}  // namespace grim
