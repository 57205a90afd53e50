// Sparse upcycling: a dense language model becomes a mixture of experts.
//   Komatsuzaki et al. 2022, "Sparse Upcycling: Training Mixture-of-Experts from Dense Checkpoints" (arXiv 2212.05055), section 3
// Every expert begins as the model's own feed-forward, the routers with N(0, 0.02^2). Where the weights of the chosen add up to 1 the mixture computes what
// the model did, whatever the routers say; trained on, experts part, since each sees other tokens.
#pragma once

#include <memory>

#include "grimoire/model/pretrained.h"
#include "grimoire/nn/experts.h"

namespace grim {

// A new model in the family's own form of experts. `dense` stays as it is. throws: argument, a family without experts, one that has some already, choices
// that do not go together, or weights that do not add up to 1 (RouterWeights::all), with which it would not compute the same
std::unique_ptr<Pretrained> upcycled(Pretrained& dense, const ExpertOptions& options, uint64_t seed);

}  // namespace grim
