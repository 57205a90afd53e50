// ALiBi, attention with linear biases (Press, Smith and Lewis 2021, "Train Short, Test Long", section 3): a model without positions whose scores
// fall by a fixed slope with each place that a key stands before its query. What it costs is nothing learned, and texts may be longer than those
// of the training.
#pragma once

#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

// One slope a head. Of H = 2^n heads they are 2^(-8/H), 2^(-16/H), ..., 2^-8. Between, those of the next smaller power of two come first, and then
// each second one of the next larger (the authors' program).
std::vector<double> alibi_slopes(int64_t heads);

// (H, keys): AttentionOptions::distance_bias of causal attention over so many keys, with distance_zero = keys - 1.
Tensor alibi_bias(int64_t heads, int64_t keys, Dtype dtype = Dtype::f32);

}  // namespace grim
