#include "grimoire/nn/module.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"

namespace grim {

Module::Module(const std::string& name, Module& parent, TensorNames names) : registry_(names == TensorNames::in_parent ? parent.registry_ : this) {
  parent.children_.push_back({name, this});
}

// In the place that one before left, if there is one.
void Module::adopt(Module& child) {
  std::vector<Entry>& entries = registry_->entries_;
  const auto gap = std::find_if(entries.begin(), entries.end(), [](const Entry& e) { return !e.nameless && !e.tensor.defined(); });
  if (gap != entries.end()) gap->nameless = &child;
  else entries.push_back({"", {}, Kind::parameter, &child});
}

void Module::release(Module& child) {
  for (Entry& e : registry_->entries_)
    if (e.nameless == &child) e.nameless = nullptr;
}

Tensor Module::parameter(const std::string& name, const Tensor& initial) {
  requires_grad(initial);
  registry_->entries_.push_back({name, initial, Kind::parameter});
  return initial;
}

Tensor Module::buffer(const std::string& name, const Tensor& initial) {
  registry_->entries_.push_back({name, initial, Kind::buffer});
  return initial;
}

void Module::forget(const std::string& name) {
  std::erase_if(registry_->entries_, [&](const Entry& e) { return !e.nameless && e.name == name; });
}

void Module::visit_below(const std::string& prefix, const Visitor& visitor) const {
  for (const Entry& e : entries_) {
    if (e.nameless) e.nameless->visit_below(prefix, visitor);
    else if (e.tensor.defined()) visitor(prefix + e.name, e.tensor, e.kind);
  }
  for (const Child& c : children_) c.module->visit_below(c.name.empty() ? prefix : prefix + c.name + ".", visitor);
}

void Module::freeze_below(const std::string& prefix, const std::function<bool(const std::string&)>& which) {
  for (Entry& e : entries_) {
    if (e.nameless) e.nameless->freeze_below(prefix, which);
    if (e.nameless || !e.tensor.defined() || e.kind == Kind::buffer) continue;
    e.kind = which(prefix + e.name) ? Kind::frozen : Kind::parameter;
    requires_grad(e.tensor, e.kind == Kind::parameter);
  }
  for (const Child& c : children_) c.module->freeze_below(c.name.empty() ? prefix : prefix + c.name + ".", which);
}

void Module::visit_modules_below(const std::string& path, const ModuleVisitor& visitor) {
  visitor(path, *this);
  for (const Entry& e : entries_)
    if (e.nameless) e.nameless->visit_modules_below(path, visitor);
  for (const Child& c : children_) c.module->visit_modules_below(path.empty() || c.name.empty() ? path + c.name : path + "." + c.name, visitor);
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
std::vector<NamedTensor> Module::frozen() const { return of_kind(*this, Kind::frozen); }
std::vector<NamedTensor> Module::buffers() const { return of_kind(*this, Kind::buffer); }

int64_t Module::parameter_count() const {
  int64_t count = 0;
  visit([&](const std::string&, const Tensor& tensor, Kind kind) { count += kind == Kind::buffer ? 0 : tensor.numel(); });
  return count;
}

}  // namespace grim
