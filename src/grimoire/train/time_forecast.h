// How long the parts of a run take, from a few of them that are made.
#pragma once

#include "grimoire/train/run_config.h"

namespace grim {

struct TimeForecast {
  double step = 0, judged = 0;  // seconds: an optimiser step; an example in an evaluation
};

// The shape as it is where a step of a few examples is quick, else one of less work. `config` is resolved. throws: input, usage
TimeForecast forecast_time(const RunConfig& config, const TaskSource& source);

}  // namespace grim
