#include "grimoire/io/gguf_header.h"

#include <charconv>
#include <unordered_set>

#include "grimoire/base/error.h"

namespace grim {
namespace {

constexpr uint64_t kMostText = uint64_t{1} << 26, kMostItems = uint64_t{1} << 24, kMostTensors = 1'000'000, kMostPairs = 1'000'000;

std::string read_text(Reader& reader, uint64_t most, const std::string& what) {
  const uint64_t length = reader.read_between<uint64_t>(0, most, "length of " + what);
  return std::string(reader.take(length, what));
}

bool is_whole(GgufType type) { return type != GgufType::f32 && type != GgufType::f64 && type != GgufType::text && type != GgufType::array; }

int64_t read_whole(Reader& reader, GgufType type, const std::string& what) {
  switch (type) {
    case GgufType::u8: return reader.read<uint8_t>(what);
    case GgufType::i8: return reader.read<int8_t>(what);
    case GgufType::u16: return reader.read<uint16_t>(what);
    case GgufType::i16: return reader.read<int16_t>(what);
    case GgufType::u32: return reader.read<uint32_t>(what);
    case GgufType::i32: return reader.read<int32_t>(what);
    case GgufType::boolean: return reader.read_between<uint8_t>(0, 1, what);
    case GgufType::u64: return static_cast<int64_t>(reader.read<uint64_t>(what));
    default: return reader.read<int64_t>(what);
  }
}

uint64_t least_bytes(GgufType type) {  // that a value takes
  switch (type) {
    case GgufType::u8: case GgufType::i8: case GgufType::boolean: return 1;
    case GgufType::u16: case GgufType::i16: return 2;
    case GgufType::u32: case GgufType::i32: case GgufType::f32: return 4;
    default: return 8;
  }
}

GgufValue read_value(Reader& reader, const std::string& key) {
  const std::string what = str("key '{}'", key);
  GgufValue v;
  v.type = static_cast<GgufType>(reader.read_between<uint32_t>(0, 12, "type of " + what));
  uint64_t count = 1;
  if (v.type == GgufType::array) {
    v.array = true;
    v.type = static_cast<GgufType>(reader.read_between<uint32_t>(0, 12, "type of the items of " + what));
    if (v.type == GgufType::array) reader.refuse(what, "arrays of arrays are not supported");
    count = reader.read_between<uint64_t>(0, kMostItems, "length of " + what);
    if (count > reader.remaining() / least_bytes(v.type))  // before anything is reserved for them
      reader.refuse(what, str("the file ends too early: {} items of {} claimed, {} bytes left", count, name_of(v.type), reader.remaining()));
  }
  if (v.type == GgufType::text) {
    auto& texts = v.values.emplace<std::vector<std::string>>();
    for (uint64_t i = 0; i < count; ++i) texts.push_back(read_text(reader, kMostText, what));
  } else if (is_whole(v.type)) {
    auto& numbers = v.values.emplace<std::vector<int64_t>>();
    for (uint64_t i = 0; i < count; ++i) numbers.push_back(read_whole(reader, v.type, what));
  } else {
    auto& reals = v.values.emplace<std::vector<double>>();
    for (uint64_t i = 0; i < count; ++i) reals.push_back(v.type == GgufType::f32 ? reader.read<float>(what) : reader.read<double>(what));
  }
  return v;
}

void read_pairs(Reader& reader, uint64_t count, GgufHeader& header) {
  std::unordered_set<std::string> keys;
  for (uint64_t i = 0; i < count; ++i) {
    GgufPair pair{read_text(reader, kMostGgufKey, str("key {}", i + 1)), {}};
    if (pair.key.empty()) reader.refuse(str("key {}", i + 1), "is empty");
    if (!keys.insert(pair.key).second) reader.refuse(str("key '{}'", pair.key), "appears twice");
    pair.value = read_value(reader, pair.key);
    if (pair.key == "general.alignment") {
      if (pair.value.array || pair.value.type != GgufType::u32) reader.refuse("key 'general.alignment'", "expected one u32");
      header.alignment = static_cast<uint64_t>(std::get<std::vector<int64_t>>(pair.value.values)[0]);
      if (header.alignment == 0 || (header.alignment & (header.alignment - 1)) || header.alignment > kMostGgufAlignment)
        reader.refuse("key 'general.alignment'", str("got {}, expected a power of two up to {}", header.alignment, kMostGgufAlignment));
    }
    header.pairs.push_back(std::move(pair));
  }
}

TensorEntry read_tensor(Reader& reader, uint64_t number) {
  TensorEntry e;
  e.name = read_text(reader, kMostGgufKey, str("name of tensor {}", number));
  if (e.name.empty()) reader.refuse(str("tensor {}", number), "has no name");
  const std::string what = str("tensor '{}'", e.name);
  const auto ndim = reader.read_between<uint32_t>(0, kGgufDims, "dimensions of " + what);
  e.shape = Shape::of_rank(static_cast<int>(ndim));
  for (int axis = static_cast<int>(ndim) - 1; axis >= 0; --axis)
    e.shape[axis] = static_cast<int64_t>(reader.read_between<uint64_t>(1, kMostElements, "size of " + what));
  const auto type = reader.read<uint32_t>("type of " + what);
  e.type = stored_type_of_ggml(type);
  if (!e.type) reader.refuse(what, str("type {} is not one of ggml's", type));
  if (ndim > 0 && e.shape.back() % e.type->block)
    reader.refuse(what, str("rows of {} do not fill whole blocks of {} ({})", e.shape.back(), e.type->block, e.type->name));
  const std::string problem = stored_bytes(*e.type, e.shape, e.bytes);
  if (!problem.empty()) reader.refuse(what, str("shape {}: {}", e.shape, problem));
  e.at = reader.read<uint64_t>("offset of " + what);
  return e;
}

}  // namespace

const char* name_of(GgufType type) {
  constexpr const char* names[] = {"u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "text", "array", "u64", "i64", "f64"};
  return names[static_cast<uint32_t>(type)];
}

size_t GgufValue::size() const {
  return std::visit([](const auto& v) { return v.size(); }, values);
}

std::string GgufValue::to_string() const {
  if (array) return str("{} {}", size(), name_of(type));
  if (const auto* texts = std::get_if<std::vector<std::string>>(&values)) return (*texts)[0];
  if (const auto* reals = std::get_if<std::vector<double>>(&values)) {
    char digits[32];  // the fewest that name the number
    char* const end = digits + sizeof digits;
    const double x = (*reals)[0];
    return {digits, type == GgufType::f32 ? std::to_chars(digits, end, static_cast<float>(x)).ptr : std::to_chars(digits, end, x).ptr};
  }
  const int64_t n = std::get<std::vector<int64_t>>(values)[0];
  if (type == GgufType::boolean) return n ? "true" : "false";
  return type == GgufType::u64 ? std::to_string(static_cast<uint64_t>(n)) : std::to_string(n);
}

GgufHeader parse_gguf_header(Reader& reader, std::string_view file) {
  reader.expect("GGUF", "magic bytes of a GGUF file");
  const auto version = reader.read<uint32_t>("version");
  if (version << 16 == 0 && version != 0) reader.refuse("version", "the file is big-endian, expected little-endian");
  if (version < 2 || version > kGgufVersion) reader.refuse("version", str("got {}, expected 2 or 3", version));
  const auto tensors = reader.read_between<uint64_t>(0, kMostTensors, "number of tensors");
  const auto pairs = reader.read_between<uint64_t>(0, kMostPairs, "number of keys");
  GgufHeader header;
  read_pairs(reader, pairs, header);
  uint64_t at = 0;  // tensors follow each other, each at the next multiple of the alignment
  for (uint64_t i = 0; i < tensors; ++i) {
    TensorEntry e = read_tensor(reader, i + 1);
    if (e.at != at) reader.refuse(str("tensor '{}'", e.name), str("begins at byte {} of the data, expected {}", e.at, at));
    at += (e.bytes + header.alignment - 1) / header.alignment * header.alignment;
    header.tensors.push_back(std::move(e));
  }
  const uint64_t a = header.alignment, size = reader.offset() + reader.remaining();
  header.data_start = (reader.offset() + a - 1) / a * a;
  for (TensorEntry& e : header.tensors) {
    e.at += header.data_start;
    GRIM_CHECK(e.at <= size && e.bytes <= size - e.at, input, "gguf", "{}: truncated: tensor '{}' ends at byte {}, the file has {}", file, e.name,
               e.at + e.bytes, size);
  }
  return header;
}

}  // namespace grim
