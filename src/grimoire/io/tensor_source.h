// A tensor that is to be written. What a header says of it is known first; its numbers are asked for when their turn comes and let go again, so that a
// model is written with one tensor in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

struct TensorSource {
  std::string name;
  Shape shape;
  Dtype dtype;
  std::function<Tensor()> read;  // of that shape and dtype, of any strides
  std::string place = {};        // sources of equal places are one tensor under several names; empty: it shares none

  static TensorSource of(std::string name, const Tensor& x);  // throws: argument, an undefined tensor
  TensorSource named(std::string other) const { return {std::move(other), shape, dtype, read, place}; }
  // Other elements of the same shape and dtype, made of these.
  TensorSource changed(std::function<Tensor(const Tensor&)> change) const {
    return {name, shape, dtype, [read = read, change = std::move(change)] { return change(read()); }};
  }
};

std::vector<TensorSource> sources_of(const std::vector<NamedTensor>& tensors);

}  // namespace grim
