#include "grimoire/io/tensor_file.h"

#include <algorithm>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/io/foreign.h"
#include "grimoire/io/gguf.h"
#include "grimoire/io/llama2c.h"
#include "grimoire/io/llmc.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/io/safetensors_header.h"
#include "grimoire/io/shards.h"
#include "grimoire/io/torch_file.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// A view of a storage: what lies between its first and its last element is read, then picked from.
Tensor read_view(InFile& file, const TensorEntry& e, const std::string& what) {
  if (e.shape.numel() == 0) return read_stored(file, e.at, *e.type, e.shape, what);
  int64_t last = 0;
  for (int axis = 0; axis < e.shape.ndim(); ++axis) last += (e.shape[axis] - 1) * e.strides[axis];
  const Tensor all = read_stored(file, e.at, *e.type, {last + 1}, what);
  return contiguous(Tensor::view_of(all.storage(), 0, e.shape, e.strides, all.dtype()));
}

std::string beginning(InFile& file) {
  std::string first(static_cast<size_t>(std::min<int64_t>(file.size(), 512)), '\0');
  file.read_at(0, first.data(), first.size());
  return first;
}

void need_readable(const StoredType& type, const std::string& what) {
  if (!type.becomes)
    fail(ErrorKind::input, "tensors", str("{}: type {} is not supported", what, type.name), str("convert it to one of {} first", readable_types()));
}

}  // namespace

Tensor read_stored(InFile& file, uint64_t at, const StoredType& type, const Shape& shape, const std::string& what) {
  need_readable(type, what);
  const Tensor x = Tensor::empty(shape, *type.becomes);
  if (!type.decode) {
    file.read_at(static_cast<int64_t>(at), x.raw(), static_cast<size_t>(x.numel() * type.bytes));
    if (type.name != "U64") return x;
    for (int64_t i = 0; i < x.numel(); ++i)
      GRIM_CHECK(x.data<int64_t>()[i] >= 0, input, "tensors", "{}: got {}, expected at most 2^63 - 1", what, static_cast<uint64_t>(x.data<int64_t>()[i]));
    return x;
  }
  const int64_t step = 2048 * type.block, size = size_of(x.dtype());
  std::vector<char> piece(static_cast<size_t>(std::min(x.numel(), step) / type.block * type.bytes));
  for (int64_t done = 0; done < x.numel(); done += step) {
    const int64_t n = std::min(step, x.numel() - done);
    file.read_at(static_cast<int64_t>(at) + done / type.block * type.bytes, piece.data(), static_cast<size_t>(n / type.block * type.bytes));
    type.decode(piece.data(), x.raw() + done * size, n);
  }
  return x;
}

const TensorEntry* TensorFile::find(std::string_view name) const {
  auto found = index_.find(std::string(name));
  if (found == index_.end() && format_ == "safetensors" && name != "format") {
    const auto first = metadata_.find(std::string(name));
    if (first != metadata_.end()) found = index_.find(first->second);
  }
  return found == index_.end() ? nullptr : &entries_[found->second];
}

Tensor TensorFile::read(std::string_view name) const {
  if (const TensorEntry* entry = find(name)) return read(*entry);
  std::vector<std::string> names;
  for (const TensorEntry& e : entries_) names.push_back(e.name);
  fail(ErrorKind::input, "tensors", str("{}: no tensor named '{}' among {}", path_, name, names.size()), did_you_mean(name, names));
}

Tensor TensorFile::read(const TensorEntry& entry) const {
  const Part& part = parts_[entry.part];
  const std::string what = str("{}: tensor '{}'", part.path, entry.name);
  return entry.strides.ndim() > 0 ? read_view(*part.file, entry, what) : read_stored(*part.file, entry.at, *entry.type, entry.shape, what);
}

std::string TensorFile::bytes(const TensorEntry& entry) const {
  GRIM_CHECK(entry.strides.ndim() == 0, argument, "tensors", "tensor '{}' is a view", entry.name);
  std::string all(entry.bytes, '\0');
  parts_[entry.part].file->read_at(static_cast<int64_t>(entry.at), all.data(), all.size());
  return all;
}

void TensorFile::add(TensorEntry entry) {
  const auto [at, fresh] = index_.emplace(entry.name, entries_.size());
  if (!fresh) {
    const TensorEntry* const there = &entries_[at->second];
    const bool apart = parts_[there->part].path != parts_[entry.part].path;
    fail(ErrorKind::input, "tensors",
         apart ? str("{}: tensor '{}' is in {} and in {}", path_, entry.name, parts_[there->part].path, parts_[entry.part].path)
               : str("{}: tensor '{}' appears twice", parts_[entry.part].path, entry.name));
  }
  entries_.push_back(std::move(entry));
}

void TensorFile::take_over(TensorFile&& part) {
  const size_t before = parts_.size();
  for (Part& p : part.parts_) parts_.push_back(std::move(p));
  for (TensorEntry& e : part.entries_) {
    e.part += before;
    add(std::move(e));
  }
  metadata_.merge(part.metadata_);
  format_ = part.format_;
}

std::unique_ptr<TensorFile> open_tensor_file(const std::string& path) {
  refuse_lone_shard(path);
  std::unique_ptr<InFile> file = files().open(path);
  const std::string first = beginning(*file);
  try {
    if (first.starts_with('{') && !begins_safetensors(first, static_cast<uint64_t>(file->size()))) return std::make_unique<ShardedFile>(path);
    return open_one(path, std::move(file));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::input || !e.hint().empty()) throw;
    throw Error(e.kind(), e.what(), "if it is meant to hold weights, it is damaged, was cut off, or is of a form that is not read here");
  }
}

std::unique_ptr<TensorFile> open_one(const std::string& path, std::unique_ptr<InFile> file) {
  const std::string first = beginning(*file);
  const auto size = static_cast<uint64_t>(file->size());
  if (begins_safetensors(first, size)) return std::make_unique<SafetensorsFile>(path, std::move(file));
  if (first.starts_with("GGUF")) return std::make_unique<GgufFile>(path, std::move(file));
  if (first.starts_with("PK\x03\x04")) return std::make_unique<TorchFile>(path, std::move(file));
  if (begins_llmc(first)) return std::make_unique<LlmcFile>(path, std::move(file));
  const std::optional<uint64_t> as_llama2c = llama2c_bytes(first);
  if (as_llama2c == size) return std::make_unique<Llama2cFile>(path, std::move(file));
  constexpr const char* kFormats = "safetensors, PyTorch, GGUF, llama2.c or llm.c";
  refuse_foreign(first, path, kFormats);
  if (first.size() > 8 && first[8] == '{') return std::make_unique<SafetensorsFile>(path, std::move(file));  // which says what is wrong with it
  fail(ErrorKind::input, "tensors", str("{}: it begins as none of {}{}", path, kFormats,
                                        as_llama2c ? str("; a llama2.c file with these sizes would have {} bytes, and it has {}", *as_llama2c, size) : ""));
}

bool is_unnamed_checkpoint(const std::string& path) {
  if (files().kind(path) != FileKind::file) return false;
  const std::unique_ptr<InFile> file = files().open(path);
  const std::string first = beginning(*file);
  return begins_llmc(first) || begins_llama2c(first, static_cast<uint64_t>(file->size()));
}

TensorMap read_all(const TensorFile& file) {
  TensorMap tensors;
  for (const TensorEntry& e : file.entries()) tensors[e.name] = file.read(e);
  for (const auto& [other, unused] : file.metadata())
    if (const TensorEntry* const first = file.find(other)) tensors.emplace(other, tensors.at(first->name));
  return tensors;
}

std::vector<TensorSource> sources_of(const TensorFile& file) {
  std::vector<TensorSource> sources;
  const auto source = [&](const std::string& name, const TensorEntry& e) {
    need_readable(*e.type, str("{}: tensor '{}'", file.path(), e.name));
    const std::string place = e.bytes > 0 ? str("{} {} {} {} {}", e.part, e.at, e.type->name, e.shape, e.strides) : "";
    TensorSource s{name, e.shape, *e.type->becomes, [&file, &e] { return file.read(e); }, place};
    if (e.type != &stored_type_of(s.dtype)) s.stored = e.type;
    if (s.stored && e.strides.ndim() == 0) s.bytes = [&file, &e] { return file.bytes(e); };
    sources.push_back(std::move(s));
  };
  for (const TensorEntry& e : file.entries()) source(e.name, e);
  for (const auto& [other, unused] : file.metadata())
    if (const TensorEntry* const first = file.find(other); first && first->name != other) source(other, *first);
  return sources;
}

}  // namespace grim
