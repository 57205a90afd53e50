// The weights of any Module in one safetensors file, under the names of its tree.
#pragma once

#include <string>
#include <vector>

#include "grimoire/nn/module.h"

namespace grim {

// Parameters and buffers; replaces the file atomically. throws: resource, it cannot be written.
void save(const Module& module, const std::string& path);
// Copies into the module's own tensors, so that optimisers go on seeing them. throws: input, the file is malformed, or a tensor is
// missing, left over or of another shape.
void load(const Module& module, const std::string& path);

// The second half of load, for tensors that are in memory already.
void assign(const Module& module, const std::vector<NamedTensor>& tensors);

}  // namespace grim
