// The head of a language model and its loss in one op. f32 and f64.
#pragma once

#include "grimoire/op/cross_entropy.h"

namespace grim {

enum class HeadLayout : uint8_t {
  vocabulary_rows,     // weight (V, C): tied embeddings, nn.Linear
  vocabulary_columns,  // weight (C, V)
};
// cross_entropy(x W, targets) for x (N, C) without ever holding (N, V): logits of a few hundred rows at a time, turned
// into their gradient in place, which goes straight into the gradients of x and W. reduction is mean or sum.
// A bf16 weight may meet f32 x where it gets no gradient.
Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, HeadLayout layout, const Tensor& targets,
                            const CrossEntropyOptions& options = {});

}  // namespace grim
