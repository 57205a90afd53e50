// What a GGUF file says of rotary positions, under the keys of its architecture.
#pragma once

#include <string>
#include <string_view>

#include "grimoire/io/gguf.h"
#include "grimoire/nn/rotary.h"

namespace grim {

constexpr const char* kRotaryFrequencies = "rope_freqs.weight";  // a tensor that belongs to them

// Their base, and how they are scaled, of heads of this size. throws: input, a scaling that is not read, or that no config.json can say
RotaryOptions rotary_in(const GgufFile& file, int64_t size);

std::string key_of(const GgufFile& file, std::string_view name);                             // "llama.rope.freq_base"
int64_t integer_or(const GgufFile& file, const std::string& key, int64_t fallback);  // throws: input, as GgufFile::integer
double shortest(double rounded);  // the number that was meant by an f32: 1e-5 and not 9.99999974737875e-06

}  // namespace grim
