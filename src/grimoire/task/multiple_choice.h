// Fine-tuning an encoder to tell which of several answers to a question is right.
//   Devlin et al. 2019, "BERT", section 4.4
#pragma once

#include "grimoire/train/task_source.h"

namespace grim {

TaskDefaults choice_task_settings();

}  // namespace grim
