// A tensor that is to be written. What a header says of it is known first; its numbers are asked for when their turn comes and let go again, so that a
// model is written with one tensor in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grimoire/base/files.h"
#include "grimoire/io/stored_type.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

struct TensorSource {
  std::string name;
  Shape shape;
  Dtype dtype;
  std::function<Tensor()> read;  // of that shape and dtype, of any strides
  std::string place = {};        // sources of equal places are one tensor under several names; empty: it shares none
  const StoredType* stored = nullptr;       // in the file it comes from, where reading makes another type of it; nullptr: the dtype's own
  std::function<std::string()> bytes = {};  // the elements as that type has them, dense; null: they are not at hand

  static TensorSource of(std::string name, const Tensor& x);  // throws: argument, an undefined tensor
  const StoredType& type() const { return stored ? *stored : stored_type_of(dtype); }
  // Whether its elements can be written in that type to the bit: they are read as it, are at hand, or are rounded back to what they were.
  bool keeps_type() const { return !stored || bytes || (stored->encode && stored->block == 1); }
  TensorSource named(std::string other) const { return {std::move(other), shape, dtype, read, place, stored, bytes}; }
  // Other elements of the same shape and dtype, made of these.
  TensorSource changed(std::function<Tensor(const Tensor&)> change) const {
    return {name, shape, dtype, [read = read, change = std::move(change)] { return change(read()); }, "", stored};
  }
};

std::vector<TensorSource> sources_of(const std::vector<NamedTensor>& tensors);

// Its elements, dense: the bytes at hand, where they are of this type; those read, where their dtype is; else rounded to it from f32.
// throws: argument, a number that an f16, as element or as scale of a block, cannot hold
void write_stored(OutFile& out, const TensorSource& source, const StoredType& type);

}  // namespace grim
