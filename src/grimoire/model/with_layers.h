// A model with some of its layers: what a student begins with.
//   Sanh et al. 2019, "DistilBERT", section 3: "initialize the student from the teacher by taking one layer out of two"
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grimoire/model/pretrained.h"

namespace grim {

// The same model, in tensors of its own, with these of its layers, counted from 0, in this order, and all else that it has: embeddings, heads.
// throws: argument, no layers, one that is not there or named twice; a model whose layers are not one run of equals
std::unique_ptr<Pretrained> with_layers(const Pretrained& model, std::span<const int64_t> layers);

// "0,2,4". throws: argument, no whole numbers with commas between them
std::vector<int64_t> layer_numbers(const std::string& words);

}  // namespace grim
