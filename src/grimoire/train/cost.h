// What a run would cost, without making it.
#pragma once

#include "grimoire/train/run_config.h"

namespace grim {

struct RunCost {
  int64_t parameters = 0, tokens_per_step = 0, examples = 0, vocab_size = 0;
  int64_t weight_bytes = 0, gradient_bytes = 0, optimizer_bytes = 0, activation_bytes = 0, data_bytes = 0, checkpoint_bytes = 0;
  int64_t report_bytes = 0;   // beyond that, for the weights before the step that the report looks at
  int64_t program_bytes = 0;  // the program itself and the text it read
  int64_t total_bytes() const { return weight_bytes + gradient_bytes + optimizer_bytes + activation_bytes + data_bytes + report_bytes + program_bytes; }
  int64_t steps = 0;  // one, a look at every example, of a model that counts
  double seconds_per_step = 0;
  int64_t evaluations = 0;
  double seconds_per_evaluation = 0, seconds_at_end = 0;  // the end judges the best weights on every part, and makes the report
  double total_seconds() const {
    return seconds_per_step * static_cast<double>(steps) + seconds_per_evaluation * static_cast<double>(evaluations) + seconds_at_end;
  }
};
// throws: input, usage
RunCost predict_cost(RunConfig config);
RunCost predict_cost(RunConfig config, const TaskSource& source);

}  // namespace grim
