#include "grimoire/io/safetensors_header.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/json.h"
#include "grimoire/base/reader.h"
#include "grimoire/io/foreign.h"

namespace grim {
namespace {

constexpr size_t kMaxValues = 2'000'000;  // JSON values: 200,000 tensors; keeps a hostile header under 300 MB of memory

[[noreturn]] void refuse(std::string_view file, const std::string& problem, std::string hint = "") {
  fail(ErrorKind::input, "safetensors", str("{}: {}", file, problem), std::move(hint));
}

TensorEntry parse_entry(const std::string& name, const Json& j, uint64_t data_start, std::string_view file) {
  const auto wrong = [&](const std::string& problem) { refuse(file, str("tensor '{}': {}", name, problem)); };
  if (!j.is_object()) wrong(str("got {}, expected an object", name_of(j.kind())));
  for (const char* key : {"dtype", "shape", "data_offsets"})
    if (!j.find(key)) wrong(str("field '{}' is missing", key));
  const Json &dtype = j.at("dtype"), &shape = j.at("shape"), &offsets = j.at("data_offsets");

  TensorEntry entry;
  entry.name = name;
  if (dtype.kind() != Json::Kind::text) wrong(str("dtype: got {}, expected text", name_of(dtype.kind())));
  entry.type = stored_type(dtype.as_text());
  if (!entry.type || !entry.type->safetensors) wrong(str("unknown dtype '{}'", dtype.as_text()));

  if (!shape.is_array()) wrong(str("shape: got {}, expected an array", name_of(shape.kind())));
  const std::string sizes = shape.dump().substr(0, 200);
  if (shape.size() > kMaxDims) wrong(str("shape: got {} dimensions, expected at most {}", shape.size(), kMaxDims));
  for (const Json& size : shape.items()) {
    if (size.kind() != Json::Kind::integer || size.as_integer() < 0) wrong(str("shape: got {}, expected integers of 0 or more", sizes));
    entry.shape.push_back(size.as_integer());
  }
  const std::string problem = stored_bytes(*entry.type, entry.shape, entry.bytes);
  if (!problem.empty()) wrong(str("shape: {}: {}", sizes, problem));

  const auto is_offset = [](const Json& v) { return v.kind() == Json::Kind::integer && v.as_integer() >= 0; };
  if (!offsets.is_array() || offsets.size() != 2 || !is_offset(offsets[0]) || !is_offset(offsets[1]))
    wrong(str("data_offsets: got {}, expected [begin, end]", offsets.dump().substr(0, 200)));
  const auto begin = static_cast<uint64_t>(offsets[0].as_integer()), end = static_cast<uint64_t>(offsets[1].as_integer());
  if (begin > end) wrong(str("data_offsets: got [{}, {}], expected begin <= end", begin, end));
  if (end - begin != entry.bytes)
    wrong(str("data_offsets: got {} bytes, expected {} for {} {}", end - begin, entry.bytes, entry.type->name, sizes));
  entry.at = data_start + begin;
  return entry;
}

void check_layout(const SafetensorsHeader& header, uint64_t data_bytes, std::string_view file) {
  uint64_t at = 0;
  const TensorEntry* before = nullptr;
  for (const TensorEntry& e : header.entries) {
    const uint64_t begin = e.at - header.data_start;
    if (begin < at) refuse(file, str("tensors '{}' and '{}' overlap at byte {} of the data", before->name, e.name, begin));
    if (begin > at) refuse(file, str("bytes {} to {} of the data belong to no tensor", at, begin));
    at = begin + e.bytes;
    if (at > data_bytes) refuse(file, str("truncated: tensor '{}' ends at byte {} of the data, got {}", e.name, at, data_bytes));
    before = &e;
  }
  if (at != data_bytes) refuse(file, str("{} bytes after the last tensor belong to none", data_bytes - at));
}

}  // namespace

uint64_t safetensors_header_length(std::string_view first_bytes, uint64_t file_size, std::string_view file) {
  if (file_size < 8 || first_bytes.size() < 8) {
    refuse_foreign(first_bytes, file, "safetensors");
    refuse(file, str("too short to be safetensors: got {} bytes", file_size));
  }
  const auto length = Reader(first_bytes, file).read<uint64_t>("header length");
  if (length <= kMaxSafetensorsHeader && length <= file_size - 8) {
    if (length < 2) refuse(file, str("header length: got {}, expected 2 or more", length));
    return length;
  }
  refuse_foreign(first_bytes, file, "safetensors");  // not sooner: a true length may look like the first letters of something else
  if (length > kMaxSafetensorsHeader)
    refuse(file, str("header length: got {}, expected at most {}", length, kMaxSafetensorsHeader),
           "this is not a safetensors file");
  refuse(file, str("truncated: the header is {} bytes long, got {}", length, file_size - 8));
}

bool begins_safetensors(std::string_view first_bytes, uint64_t file_size) {
  if (first_bytes.size() < 9 || first_bytes[8] != '{') return false;
  const auto length = Reader(first_bytes, "").read<uint64_t>("header length");
  return length >= 2 && length <= kMaxSafetensorsHeader && length <= file_size - 8;
}

SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t file_size, std::string_view file) {
  if (json.size() > file_size || file_size - json.size() < 8)
    refuse(file, "truncated: the header is longer than the file");
  if (!json.starts_with('{')) refuse(file, "the header does not begin with '{'");
  const Json root = Json::parse(json, str("{}: header", file), kMaxValues);
  SafetensorsHeader header;
  header.data_start = 8 + json.size();
  for (size_t i = 0; i < root.size(); ++i) {
    const std::string& name = root.keys()[i];
    const Json& value = root.items()[i];
    if (name != "__metadata__") {
      header.entries.push_back(parse_entry(name, value, header.data_start, file));
      continue;
    }
    if (!value.is_object()) refuse(file, str("__metadata__: got {}, expected an object", name_of(value.kind())));
    for (size_t k = 0; k < value.size(); ++k) {
      if (value[k].kind() != Json::Kind::text)
        refuse(file, str("__metadata__: key '{}': got {}, expected text", value.keys()[k], name_of(value[k].kind())));
      header.metadata[value.keys()[k]] = value[k].as_text();
    }
  }
  std::sort(header.entries.begin(), header.entries.end(),
            [](const TensorEntry& a, const TensorEntry& b) { return std::pair(a.at, a.bytes) < std::pair(b.at, b.bytes); });
  check_layout(header, file_size - header.data_start, file);
  return header;
}

}  // namespace grim
