// Which row of a text is it? A softmax over the rows of each of several texts that lie one behind the other.
#pragma once

#include <span>

#include "grimoire/tensor/tensor.h"

namespace grim {

// 0-d: the mean over texts b and columns c of -ln softmax(logits of text b in column c)[targets[b C + c]]. logits (N, C) f32, f64; text b is the rows
// offsets[b] up to offsets[b + 1]; targets count from its first row. throws: shape, other numbers of rows or targets; argument, a target outside its text
Tensor cross_entropy_within(const Tensor& logits, std::span<const int64_t> offsets, std::span<const int64_t> targets);

}  // namespace grim
