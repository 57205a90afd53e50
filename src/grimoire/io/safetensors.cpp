#include "grimoire/io/safetensors.h"

#include <algorithm>

#include "grimoire/base/json.h"
#include "grimoire/io/safetensors_header.h"

namespace grim {
namespace {

std::vector<const TensorSource*> in_file_order(const std::vector<TensorSource>& tensors, const std::string& floats) {
  std::vector<const TensorSource*> order;
  for (const TensorSource& t : tensors) order.push_back(&t);
  std::ranges::sort(order, [&](const TensorSource* a, const TensorSource* b) {
    const int64_t wide = written_type(*a, floats).bytes, other = written_type(*b, floats).bytes;
    return wide != other ? wide > other : a->name < b->name;
  });
  return order;
}

std::string header_text(const std::vector<const TensorSource*>& order, const Metadata& metadata, const std::string& floats) {
  Json root = Json::object();
  if (!metadata.empty()) {
    Json about = Json::object();
    for (const auto& [key, value] : metadata) about.append(key, value);
    root.append("__metadata__", std::move(about));
  }
  int64_t at = 0;
  for (const TensorSource* const t : order) {
    const StoredType& type = written_type(*t, floats);
    const int64_t end = at + t->shape.numel() * type.bytes;
    root.append(t->name, Json::object({{"dtype", type.name}, {"shape", Json::array_of(t->shape)}, {"data_offsets", Json::array({at, end})}}));
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

const StoredType& written_type(const TensorSource& t, const std::string& floats) {
  if (floats.empty() || !is_float(t.dtype)) return t.keeps_type() && t.type().safetensors ? t.type() : stored_type_of(t.dtype);
  const StoredType* const type = stored_type(floats);
  GRIM_CHECK(type && type->encode && type->safetensors, argument, "safetensors", "floats are not written as '{}': expected F32, F16 or BF16", floats);
  return *type;
}

void write_safetensors(OutFile& out, const std::vector<TensorSource>& tensors, const Metadata& metadata, const std::string& floats) {
  for (const TensorSource& t : tensors) GRIM_CHECK(t.name != "__metadata__", argument, "safetensors", "a tensor may not be named __metadata__");
  const auto order = in_file_order(tensors, floats);
  const std::string text = header_text(order, metadata, floats);
  const uint64_t length = text.size();
  out.write({reinterpret_cast<const char*>(&length), sizeof length});
  out.write(text);
  for (const TensorSource* const t : order) write_stored(out, *t, written_type(*t, floats));
}

void write_safetensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata) {
  std::vector<TensorSource> sources;
  for (const auto& [name, x] : tensors) sources.push_back(TensorSource::of(name, x));
  write_atomically(path, [&](OutFile& out) { write_safetensors(out, sources, metadata); });
}

}  // namespace grim
