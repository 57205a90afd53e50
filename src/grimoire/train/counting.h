// Training of a model that counts (model/causal_lm.h, CountingLm): one pass over the examples is all of it.
#pragma once

#include "grimoire/train/events.h"
#include "grimoire/train/task.h"

namespace grim {

int64_t counts_of(const Module& model);  // numbers it keeps
// `run`: as in save_model (train/task.h).
RunResult count_run(Task& task, const Json& run, RunEvents& events, const std::string& folder);

}  // namespace grim
