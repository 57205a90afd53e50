// The header of a safetensors file, as pure bytes: no tensor is made here, so that it can be fuzzed by itself. Format:
// u64 little-endian N, N bytes of JSON {"name": {"dtype", "shape", "data_offsets": [begin, end)}, ...}, the data.
// Everything is checked, so that what is returned may be trusted: offsets lie in the file, follow each other without
// holes or overlap up to its last byte, and each is exactly as long as its shape says.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/io/tensor_entry.h"

namespace grim {

struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  // in the order of the data
  std::map<std::string, std::string> metadata;
  uint64_t data_start = 0;  // bytes before the data
};

inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

// The length N of the JSON part, from the first bytes of the file (all of them, or 64 or more).
// throws: input; Git LFS pointers, web pages, pickles, archives and GGUF files are told apart.
uint64_t safetensors_header_length(std::string_view first_bytes, uint64_t file_size, std::string_view file);

// Whether a file that begins with these bytes can be safetensors: a length that it has room for, then '{'.
bool begins_safetensors(std::string_view first_bytes, uint64_t file_size);

// From the JSON part. throws: input, naming the file, the tensor and the field.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t file_size, std::string_view file);

}  // namespace grim
