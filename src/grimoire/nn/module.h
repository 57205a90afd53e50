// Module: a tree of layers whose parameters and buffers have names. The tree is written once, in the constructors:
//
//   struct Mlp : Module {
//     Mlp(int64_t C, Rng& rng) : fc("fc", *this, C, 4 * C, rng), proj("proj", *this, 4 * C, C, rng) {}
//
// One walk over it serves the optimiser, checkpoints, counting, and later adapters and data parallel. Modules stay where they
// were built: they are neither copied nor moved.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grimoire/op/dropout.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

class DecodeCache;

// What a forward pass needs to know besides its input: training or not, whose random numbers, and what was read before.
struct Pass {
  bool training = false;
  uint64_t seed = 0;
  uint32_t step = 0;
  uint32_t dropouts = 0;  // counts the dropouts of this pass, so that each has its own stream
  DecodeCache* cache = nullptr;  // the input goes on behind what it holds, and is added to it; for models that take one
  bool recompute = false;  // what layers compute is not kept, but computed again in the backward pass; for models that can: nn/recompute.h

  static Pass evaluation() { return {}; }
  static Pass train(uint64_t seed, uint32_t step) { return {true, seed, step}; }
  static Pass decode(DecodeCache& cache) { return {.cache = &cache}; }
  DropoutKey next_key() { return {seed, 0x64726f70u + dropouts++, step}; }
};

class Module {
 public:
  Module() = default;                               // the root
  enum class TensorNames : uint8_t { below, in_parent };  // "parent.child.weight", or "parent.weight" among the parent's own
  Module(const std::string& name, Module& parent, TensorNames names = TensorNames::below);  // a child; with an empty name, its own stand in its place
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  enum class Kind { parameter, frozen, buffer };  // what training changes; what it could change and leaves; neither
  using Visitor = std::function<void(const std::string& name, const Tensor& tensor, Kind kind)>;
  // In registration order, parents before children; names are dotted paths: "h.0.attn.c_attn.weight". A child without a name stands among its
  // parent's own tensors.
  void visit(const Visitor& visitor) const { visit_below("", visitor); }

  // Every module of the tree with its dotted path, this one ("") first; one without a name has its parent's.
  using ModuleVisitor = std::function<void(const std::string& name, Module& module)>;
  void visit_modules(const ModuleVisitor& visitor) { visit_modules_below("", visitor); }

  std::vector<NamedTensor> parameters() const;  // that training changes
  std::vector<NamedTensor> frozen() const;
  std::vector<NamedTensor> buffers() const;
  int64_t parameter_count() const;  // numbers in both of the first two

  // The parameters there are that `which` names take no gradient from now on; the others do.
  void freeze(const std::function<bool(const std::string& name)>& which) { freeze_below("", which); }

 protected:
  // Registers a tensor and returns it; a parameter is what training changes.
  Tensor parameter(const std::string& name, const Tensor& initial);
  Tensor buffer(const std::string& name, const Tensor& initial);
  void forget(const std::string& name);  // one of its own tensors
  // A root that becomes a child without a name, and such a child that becomes a root again.
  void adopt(Module& child);
  void release(Module& child);

 private:
  void visit_below(const std::string& prefix, const Visitor& visitor) const;
  void freeze_below(const std::string& prefix, const std::function<bool(const std::string&)>& which);
  void visit_modules_below(const std::string& path, const ModuleVisitor& visitor);
  struct Entry {
    std::string name;
    Tensor tensor;
    Kind kind;
    Module* nameless = nullptr;  // a child in this place instead
  };
  struct Child {
    std::string name;
    Module* module;
  };
  Module* registry_ = this;  // whose entries hold this one's tensors
  std::vector<Entry> entries_;
  std::vector<Child> children_;  // with names
};

}  // namespace grim
