// Translation and its like: an encoder-decoder of any kind learns to write the target of each pair from its source. Every pair is read as it is, packed beside
// the others of its batch and never padded, so that no text's loss depends on what stands beside it.
#pragma once

#include "grimoire/train/task_source.h"

namespace grim {

TaskDefaults seq2seq_task_settings();  // and of translations
TaskDefaults summarize_task_settings();

}  // namespace grim
