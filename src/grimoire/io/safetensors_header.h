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

namespace grim {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;             // "F32", "BF16", ... as written
  std::vector<int64_t> shape;    // () for a scalar; sizes may be 0
  uint64_t begin = 0, end = 0;   // from the start of the data
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of the data
  std::map<std::string, std::string> metadata;
  uint64_t data_start = 0;  // bytes before the data
};

inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

// The length N of the JSON part, from the first bytes of the file (all of them, or 64 or more).
// throws: input; Git LFS pointers, web pages, pickles, archives and GGUF files are told apart.
uint64_t safetensors_header_length(std::string_view first_bytes, uint64_t file_size, std::string_view file);

// From the JSON part. throws: input, naming the file, the tensor and the field.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t file_size, std::string_view file);

int bits_of_safetensors_dtype(std::string_view dtype);  // 32 for "F32"; 0 when unknown

}  // namespace grim
