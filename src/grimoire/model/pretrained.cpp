#include "grimoire/model/pretrained.h"

#include "grimoire/model/weights.h"

namespace grim {

std::vector<NamedTensor> Pretrained::checkpoint() const {
  std::vector<NamedTensor> tensors;
  visit([&](const std::string& name, const Tensor& tensor, Kind) { tensors.push_back({name, tensor}); });
  return tensors;
}

void Pretrained::load(const std::vector<NamedTensor>& tensors, const std::string& source) { assign(*this, tensors, source); }

}  // namespace grim
