#include "grimoire/io/tensor_source.h"

#include "grimoire/base/error.h"

namespace grim {

TensorSource TensorSource::of(std::string name, const Tensor& x) {
  GRIM_CHECK(x.defined(), argument, "tensors", "tensor '{}' is undefined", name);
  const std::string place = x.numel() > 0 ? str("{} {} {} {}", reinterpret_cast<uintptr_t>(x.raw()), x.shape(), x.strides(), name_of(x.dtype())) : "";
  return {std::move(name), x.shape(), x.dtype(), [x] { return x; }, place};
}

std::vector<TensorSource> sources_of(const std::vector<NamedTensor>& tensors) {
  std::vector<TensorSource> sources;
  for (const NamedTensor& t : tensors) sources.push_back(TensorSource::of(t.name, t.tensor));
  return sources;
}

}  // namespace grim
