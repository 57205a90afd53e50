#pragma once

#include "grimoire/data/corpus.h"
#include "grimoire/train/run.h"

namespace grim {

// Bytes that a run needs whatever else it does: weights, gradients, optimiser state and examples, from sizes alone. `config` is
// resolved. throws: input, usage
int64_t least_memory(const RunConfig& config, const Corpus& corpus);

}  // namespace grim
