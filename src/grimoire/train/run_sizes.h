// Sizes of a run that are known before anything is made, and what follows from them.
#pragma once

#include <array>
#include <vector>

#include "grimoire/train/run_config.h"

namespace grim {

struct RunSizes {
  int64_t vocabulary = 0;  // 0: there is none
  int64_t parameters = 0;
  int64_t examples = 0;  // to train on; of windows over items about so many, since items differ in length
  double asked = 0;      // Task::weight of an example, where it is not one for each place of the context; 0: it is
  double tokens = 0;     // Task::tokens_in of an example, on average
  double weights = 0, buffers = 0, optimizer = 0, data = 0;  // bytes; gradients are as large as weights
  double frozen = 0;     // bytes of those of the weights that have none
  double quantised = 0;  // bytes of matrices of few bits, which are not among the weights
  double read = 0;    // bytes, of the data as they were read
  double extent = 0;  // what `data` grows with: characters, items, or both; 0: not known
  // Evaluations, by Part: the examples that all of it is judged in, 0 where it is empty or another part holds the very same; and of a batch.
  std::array<double, kAllParts.size()> judged = {};
  int64_t judged_at_once = 1;
  bool judges_all = false;  // its evaluations have no largest number of batches; what they judge is counted as Judgement::weight is
};

double judged_batches(const RunSizes& sizes, Part part, int64_t most);
// The sizes that batches of evaluations have: full ones, and what is left at the end of each part.
std::vector<int64_t> judged_sizes(const RunSizes& sizes);

// Numbers that the optimiser keeps beside each weight.
int64_t kept_per_weight(const TrainerOptions& options);
// Places of an example that are predicted, each with all the work of the model.
int64_t places_of(const RunConfig& config);

int64_t whole_bytes(double bytes);  // far below the largest number: several can be added

}  // namespace grim
