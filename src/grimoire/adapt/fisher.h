// How much a model's loss on a text hangs on each of its numbers: the diagonal of the empirical Fisher information.
//   Fisher 1922; Matena and Raffel 2022, "Merging Models with Fisher-Weighted Averaging", section 3.2
#pragma once

#include <string>

#include "grimoire/adapt/text_loss.h"
#include "grimoire/io/tensor_file.h"

namespace grim {

// F = mean over `rows` rows of the text of (d loss / d w)^2, each row's loss by itself, under the names of the model's parameters: f32, as they lie in
// memory. The rows are drawn from `rng`.
TensorMap fisher_information(CausalLm& model, const TextLoss& text, int64_t rows, Rng& rng);

}  // namespace grim
