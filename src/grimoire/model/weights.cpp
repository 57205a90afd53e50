#include "grimoire/model/weights.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "grimoire/base/fault.h"
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
// What is wrong with the tensors of one file.
class Found {
 public:
  explicit Found(const std::string& source) : source_(source) {}
  void put(const std::string& name, const std::string& problem, std::string hint = "") {
    all_.push_back({str("[checkpoint] {}: tensor '{}'{}", source_, name, problem), std::move(hint), name});
  }
  // With the nearest of `names` as a hint, in the words "... is 'NAME'".
  void put_name(const std::string& name, const std::string& problem, const std::vector<std::string>& names, const char* nearest_of_them) {
    const std::string near = nearest(name, names.data(), names.size());
    put(name, problem, near.empty() ? "" : str("{} is '{}'", nearest_of_them, near));
  }
  void look_at_numbers(const std::string& name, const Tensor& tensor, Module::Kind kind) {
    if (std::optional<Fault> fault = fault_of_numbers({name, tensor}, source_)) all_.push_back(std::move(*fault));
    // Variances and counts below zero would come out as NaN, far from here.
    if (kind != Module::Kind::buffer || (name != "counts" && !name.ends_with("running_var"))) return;
    if (const int64_t bad = count_below_zero(tensor))
      put(name, str(": {} of its {} numbers are below 0, expected 0 or more", bad, tensor.numel()));
  }
  void refuse() {
    if (!all_.empty()) throw Faults(std::move(all_));
  }

 private:
  const std::string& source_;
  std::vector<Fault> all_;
};
}  // namespace

void assign(const Module& module, const std::vector<NamedTensor>& tensors, const std::string& source) {
  std::map<std::string, Tensor> left;
  for (const NamedTensor& t : tensors) left[t.name] = t.tensor;
  std::vector<std::pair<Tensor, Tensor>> pairs;  // checked first, so that a refused file changes nothing
  std::vector<std::string> there, expected;
  for (const NamedTensor& t : tensors) there.push_back(t.name);
  Found faults(source);
  module.visit([&](const std::string& name, const Tensor& tensor, Module::Kind kind) {
    expected.push_back(name);
    const auto found = left.find(name);
    if (found == left.end()) return faults.put_name(name, " is missing", there, "the nearest in the file");
    if (found->second.shape() != tensor.shape()) faults.put(name, str(": got {}, expected {}", found->second.shape(), tensor.shape()));
    else faults.look_at_numbers(name, found->second, kind);
    pairs.emplace_back(tensor, found->second);
    left.erase(found);
  });
  for (const auto& [name, tensor] : left) faults.put_name(name, " belongs to no part of this model", expected, "the nearest that does");
  faults.refuse();
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
