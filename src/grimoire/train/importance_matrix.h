// How much each input of each of a language model's layers matters, measured on a text.
#pragma once

#include <span>

#include "grimoire/hub/importance_matrix.h"
#include "grimoire/model/causal_lm.h"

namespace grim {

// Over blocks of `context` tokens that lie end to end. The model's layers are looked at from then on. throws: argument, as evaluate_rolling
// (train/rolling.h); input, fewer than two tokens
ImportanceMatrix measure_importance(CausalLm& model, std::span<const int64_t> ids, int64_t context);

}  // namespace grim
