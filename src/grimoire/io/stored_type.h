// The element types in which files keep numbers, those of safetensors, of PyTorch and of ggml's blocks, and the one place that turns
// them into ours. No tensor is made here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "grimoire/base/dtype.h"
#include "grimoire/base/shape.h"

namespace grim {

struct StoredType {
  std::string_view name;         // "F32", "Q8_0": as safetensors and GGUF write it
  int64_t block, bytes;          // `block` elements take `bytes` bytes
  std::optional<Dtype> becomes;  // nothing: without a counterpart, a tensor of it is listed and not read
  // From `elements` of them, a multiple of block, to as many of dtype `becomes`; nullptr: the bytes as they are.
  void (*decode)(const char* from, void* to, int64_t elements) = nullptr;
  int ggml = -1;             // the number of the type in GGUF files; -1: none
  bool safetensors = false;  // a type of that format
  // From f32, for types that are written by rounding; nullptr: not written.
  void (*encode)(const float* from, char* to, int64_t elements) = nullptr;

  // The same of types for which the best is sought: with the importance of each number, or null.
  void (*encode_weighted)(const float* from, const float* importance, char* to, int64_t elements) = nullptr;

  bool fits(const Shape& shape) const { return block == 1 || (shape.ndim() > 0 && shape.back() % block == 0); }  // its rows are whole blocks
};

// f16, f8 and quantised blocks become f32; i8, i16 and u16 become i32; u32 and u64 become i64; the rest stays as it is. F64 F32 BF16 F16 I64 I32
// I16 I8 U8 U16 U32 U64 BOOL F8_E4M3 F8_E5M2 F8_E4M3FNUZ F8_E5M2FNUZ F8_E8M0 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K TQ2_0 are read; nullptr for a
// name or number that no format knows.
const StoredType* stored_type(std::string_view name);
const StoredType* stored_type_of_ggml(uint32_t number);
const StoredType& stored_type_of(Dtype dtype);  // that holds the bytes as they are
std::string_view readable_types();              // "F64 F32 ...", for messages
std::string written_types();                    // by rounding from f32: "F32, ..."

inline constexpr uint64_t kMostElements = uint64_t{1} << 48;
// The bytes that a tensor takes; its sizes are 0 or more. Returns "", or what is wrong with the shape: more than kMostElements (empty axes
// counted as 1, as in strides), or blocks that are not whole.
std::string stored_bytes(const StoredType& type, const Shape& shape, uint64_t& bytes);

}  // namespace grim
