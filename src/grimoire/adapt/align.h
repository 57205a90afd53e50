// Brings the units of one model into the order of another's, so that the two can be averaged.
//   Ainsworth, Hayase and Srinivasa 2023, "Git Re-Basin: Merging Models modulo Permutation Symmetries": its three ways
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "grimoire/adapt/unit_groups.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

class CausalLm;

enum class AlignBy : uint8_t {
  weights,      // section 3.2: the products of weights at the same places, summed, are to be largest; group by group until none changes
  activations,  // section 3.1: units that answer alike, by their correlation over a text
  midpoint,     // section 3.3: the loss half way between the models is to be least, by the straight-through estimator
};
struct AlignOptions {
  AlignBy by = AlignBy::weights;
  uint64_t seed = 1337;
  int64_t sweeps = 50;         // over all groups, at most
  int64_t steps = 60;          // of midpoint
  double rate = 2e-3;          // of its Adam
};
// Batches of tokens (B, T) and what follows them, for activations and midpoint; call after call the next.
using AlignBatches = std::function<std::pair<Tensor, Tensor>()>;

struct Aligned {
  struct Moved {
    std::string group;
    int64_t units = 0, moved = 0;  // heads count as units
  };
  std::vector<Moved> groups = {};
  double before = 0, after = 0;  // cosine of the two models' weights
  int64_t sweeps = 0;
  std::vector<std::string> notes = {};
};
// Reorders `model` in place; it computes what it did. Both are of one shape. throws: input, models of different shapes, or as unit_groups; argument, batches
// are needed
Aligned align_units(const Pretrained& to, Pretrained& model, const AlignOptions& options = {}, const AlignBatches& batches = {});

double cosine_of_weights(const ModelTensors& a, const ModelTensors& b);
void check_same_shape(const ModelTensors& a, const ModelTensors& b);  // throws: input

}  // namespace grim
