// Cross-entropy of classes, in PyTorch's conventions. The result is 0-d unless reduction is none. f32 and f64.
#pragma once

#include "grimoire/op/loss.h"

namespace grim {

struct CrossEntropyOptions {
  int64_t ignore_index = -100;  // rows with this target count for nothing
  double label_smoothing = 0;   // the target becomes (1 - s) one_hot + s / V
  Reduction reduction = Reduction::mean;  // mean over the rows that count; NaN when none does
};
// -log softmax(logits)[target], fused. logits (..., V), targets (...) of i64 or i32.
// throws: argument, a target outside 0..V-1, naming row and value.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

// -x[target] for rows of log-probabilities.
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& targets, const CrossEntropyOptions& options = {});

}  // namespace grim
