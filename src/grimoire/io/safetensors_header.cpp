#include "grimoire/io/safetensors_header.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/json.h"
#include "grimoire/io/reader.h"

namespace grim {
namespace {

constexpr size_t kMaxValues = 2'000'000;  // JSON values: 200,000 tensors; keeps a hostile header under 300 MB of memory

[[noreturn]] void refuse(std::string_view file, const std::string& problem, std::string hint = "") {
  fail(ErrorKind::input, "safetensors", str("{}: {}", file, problem), std::move(hint));
}

// What people have in hand instead of weights.
void refuse_foreign(std::string_view bytes, std::string_view file) {
  if (bytes.starts_with("version https://git-lfs")) {
    const size_t end = std::min(bytes.find_first_of(std::string_view("\0", 1)), bytes.size());
    std::string about(bytes.substr(0, std::min<size_t>(end, 200)));
    std::replace(about.begin(), about.end(), '\n', ' ');
    refuse(file, str("this is a Git LFS pointer, not the weights: {}", about),
           "fetch the real file with 'git lfs pull'");
  }
  const size_t text = bytes.find_first_not_of(" \t\r\n");
  const bool tag = text != std::string_view::npos && bytes[text] == '<' && text + 1 < bytes.size() &&
                   std::string_view("!?hHbBsS").find(bytes[text + 1]) != std::string_view::npos;
  if (tag)
    refuse(file, "this is a web page (HTML), not the weights", "the download was redirected; fetch the file itself");
  if (bytes.starts_with("PK\x03\x04"))
    refuse(file, "this is a zip archive, perhaps a PyTorch .bin or .pt file", "convert it to safetensors first");
  if (bytes.starts_with("\x80\x02") || bytes.starts_with("\x80\x04"))
    refuse(file, "this is a Python pickle, which may hold code", "convert it to safetensors first");
  if (bytes.starts_with("GGUF")) refuse(file, "this is a GGUF file, expected safetensors");
}

SafetensorsEntry parse_entry(const std::string& name, const Json& j, std::string_view file) {
  const auto wrong = [&](const std::string& problem) { refuse(file, str("tensor '{}': {}", name, problem)); };
  if (!j.is_object()) wrong(str("got {}, expected an object", name_of(j.kind())));
  for (const char* key : {"dtype", "shape", "data_offsets"})
    if (!j.find(key)) wrong(str("field '{}' is missing", key));
  const Json &dtype = j.at("dtype"), &shape = j.at("shape"), &offsets = j.at("data_offsets");

  SafetensorsEntry entry{name, "", {}, 0, 0};
  if (dtype.kind() != Json::Kind::text) wrong(str("dtype: got {}, expected text", name_of(dtype.kind())));
  entry.dtype = dtype.as_text();
  const auto bits = static_cast<uint64_t>(bits_of_safetensors_dtype(entry.dtype));
  if (bits == 0) wrong(str("unknown dtype '{}'", entry.dtype));

  if (!shape.is_array()) wrong(str("shape: got {}, expected an array", name_of(shape.kind())));
  uint64_t total_bits = bits;
  for (const Json& size : shape.items()) {
    if (size.kind() != Json::Kind::integer || size.as_integer() < 0)
      wrong(str("shape: got {}, expected integers of 0 or more", shape.dump().substr(0, 200)));
    entry.shape.push_back(size.as_integer());
    if (!multiply(total_bits, static_cast<uint64_t>(size.as_integer()), total_bits))
      wrong(str("shape: {} has more elements than 64 bits can count", shape.dump().substr(0, 200)));
  }
  if (total_bits % 8) wrong(str("{} elements of {} bits do not fill whole bytes", total_bits / bits, bits));

  const auto is_offset = [](const Json& v) { return v.kind() == Json::Kind::integer && v.as_integer() >= 0; };
  if (!offsets.is_array() || offsets.size() != 2 || !is_offset(offsets[0]) || !is_offset(offsets[1]))
    wrong(str("data_offsets: got {}, expected [begin, end]", offsets.dump().substr(0, 200)));
  entry.begin = static_cast<uint64_t>(offsets[0].as_integer());
  entry.end = static_cast<uint64_t>(offsets[1].as_integer());
  if (entry.begin > entry.end) wrong(str("data_offsets: got [{}, {}], expected begin <= end", entry.begin, entry.end));
  if (entry.end - entry.begin != total_bits / 8)
    wrong(str("data_offsets: got {} bytes, expected {} for {} {}", entry.end - entry.begin, total_bits / 8, entry.dtype,
              shape.dump().substr(0, 200)));
  return entry;
}

void check_layout(const std::vector<SafetensorsEntry>& entries, uint64_t data_bytes, std::string_view file) {
  uint64_t at = 0;
  const SafetensorsEntry* before = nullptr;
  for (const SafetensorsEntry& e : entries) {
    if (e.begin < at)
      refuse(file, str("tensors '{}' and '{}' overlap at byte {} of the data", before->name, e.name, e.begin));
    if (e.begin > at) refuse(file, str("bytes {} to {} of the data belong to no tensor", at, e.begin));
    if (e.end > data_bytes)
      refuse(file, str("truncated: tensor '{}' ends at byte {} of the data, got {}", e.name, e.end, data_bytes));
    at = e.end;
    before = &e;
  }
  if (at != data_bytes) refuse(file, str("{} bytes after the last tensor belong to none", data_bytes - at));
}

}  // namespace

int bits_of_safetensors_dtype(std::string_view dtype) {
  constexpr struct {
    std::string_view name;
    int bits;
  } known[] = {{"F32", 32}, {"BF16", 16},   {"F16", 16},    {"I64", 64},       {"I32", 32},    {"U8", 8},
               {"BOOL", 8}, {"F64", 64},    {"I8", 8},      {"I16", 16},       {"U16", 16},    {"U32", 32},
               {"U64", 64}, {"C64", 64},    {"F8_E4M3", 8}, {"F8_E5M2", 8},    {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
               {"F4", 4},   {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F8_E5M2FNUZ", 8}};
  for (const auto& k : known)
    if (k.name == dtype) return k.bits;
  return 0;
}

uint64_t safetensors_header_length(std::string_view first_bytes, uint64_t file_size, std::string_view file) {
  if (file_size < 8 || first_bytes.size() < 8) {
    refuse_foreign(first_bytes, file);
    refuse(file, str("too short to be safetensors: got {} bytes", file_size));
  }
  const auto length = Reader(first_bytes, file).read<uint64_t>("header length");
  if (length <= kMaxSafetensorsHeader && length <= file_size - 8) {
    if (length < 2) refuse(file, str("header length: got {}, expected 2 or more", length));
    return length;
  }
  refuse_foreign(first_bytes, file);  // not sooner: a true length may look like the first letters of something else
  if (length > kMaxSafetensorsHeader)
    refuse(file, str("header length: got {}, expected at most {}", length, kMaxSafetensorsHeader),
           "this is not a safetensors file");
  refuse(file, str("truncated: the header is {} bytes long, got {}", length, file_size - 8));
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
      header.entries.push_back(parse_entry(name, value, file));
      continue;
    }
    if (!value.is_object()) refuse(file, str("__metadata__: got {}, expected an object", name_of(value.kind())));
    for (size_t k = 0; k < value.size(); ++k) {
      if (value[k].kind() != Json::Kind::text)
        refuse(file, str("__metadata__: key '{}': got {}, expected text", value.keys()[k], name_of(value[k].kind())));
      header.metadata[value.keys()[k]] = value[k].as_text();
    }
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_layout(header.entries, file_size - header.data_start, file);
  return header;
}

}  // namespace grim
