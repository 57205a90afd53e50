// Small runs that are made to foretell what a large one costs.
#pragma once

#include <memory>

#include "grimoire/train/lm_source.h"

namespace grim {

// One batch of an evaluation, of any n examples.
void judge_batch(const Task& task, int64_t n);

// About so many characters of the corpus, in its numbering; its items fit into `config`.
std::unique_ptr<LmSource> sample_source(const Corpus& corpus, const RunConfig& config, double symbols);

}  // namespace grim
