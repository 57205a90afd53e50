// Sizes of a language model's run that follow from its configuration and its text alone. Configurations are resolved.
#pragma once

#include "grimoire/train/run_sizes.h"

namespace grim {

// throws: input, a text that is too short to train on
RunSizes sizes_of(const RunConfig& config, const Corpus& corpus, int64_t vocabulary, double characters_a_symbol = 1);
// Of all of it, evenly, about so many times the fewest symbols, and enough items, for the parts of the split and a batch of an evaluation.
Corpus sample_of(const Corpus& corpus, const RunConfig& config, int times, double characters_a_symbol = 1);

}  // namespace grim
