#include "grimoire/task/tasks.h"

#include "grimoire/task/distill.h"
#include "grimoire/task/infill.h"
#include "grimoire/task/labels.h"
#include "grimoire/task/mlm.h"
#include "grimoire/task/multiple_choice.h"
#include "grimoire/task/qa.h"
#include "grimoire/task/seq2seq.h"
#include "grimoire/task/spans.h"
#include "grimoire/task/tags.h"

namespace grim {

void add_tasks() {
  static const bool added = [] {
    add_task("choice", choice_task_settings());
    add_task("classify", classify_task_settings());
    add_task("distill", distill_task_settings());
    add_task("distill-mlm", distill_mlm_task_settings());
    add_task("infill", infill_task_settings());
    add_task("mlm", mlm_task_settings());
    add_task("multilabel", multilabel_task_settings());
    add_task("pair", pair_task_settings());
    add_task("qa", qa_task_settings());
    add_task("regress", regress_task_settings());
    add_task("seq2seq", seq2seq_task_settings());
    add_task("spans", spans_task_settings());
    add_task("summarize", summarize_task_settings());
    add_task("translate", seq2seq_task_settings());
    add_task("tag", tag_task_settings());
    return true;
  }();
  static_cast<void>(added);
}

}  // namespace grim
