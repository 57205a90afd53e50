// Checkpoints of PyTorch since 1.6 (.pt, .bin): a zip archive of stored members, FOLDER/data.pkl that says what is held (pickle.h) and
// FOLDER/data/KEY, the storages. Tensors may be views of a storage, and may share one.
#pragma once

#include "grimoire/io/tensor_file.h"

namespace grim {

class TorchFile : public TensorFile {
 public:
  TorchFile(const std::string& path, std::unique_ptr<InFile> file);  // throws: input
};

}  // namespace grim
