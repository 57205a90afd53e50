// Losses: what they compute, in PyTorch's conventions. Results are 0-d unless reduction is none. f32 and f64.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

enum class Reduction : uint8_t { mean, sum, none };

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

enum class HeadLayout : uint8_t {
  vocabulary_rows,     // weight (V, C): tied embeddings, nn.Linear
  vocabulary_columns,  // weight (C, V)
};
// cross_entropy(x W, targets) for x (N, C) without ever holding (N, V): logits of a few hundred rows at a time, turned
// into their gradient in place, which goes straight into the gradients of x and W. reduction is mean or sum.
Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, HeadLayout layout, const Tensor& targets,
                            const CrossEntropyOptions& options = {});

// -(t log p + (1 - t) log(1 - p)); logarithms are kept above -100, as in PyTorch. Targets 0..1.
Tensor binary_cross_entropy(const Tensor& probabilities, const Tensor& targets, Reduction reduction = Reduction::mean);
Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& targets,
                                        Reduction reduction = Reduction::mean);

Tensor mse_loss(const Tensor& x, const Tensor& target, Reduction reduction = Reduction::mean);
Tensor l1_loss(const Tensor& x, const Tensor& target, Reduction reduction = Reduction::mean);

// sum target (log target - input), input being log-probabilities; 0 where target is 0.
enum class KlReduction : uint8_t { batchmean, sum, mean, none };  // batchmean: sum / x.dim(0), the mathematical one
Tensor kl_div(const Tensor& input, const Tensor& target, KlReduction reduction = KlReduction::batchmean);

}  // namespace grim
