// Fine-tuning an encoder to tag the words of sentences: parts of speech, named entities.
//   Devlin et al. 2019, "BERT", section 5.3: the first piece of each word is classified, and only it counts in the loss
#pragma once

#include "grimoire/train/task_source.h"

namespace grim {

TaskDefaults tag_task_settings();

}  // namespace grim
