// What the end of a run finds out about its model, and logs.
#pragma once

#include "grimoire/base/json.h"
#include "grimoire/train/events.h"
#include "grimoire/train/task.h"

namespace grim {

// The losses of all parts and of the baseline; NaN where there is no part, and from a stop on. Of the train part at most `train_batches` (0: as
// Task::judge).
void judge_parts(const Task& task, int64_t train_batches, const StopAsked& stop, RunResult& result);

Json end_event(const RunResult& result);  // the last line of metrics.jsonl

}  // namespace grim
