// Values of a GGUF file under the keys of its architecture.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "grimoire/io/gguf.h"

namespace grim {

std::string key_of(const GgufFile& file, std::string_view name);                     // "llama.rope.freq_base"
int64_t integer_or(const GgufFile& file, const std::string& key, int64_t fallback);  // throws: input, as GgufFile::integer
double shortest(double rounded);                                                     // the number that was meant by an f32: 1e-5 and not 9.99999974737875e-06

}  // namespace grim
