#include "grimoire/io/safetensors.h"

#include <algorithm>

#include "grimoire/base/json.h"
#include "grimoire/io/safetensors_header.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

std::vector<std::pair<std::string, Tensor>> in_file_order(const TensorMap& tensors, const std::string& floats) {
  std::vector<std::pair<std::string, Tensor>> order(tensors.begin(), tensors.end());
  std::stable_sort(order.begin(), order.end(),
                   [&](const auto& a, const auto& b) { return written_type(a.second, floats).bytes > written_type(b.second, floats).bytes; });
  return order;
}

std::string header_text(const std::vector<std::pair<std::string, Tensor>>& order, const Metadata& metadata, const std::string& floats) {
  Json root = Json::object();
  if (!metadata.empty()) {
    Json about = Json::object();
    for (const auto& [key, value] : metadata) about.append(key, value);
    root.append("__metadata__", std::move(about));
  }
  int64_t at = 0;
  for (const auto& [name, x] : order) {
    const StoredType& type = written_type(x, floats);
    const int64_t end = at + x.numel() * type.bytes;
    root.append(name, Json::object({{"dtype", type.name}, {"shape", Json::array_of(x.shape())},
                                    {"data_offsets", Json::array({at, end})}}));
    at = end;
  }
  std::string text = root.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::string& path) : SafetensorsFile(path, files().open(path)) {}

SafetensorsFile::SafetensorsFile(const std::string& path, std::unique_ptr<InFile> file) : TensorFile(path, "safetensors") {
  const auto size = static_cast<uint64_t>(file->size());
  std::string first(std::min<uint64_t>(size, 512), '\0');
  file->read_at(0, first.data(), first.size());
  std::string json(safetensors_header_length(first, size, path), '\0');
  file->read_at(8, json.data(), json.size());
  SafetensorsHeader header = parse_safetensors_header(json, size, path);
  add_part(path, std::move(file));
  metadata_ = std::move(header.metadata);
  for (TensorEntry& e : header.entries) add(std::move(e));
}

TensorMap read_safetensors(const std::string& path) { return read_all(SafetensorsFile(path)); }

int64_t safetensors_bytes(const TensorMap& tensors) {
  int64_t bytes = 0;
  for (const auto& [name, x] : tensors) bytes += x.numel() * size_of(x.dtype());
  return bytes;
}

const StoredType& written_type(const Tensor& x, const std::string& floats) {
  if (floats.empty() || !is_float(x.dtype())) return stored_type_of(x.dtype());
  const StoredType* const type = stored_type(floats);
  GRIM_CHECK(type && type->encode && type->safetensors, argument, "safetensors", "floats are not written as '{}': expected F32, F16 or BF16", floats);
  return *type;
}

void write_safetensors(OutFile& out, const TensorMap& tensors, const Metadata& metadata, const std::string& floats) {
  for (const auto& [name, x] : tensors) {
    GRIM_CHECK(name != "__metadata__", argument, "safetensors", "a tensor may not be named __metadata__");
    GRIM_CHECK(x.defined(), argument, "safetensors", "tensor '{}' is undefined", name);
  }
  const auto order = in_file_order(tensors, floats);
  const std::string text = header_text(order, metadata, floats);
  const uint64_t length = text.size();
  out.write({reinterpret_cast<const char*>(&length), sizeof length});
  out.write(text);
  for (const auto& [name, x] : order) {
    const StoredType& type = written_type(x, floats);
    const bool as_it_is = &type == &stored_type_of(x.dtype());
    const Tensor dense = contiguous(as_it_is ? x : cast(x, Dtype::f32));
    if (as_it_is) {
      out.write({dense.raw(), static_cast<size_t>(dense.numel() * type.bytes)});
      continue;
    }
    constexpr int64_t kStep = 1 << 16;
    std::string piece;
    for (int64_t done = 0; done < dense.numel(); done += kStep) {
      const int64_t n = std::min(kStep, dense.numel() - done);
      piece.resize(static_cast<size_t>(n * type.bytes));
      type.encode(dense.data<float>() + done, piece.data(), n);
      out.write(piece);
    }
  }
}

void write_safetensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata) {
  write_atomically(path, [&](OutFile& out) { write_safetensors(out, tensors, metadata); });
}

}  // namespace grim
