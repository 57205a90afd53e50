// The pickle inside a checkpoint of PyTorch, read by a machine that has no callable table: it knows the shapes of what torch.save writes for
// tensors in dictionaries, lists and tuples, and the names that stand for them are words to it, never functions. Whatever else a pickle could ask for is
// refused with the opcode and its place. Format: Python's pickletools, protocol 2; torch/_utils.py for the rebuilding of tensors.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/io/stored_type.h"

namespace grim {

struct PickledTensor {
  std::string name;                // path of dictionary keys and list positions, joined by '.'
  const StoredType* type;
  std::string storage;             // the member data/STORAGE of the archive
  uint64_t storage_bytes = 0;      // that it must have
  uint64_t offset = 0;             // of the first element in the storage, in elements
  Shape shape, strides;            // in elements; every element lies within the storage
};

struct Pickled {
  std::vector<PickledTensor> tensors;
  std::map<std::string, std::string> values;  // numbers, texts and booleans among them, under their paths
};

// throws: input, "FILE: pickle: byte 38: opcode GLOBAL: 'os system' ..."
Pickled parse_torch_pickle(std::string_view bytes, std::string_view file);

}  // namespace grim
