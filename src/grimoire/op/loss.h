// Losses: what they compute, in PyTorch's conventions. Results are 0-d unless reduction is none. f32 and f64.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

enum class Reduction : uint8_t { mean, sum, none };

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
