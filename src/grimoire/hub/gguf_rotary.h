// What a GGUF file says of rotary positions, under the keys of its architecture.
#pragma once

#include <cstdint>

#include "grimoire/io/gguf.h"
#include "grimoire/nn/rotary.h"

namespace grim {

constexpr const char* kRotaryFrequencies = "rope_freqs.weight";  // a tensor that belongs to them

// Their base, and how they are scaled, of heads of this size. throws: input, a scaling that is not read, or that no config.json can say
RotaryOptions rotary_in(const GgufFile& file, int64_t size);

}  // namespace grim
