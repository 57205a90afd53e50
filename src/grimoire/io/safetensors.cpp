#include "grimoire/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "grimoire/base/json.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// --- dtypes ----------------------------------------------------------------------------------------------------------

constexpr struct {
  Dtype ours;
  const char* theirs;
} kSame[] = {{Dtype::f32, "F32"}, {Dtype::f64, "F64"}, {Dtype::bf16, "BF16"},   {Dtype::i64, "I64"},
             {Dtype::i32, "I32"}, {Dtype::u8, "U8"},   {Dtype::boolean, "BOOL"}};

const char* safetensors_name(Dtype dtype) {
  for (const auto& d : kSame)
    if (d.ours == dtype) return d.theirs;
  return "";
}

float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16, exponent = (half >> 10) & 31u,
                 fraction = half & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent == 0)
    return std::copysign(static_cast<float>(fraction) * 0x1p-24f, std::bit_cast<float>(sign | 0x3f800000u));
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

// --- reading ---------------------------------------------------------------------------------------------------------

struct Source {
  InFile& file;
  int64_t offset;  // of the first byte
  const SafetensorsEntry& entry;
};

// Reads elements of type From in pieces and converts each.
template <class To, class From, class Convert> Tensor converted(const Source& s, const Shape& shape, Convert convert) {
  Tensor x = Tensor::empty(shape, dtype_of<To>);
  To* const to = x.data<To>();
  constexpr int64_t kPiece = 1 << 16;
  std::vector<From> piece(static_cast<size_t>(std::min(x.numel(), kPiece)));
  for (int64_t done = 0; done < x.numel(); done += kPiece) {
    const int64_t n = std::min(kPiece, x.numel() - done);
    s.file.read_at(s.offset + done * static_cast<int64_t>(sizeof(From)), reinterpret_cast<char*>(piece.data()),
                   static_cast<size_t>(n) * sizeof(From));
    for (int64_t i = 0; i < n; ++i) to[done + i] = convert(piece[static_cast<size_t>(i)]);
  }
  return x;
}

Tensor read_entry(const Source& s, const std::string& path) {
  const SafetensorsEntry& e = s.entry;
  GRIM_CHECK(e.shape.size() <= kMaxDims, input, "safetensors",
             "{}: tensor '{}': got {} dimensions, expected at most {}", path, e.name, e.shape.size(), kMaxDims);
  Shape shape;
  for (int64_t d : e.shape) shape.push_back(d);
  if (e.dtype == "BOOL") return converted<bool, uint8_t>(s, shape, [](uint8_t v) { return v != 0; });
  for (const auto& d : kSame)
    if (e.dtype == d.theirs) {
      Tensor x = Tensor::empty(shape, d.ours);
      s.file.read_at(s.offset, x.raw(), e.end - e.begin);
      return x;
    }
  if (e.dtype == "F16") return converted<float, uint16_t>(s, shape, half_to_float);
  if (e.dtype == "I8") return converted<int32_t, int8_t>(s, shape, [](int8_t v) { return v; });
  if (e.dtype == "I16") return converted<int32_t, int16_t>(s, shape, [](int16_t v) { return v; });
  if (e.dtype == "U16") return converted<int32_t, uint16_t>(s, shape, [](uint16_t v) { return v; });
  if (e.dtype == "U32") return converted<int64_t, uint32_t>(s, shape, [](uint32_t v) { return v; });
  fail(ErrorKind::input, "safetensors", str("{}: tensor '{}': dtype {} is not supported", path, e.name, e.dtype),
       "convert the tensor to F32, BF16 or F16 first");
}

// --- writing ---------------------------------------------------------------------------------------------------------

std::vector<std::pair<std::string, Tensor>> in_file_order(const TensorMap& tensors) {
  std::vector<std::pair<std::string, Tensor>> order(tensors.begin(), tensors.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return size_of(a.second.dtype()) > size_of(b.second.dtype()); });
  return order;
}

std::string header_text(const std::vector<std::pair<std::string, Tensor>>& order, const Metadata& metadata) {
  Json root = Json::object();
  if (!metadata.empty()) {
    Json about = Json::object();
    for (const auto& [key, value] : metadata) about.append(key, value);
    root.append("__metadata__", std::move(about));
  }
  int64_t at = 0;
  for (const auto& [name, x] : order) {
    const int64_t end = at + x.numel() * size_of(x.dtype());
    root.append(name, Json::object({{"dtype", safetensors_name(x.dtype())}, {"shape", Json::array_of(x.shape())},
                                    {"data_offsets", Json::array({at, end})}}));
    at = end;
  }
  std::string text = root.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::string& path) : path_(path), file_(files().open(path)) {
  const auto size = static_cast<uint64_t>(file_->size());
  std::string first(std::min<uint64_t>(size, 512), '\0');
  file_->read_at(0, first.data(), first.size());
  std::string json(safetensors_header_length(first, size, path), '\0');
  file_->read_at(8, json.data(), json.size());
  header_ = parse_safetensors_header(json, size, path);
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  for (const SafetensorsEntry& e : header_.entries)
    if (e.name == name) return &e;
  return nullptr;
}

Tensor SafetensorsFile::read(std::string_view name) const {
  if (const SafetensorsEntry* entry = find(name)) return read(*entry);
  std::vector<std::string> names;
  for (const SafetensorsEntry& e : header_.entries) names.push_back(e.name);
  fail(ErrorKind::input, "safetensors", str("{}: no tensor named '{}' among {}", path_, name, names.size()),
       did_you_mean(name, names));
}

Tensor SafetensorsFile::read(const SafetensorsEntry& entry) const {
  return read_entry({*file_, static_cast<int64_t>(header_.data_start + entry.begin), entry}, path_);
}

TensorMap read_safetensors(const std::string& path) {
  const SafetensorsFile file(path);
  TensorMap tensors;
  for (const SafetensorsEntry& e : file.header().entries) tensors[e.name] = file.read(e);
  return tensors;
}

int64_t safetensors_bytes(const TensorMap& tensors) {
  int64_t bytes = 0;
  for (const auto& [name, x] : tensors) bytes += x.numel() * size_of(x.dtype());
  return bytes;
}

void write_safetensors(OutFile& out, const TensorMap& tensors, const Metadata& metadata) {
  for (const auto& [name, x] : tensors) {
    GRIM_CHECK(name != "__metadata__", argument, "safetensors", "a tensor may not be named __metadata__");
    GRIM_CHECK(x.defined(), argument, "safetensors", "tensor '{}' is undefined", name);
  }
  const auto order = in_file_order(tensors);
  const std::string text = header_text(order, metadata);
  const uint64_t length = text.size();
  out.write({reinterpret_cast<const char*>(&length), sizeof length});
  out.write(text);
  for (const auto& [name, x] : order) {
    const Tensor dense = contiguous(x);
    out.write({dense.raw(), static_cast<size_t>(dense.numel() * size_of(dense.dtype()))});
  }
}

void write_safetensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata) {
  write_atomically(path, [&](OutFile& out) { write_safetensors(out, tensors, metadata); });
}

}  // namespace grim
