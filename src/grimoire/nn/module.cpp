#include "grimoire/nn/module.h"

#include "grimoire/autograd/tape.h"

namespace grim {

Module::Module(const std::string& name, Module& parent) { parent.children_.emplace_back(name, this); }

Tensor Module::parameter(const std::string& name, const Tensor& initial) {
  requires_grad(initial);
  entries_.push_back({name, initial, Kind::parameter});
  return initial;
}

Tensor Module::buffer(const std::string& name, const Tensor& initial) {
  entries_.push_back({name, initial, Kind::buffer});
  return initial;
}

void Module::visit_below(const std::string& prefix, const Visitor& visitor) const {
  for (const Entry& e : entries_) visitor(prefix + e.name, e.tensor, e.kind);
  for (const auto& [name, child] : children_) child->visit_below(prefix + name + ".", visitor);
}

void Module::visit_modules_below(const std::string& path, const std::function<void(const std::string&, const Module&)>& visitor) const {
  visitor(path, *this);
  for (const auto& [name, child] : children_) child->visit_modules_below(path.empty() ? name : path + "." + name, visitor);
}

namespace {
std::vector<NamedTensor> of_kind(const Module& module, Module::Kind wanted) {
  std::vector<NamedTensor> found;
  module.visit([&](const std::string& name, const Tensor& tensor, Module::Kind kind) {
    if (kind == wanted) found.push_back({name, tensor});
  });
  return found;
}
}  // namespace

std::vector<NamedTensor> Module::parameters() const { return of_kind(*this, Kind::parameter); }
std::vector<NamedTensor> Module::buffers() const { return of_kind(*this, Kind::buffer); }

int64_t Module::parameter_count() const {
  int64_t count = 0;
  for (const NamedTensor& p : parameters()) count += p.tensor.numel();
  return count;
}

}  // namespace grim
