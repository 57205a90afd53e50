// DoRA: LoRA that moves the direction of each column of a matrix, and beside it a number that is the column's length.
//   Liu et al. 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation", equation 5, and section 4.3 for the gradient
#pragma once

#include "grimoire/nn/lora.h"

namespace grim {

// y = act(x (m V / |V|) + b), V = W + s A' B' (in, out), |V| (out,) the lengths of its columns and m = lora_magnitude_vector (out,) what they are to be:
// |W| at first, so that nothing changes. |V| counts as a constant in the gradient, which saves most of what the paper's first form needs and costs no
// accuracy (section 4.3); so has peft it. Dropout falls on what goes into the thin product; what W makes of x is never dropped.
class Dora final : public Lora {
 public:
  Dora(std::unique_ptr<Product> base, int64_t rank, double scale, Rng& rng);  // throws: argument, rank < 1

  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override;
  Tensor dense() const override;
  Tensor without(const Tensor& dense) const override;  // throws: argument, always: |V| is not kept
  bool changes_nothing() const override;

 private:
  Tensor lengths(const Tensor& v) const;  // |V| (out,), without history
  Tensor magnitude_;
};

}  // namespace grim
