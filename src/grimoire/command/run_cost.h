// What a run would cost, foretold and told: --dry-run.
#pragma once

#include "grimoire/command/command.h"
#include "grimoire/train/run_config.h"

namespace grim {

// Of one run, of which there would be so many, one after another. Gives the exit code. throws: input, usage
int show_cost(Console& console, RunConfig config, const TaskSource& source, int64_t runs = 1);

}  // namespace grim
