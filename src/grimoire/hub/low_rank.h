// Updates of low rank as numbers: what LoRA learned beside one matrix, several of them joined, and the nearest of a rank to any matrix.
#pragma once

#include <span>

#include "grimoire/base/rng.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

// s B A: a (r, in), b (out, r); s = scale.
struct LowRank {
  Tensor a, b;
  double scale = 1;
  int64_t rank() const { return a.dim(0); }
};

Tensor product_of(const LowRank& x);  // s B A (out, in), f64
double norm_of(const LowRank& x);     // of s B A, by Frobenius, without making it: s sqrt(tr((A A') (B' B)))

// The nearest to it of that rank, with scale 1 (Eckart and Young 1936): its largest singular values, b = U S, a = V'. A rank beyond its own is filled up
// with zeros. `kept`: the share of its squares that is left. throws: argument, rank < 1; numeric, numbers that are not finite
struct Nearest {
  LowRank update;
  double kept;
};
Nearest nearest_of_rank(const Tensor& matrix, int64_t rank);   // (out, in)
Nearest nearest_of_rank(const LowRank& matrix, int64_t rank);  // of s B A, by decompositions of its thin halves alone

// How tensors of one shape, each learned for another task, are joined into one; as peft's add_weighted_adapter does.
enum class Combination : uint8_t {
  sum,        // weighted
  ties,       // Yadav et al. 2023, "TIES-Merging": the largest of each, then of each place those of the sign that outweighs, weighted, over their number
  dare,       // Yu et al. 2023, "Language Models are Super Mario": each number is dropped at random and the rest scaled up, then the weighted sum
  dare_ties,  // dropped as dare, joined as ties
  prune,      // the largest of each, then the weighted sum
};
// `density`: the share of each that is left, 0 to 1. Draws are in the order of the tensors; f64.
Tensor combined(std::span<const Tensor> tensors, std::span<const double> weights, Combination how, double density, Rng& rng);

}  // namespace grim
