// A model that knows what it is: its config.json builds the same shape again, its checkpoint carries its weights.
#pragma once

#include <memory>

#include "grimoire/base/json.h"
#include "grimoire/nn/module.h"

namespace grim {

class Pretrained : public Module {
 public:
  using Module::Module;
  // config.json: holds model_type and everything build_model (model/register.h) needs.
  virtual Json config() const = 0;
  // Tensors under the names and layouts that they have in model.safetensors, and back. `source` names the file in errors.
  // throws: input, a tensor that is missing, left over, of another shape, or with numbers that are NaN or infinite.
  virtual std::vector<NamedTensor> checkpoint() const;
  virtual void load(const std::vector<NamedTensor>& tensors, const std::string& source = "weights");
};

// Takes the model out of `model` when it can do that (CausalLm, TextEncoder, ...); else gives null and leaves it there.
template <class Capability> std::unique_ptr<Capability> capability_in(std::unique_ptr<Pretrained>& model) {
  std::unique_ptr<Capability> able(dynamic_cast<Capability*>(model.get()));
  if (able) model.release();
  return able;
}

}  // namespace grim
