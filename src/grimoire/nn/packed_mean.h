// The mean over the tokens of each text, of texts of unequal lengths that stand one behind the other. What a text gives does not depend on those beside it.
//   Reimers and Gurevych 2019, "Sentence-BERT", section 3
#pragma once

#include <cstdint>
#include <span>

#include "grimoire/tensor/tensor.h"

namespace grim {

// x (N, C) of the texts that `offsets` parts -> (texts, C). throws: argument, a text without a row; shape
Tensor packed_mean(const Tensor& x, std::span<const int64_t> offsets);

}  // namespace grim
