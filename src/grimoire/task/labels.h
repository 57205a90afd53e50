// Fine-tuning an encoder to label texts or pairs of texts: classes of which one is right, classes of which several may be, or a number.
//   Devlin et al. 2019, "BERT", section 4.1
#pragma once

#include "grimoire/train/task_source.h"

namespace grim {

TaskDefaults classify_task_settings();    // one class a text, or a pair
TaskDefaults pair_task_settings();        // the same, of pairs alone
TaskDefaults multilabel_task_settings();  // several
TaskDefaults regress_task_settings();     // a number

}  // namespace grim
