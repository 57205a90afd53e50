// The tasks that come with the library beside language modelling. A new one adds its line to tasks.cpp.
#pragma once

namespace grim {

void add_tasks();  // to the register of tasks (train/task_source.h); once more does nothing

}  // namespace grim
