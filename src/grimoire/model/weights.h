// The weights of any Module in one file, under the names of its tree: written as safetensors, read from whatever io/tensor_file.h reads.
#pragma once

#include <string>
#include <vector>

#include "grimoire/nn/module.h"

namespace grim {

// Parameters and buffers; replaces the file atomically. throws: resource, it cannot be written.
void save(const Module& module, const std::string& path);
// Copies into the module's own tensors, so that optimisers go on seeing them. throws: input, the file is malformed, or a tensor is
// missing, left over, of another shape, or holds numbers that are not finite; then nothing has changed; as Faults, all of them.
void load(const Module& module, const std::string& path);

// The second half of load, for tensors that are in memory already; `source` names them in errors.
void assign(const Module& module, const std::vector<NamedTensor>& tensors, const std::string& source);

// Where a file repeats the embedding `table` as the output layer `head`, which the model has as one: that it is the same.
// throws: input, another matrix
void check_tied(const std::vector<NamedTensor>& tensors, std::string_view head, std::string_view table, const std::string& source);

}  // namespace grim
