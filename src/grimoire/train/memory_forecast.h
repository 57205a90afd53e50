// What the memory pool takes for a run, without allocating anything of its size.
#pragma once

#include "grimoire/train/run_sizes.h"

namespace grim {

struct MemoryForecast {
  double trained = 0, total = 0;  // bytes: until the last weights are saved and judged; with the report
};

// A few small runs are made from the first step to the report. `config` is resolved. throws: input, usage
MemoryForecast forecast_memory(const RunConfig& config, const TaskSource& source, const RunSizes& sizes);

}  // namespace grim
