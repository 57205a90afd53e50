// Fine-tuning an encoder to mark the answer to a question in a text, or to say that it has none: extractive question answering.
//   Devlin et al. 2019, "BERT", sections 4.2 (SQuAD 1.1) and 4.3 (2.0)
#pragma once

#include "grimoire/train/task_source.h"

namespace grim {

TaskDefaults qa_task_settings();

}  // namespace grim
