#include "grimoire/classic/state.h"

#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/io/hash.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr const char* kFormat = "grimoire-model";

std::string checksum(const std::string& values, const TensorMap& tensors) {
  Hasher hasher;
  hasher.add(values);
  for (const auto& [name, tensor] : tensors) {
    const Tensor dense = contiguous(tensor);
    hasher.add(str("{} {} {}\n", name, name_of(dense.dtype()), dense.shape()));
    hasher.add({dense.raw(), static_cast<size_t>(dense.numel() * size_of(dense.dtype()))});
  }
  return hasher.hex();
}

}  // namespace

void State::set(const std::string& name, const std::vector<double>& numbers) {
  tensors_[name] = Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
}
void State::set(const std::string& name, const std::vector<int64_t>& numbers) {
  tensors_[name] = Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
}
void State::set(const std::string& name, const State& child) {
  values_.set(name, child.values_);
  for (const auto& [key, tensor] : child.tensors_) tensors_[name + "." + key] = tensor;
  needs(child.version_);
}

Tensor State::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  GRIM_CHECK(found != tensors_.end(), input, "model", "the file holds no '{}'", name);
  return found->second;
}

Tensor State::tensor(const std::string& name, Dtype dtype, int ndim) const {
  const Tensor t = tensor(name);
  GRIM_CHECK(t.dtype() == dtype && t.ndim() == ndim, input, "model", "'{}': got {} {}, expected {} of {} dimensions", name,
             name_of(t.dtype()), t.shape(), name_of(dtype), ndim);
  return t;
}

std::vector<double> State::numbers(const std::string& name) const { return tensor(name, Dtype::f64, 1).to_vector<double>(); }

std::vector<double> State::numbers(const std::string& name, int64_t count) const {
  std::vector<double> v = numbers(name);
  GRIM_CHECK(static_cast<int64_t>(v.size()) == count, input, "model", "'{}': got {} numbers, expected {}", name, v.size(), count);
  return v;
}

std::vector<double> State::numbers(const std::string& name, int64_t count, double low, double high, bool whole) const {
  std::vector<double> v = numbers(name, count);
  for (double x : v)
    GRIM_CHECK(x >= low && x <= high && (!whole || x == std::floor(x)), input, "model", "'{}': got {}, expected {}numbers from {} to {}",
               name, x, whole ? "whole " : "", low, high);
  return v;
}

std::vector<int64_t> State::integers(const std::string& name) const { return tensor(name, Dtype::i64, 1).to_vector<int64_t>(); }

State State::child(const std::string& name) const {
  State child;
  child.values_ = values_.at(name);
  const std::string prefix = name + ".";
  for (const auto& [key, tensor] : tensors_)
    if (key.starts_with(prefix)) child.tensors_[key.substr(prefix.size())] = tensor;
  return child;
}

void State::save(const std::string& path) const {
  const std::string values = values_.dump();
  write_safetensors(
      path, tensors_,
      {{"format", kFormat}, {"version", std::to_string(version_)}, {"values", values}, {"checksum", checksum(values, tensors_)}});
}

State State::load(const std::string& path) {
  const SafetensorsFile file(path);
  const Metadata& metadata = file.metadata();
  const auto entry = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  if (entry("format") != kFormat) throw Error(ErrorKind::input, str("{}: not a model that 'grimoire fit' wrote", path));
  bool known = false;
  for (int64_t version = 1; version <= kNewest; ++version) known = known || entry("version") == std::to_string(version);
  if (!known)
    throw Error(ErrorKind::input, str("{}: format version {}, this program reads versions 1 to {}", path, entry("version"), kNewest),
                "use the program that wrote it, or a newer one");
  State state;
  for (const TensorEntry& e : file.entries()) state.tensors_[e.name] = file.read(e);
  if (checksum(entry("values"), state.tensors_) != entry("checksum"))
    throw Error(ErrorKind::input, str("{}: damaged: its checksum does not fit its contents", path),
                "take another copy, or fit the model again");
  state.values_ = Json::parse(entry("values"), path);
  return state;
}

}  // namespace grim
