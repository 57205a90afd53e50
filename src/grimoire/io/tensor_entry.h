// One tensor in a file, before it is read.
#pragma once

#include <string>

#include "grimoire/io/stored_type.h"

namespace grim {

struct TensorEntry {
  std::string name;
  const StoredType* type = nullptr;  // as stored; type->becomes is the dtype of what is read
  Shape shape;                       // row-major; () for a scalar; sizes may be 0
  uint64_t bytes = 0;                // in the file, of its elements
  uint64_t at = 0;                   // of the first element, from the start of its file
  size_t part = 0;                   // which of the files, where there are several
  Shape strides{};                   // in elements, where they are not row-major (views in PyTorch's files, llm.c's linear weights); else ()
};

}  // namespace grim
