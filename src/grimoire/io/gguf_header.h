// What stands before the tensors of a GGUF file, as pure values: no tensor is made here. Format (ggml/docs/gguf.md, version 3; version 2 is laid out alike):
//   "GGUF", u32 version, u64 tensors, u64 pairs; pairs {text key, u32 type, value}; tensors {text name, u32 dimensions, u64 sizes from the innermost
//   out, u32 ggml type, u64 offset from the start of the data}; padding to general.alignment (32 unless said); the data.
// Text is a u64 length and its bytes, an array u32 type, u64 length, values. Numbers are little-endian.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "grimoire/base/reader.h"
#include "grimoire/io/tensor_entry.h"

namespace grim {

enum class GgufType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };
const char* name_of(GgufType type);  // "u8", ..., "bool", "text", "array"

struct GgufValue {
  GgufType type = GgufType::u32;  // of the value, or of each one of an array
  bool array = false;             // else there is exactly one
  // Integers and booleans (a u64 beyond 2^63 as the i64 of the same bits), reals, texts.
  std::variant<std::vector<int64_t>, std::vector<double>, std::vector<std::string>> values;

  static GgufValue of(GgufType type, int64_t value) { return {type, false, std::vector<int64_t>{value}}; }
  static GgufValue of(GgufType type, double value) { return {type, false, std::vector<double>{value}}; }
  static GgufValue of(std::string value) { return {GgufType::text, false, std::vector<std::string>{std::move(value)}}; }
  size_t size() const;
  std::string to_string() const;  // the value; of an array its length and type
  bool operator==(const GgufValue&) const = default;
};

struct GgufPair {
  std::string key;
  GgufValue value;
  bool operator==(const GgufPair&) const = default;
};

struct GgufHeader {
  std::vector<GgufPair> pairs;
  std::vector<TensorEntry> tensors;  // sizes turned round: row-major, as everywhere here
  uint64_t alignment = 32, data_start = 0;
};

// throws: input, naming the key or tensor and the byte; see the tests for all that is refused
GgufHeader parse_gguf_header(Reader& reader, std::string_view file);

inline constexpr uint32_t kGgufVersion = 3;
inline constexpr int kGgufDims = 4;                             // that ggml knows
inline constexpr uint64_t kMostGgufKey = 65535;                 // bytes of a key
inline constexpr uint64_t kMostGgufAlignment = uint64_t{1} << 20;

}  // namespace grim
