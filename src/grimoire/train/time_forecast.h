// How long the parts of a run take, from a few of them that are made.
#pragma once

#include "grimoire/train/run_sizes.h"

namespace grim {

struct TimeForecast {
  double step = 0, judged_batch = 0;  // seconds: an optimiser step; a full batch of an evaluation
};

// The shape as it is where a step of a few examples is quick, else one of less work. `config` is resolved. throws: input, usage
TimeForecast forecast_time(const RunConfig& config, const TaskSource& source, const RunSizes& sizes);

}  // namespace grim
