#include "grimoire/model/weights.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/finite.h"

namespace grim {

void save(const Module& module, const std::string& path) {
  TensorMap tensors;
  module.visit([&](const std::string& name, const Tensor& tensor, Module::Kind) {
    GRIM_CHECK(tensors.emplace(name, tensor).second, argument, "save", "two tensors are called '{}': each needs a name of its own", name);
  });
  write_safetensors(path, tensors);
}

void load(const Module& module, const std::string& path) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : read_all(*open_tensor_file(path))) tensors.push_back({name, tensor});
  assign(module, tensors, path);
}

namespace {
// Variances and counts below zero would come out as NaN, far from here.
void check_not_negative(const std::string& name, const Tensor& tensor, const std::string& source) {
  if (name != "counts" && !name.ends_with("running_var")) return;
  const int64_t bad = count_below_zero(tensor);
  GRIM_CHECK(bad == 0, input, "checkpoint", "{}: tensor '{}': {} of its {} numbers are below 0, expected 0 or more", source, name, bad, tensor.numel());
}

// `problem` with the tensor, and as a hint the nearest of `names`, in the words "... is 'NAME'".
[[noreturn]] void refuse(const std::string& name, const std::string& problem, const std::vector<std::string>& names, const char* nearest_of_them) {
  const std::string near = nearest(name, names.data(), names.size());
  fail(ErrorKind::input, "checkpoint", problem, near.empty() ? "" : str("{} is '{}'", nearest_of_them, near));
}
}  // namespace

void assign(const Module& module, const std::vector<NamedTensor>& tensors, const std::string& source) {
  std::map<std::string, Tensor> left;
  for (const NamedTensor& t : tensors) left[t.name] = t.tensor;
  std::vector<std::pair<Tensor, Tensor>> pairs;  // checked first, so that a refused file changes nothing
  module.visit([&](const std::string& name, const Tensor& tensor, Module::Kind kind) {
    const auto found = left.find(name);
    if (found == left.end()) {
      std::vector<std::string> there;
      for (const NamedTensor& t : tensors) there.push_back(t.name);
      refuse(name, str("{}: tensor '{}' is missing", source, name), there, "the nearest in the file");
    }
    GRIM_CHECK(found->second.shape() == tensor.shape(), input, "checkpoint", "{}: tensor '{}': got {}, expected {}", source, name,
               found->second.shape(), tensor.shape());
    check_finite({name, found->second}, source);
    if (kind == Module::Kind::buffer) check_not_negative(name, found->second, source);
    pairs.emplace_back(tensor, found->second);
    left.erase(found);
  });
  if (!left.empty()) {
    std::vector<std::string> expected;
    module.visit([&](const std::string& name, const Tensor&, Module::Kind) { expected.push_back(name); });
    const std::string& name = left.begin()->first;
    refuse(name, str("{}: tensor '{}' belongs to no part of this model", source, name), expected, "the nearest that does");
  }
  for (const auto& [to, from] : pairs) copy_into(to, from);
}

void check_tied(const std::vector<NamedTensor>& tensors, std::string_view head, std::string_view table, const std::string& source) {
  const auto named = [&](std::string_view name) { return std::ranges::find(tensors, name, &NamedTensor::name); };
  const auto a = named(head), b = named(table);
  if (a == tensors.end() || b == tensors.end()) return;
  const Tensor x = contiguous(a->tensor), y = contiguous(b->tensor);
  if (x.shape() == y.shape() && x.dtype() == y.dtype() && std::memcmp(x.raw(), y.raw(), static_cast<size_t>(x.numel() * size_of(x.dtype()))) == 0) return;
  fail(ErrorKind::input, "checkpoint", str("{}: tensor '{}' is not '{}', though config.json says that they are one", source, head, table),
       "if each is meant, set \"tie_word_embeddings\": false in config.json");
}

}  // namespace grim
