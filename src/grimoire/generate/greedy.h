// The likeliest token each time, for texts of many sources at once.
#pragma once

#include <cstdint>
#include <vector>

#include "grimoire/model/seq2seq.h"

namespace grim {

// What the model writes from each source, its start left out, until `end`, which is kept, or `most` tokens of each are written. Tokens from `symbols` on are
// never taken: rows of a table that is longer than its tokenizer's vocabulary stand for nothing.
std::vector<std::vector<int64_t>> write_greedily(const Seq2Seq& model, const TokenBatch& sources, int64_t end, int64_t most, int64_t symbols = INT64_MAX);

}  // namespace grim
