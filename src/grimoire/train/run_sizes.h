// Sizes of a language model's run that follow from its configuration and its data alone. Configurations are resolved.
#pragma once

#include "grimoire/data/corpus.h"
#include "grimoire/train/run_config.h"

namespace grim {

struct RunSizes {
  int64_t vocabulary = 0, parameters = 0;
  int64_t examples = 0;  // to train on; of windows over items about so many, since items differ in length
  double weights = 0, buffers = 0, optimizer = 0, data = 0;  // bytes; gradients are as large as weights
};
RunSizes sizes_of(const RunConfig& config, const Corpus& corpus);  // throws: input, a text that is too short to train on
// The numbers of all symbols, which are gone when the examples stand; the report makes the examples anew beside all that the run has left.
int64_t bytes_while_read(const Corpus& corpus);

// Numbers that the optimiser keeps beside each weight.
int64_t kept_per_weight(const TrainerOptions& options);
// Places of an example that are predicted, each with all the work of the model.
int64_t places_of(const RunConfig& config);
// What the examples' bytes grow with: characters, items, or both.
double extent_of(const Corpus& corpus, const RunConfig& config);

// Examples in one batch of an evaluation, and the batches of each part.
int64_t judged_at_once(const RunConfig& config);
double judged_batches(const RunConfig& config, const Corpus& corpus, double percent, int64_t most = kMostJudgements);
// The sizes that batches of evaluations have: full ones, and what is left at the end of each part.
std::vector<int64_t> judged_sizes(const RunConfig& config, const Corpus& corpus);

// Enough characters for the parts of a split, and for a batch of an evaluation.
double fewest_symbols(const RunConfig& config);
// About so many characters of the data, evenly from all of it, and enough items for a split; they are cut at `longest`, where that is not negative.
Corpus sample_of(const Corpus& corpus, double symbols, int64_t longest = -1);

int64_t whole_bytes(double bytes);  // far below the largest number: several can be added

}  // namespace grim
