// How recurrent decoders go on from a DecodeCache: of each token it keeps the state behind it, h as a value and c, where there is one, as its key, so that
// tokens can be taken back and texts change places as with attention.
#pragma once

#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/nn/decode_cache.h"
#include "grimoire/nn/recurrent.h"

namespace grim {

// The states of all layers behind the last token; `first` where none was read.
std::vector<RecurrentState> states_in(const DecodeCache& cache, Cell cell, const std::vector<RecurrentState>& first);
// `states`: of each new token, those of all layers.
void keep_states(DecodeCache& cache, const std::vector<std::vector<RecurrentState>>& states);
// x (B, T, in), the new tokens of each text -> (B, T, hidden). Without a gradient.
Tensor run_on(const RecurrentStack& stack, const Tensor& x, DecodeCache& cache, const std::vector<RecurrentState>& first);

// The cell as a setting, and as the key "cell" of config.json.
const char* name_of(Cell cell);
Option cell_option(Cell* target);
Cell cell_in(const Json& config);  // throws: input

}  // namespace grim
