// LoRA: a matrix that stays as it is, and a product of two thin ones that learns beside it.
//   Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1; Kalajdzievski 2023, "A Rank Stabilization Scaling Factor for
//   Fine-Tuning with LoRA" (s = alpha / sqrt(r))
#pragma once

#include <memory>

#include "grimoire/base/rng.h"
#include "grimoire/nn/product.h"

namespace grim {

// y = act(x W + b + s (x A') B'): lora_A.weight (r, in) from U(-1 / sqrt(in), 1 / sqrt(in)), lora_B.weight (out, r) zeros, so that at first nothing changes.
// Of r (in + out) numbers learns what a matrix of in * out is wanted for: what is lacking is often of low rank.
class Lora final : public Product {
 public:
  Lora(std::unique_ptr<Product> base, int64_t rank, double scale, Rng& rng);  // throws: argument, rank < 1

  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override;
  Tensor dense() const override;  // W + s A' B', made anew
  WeightLayout layout() const override { return base_->layout(); }

  int64_t rank() const { return a_.dim(0); }
  double scale() const { return scale_; }
  // What was there, with what was learned added to its numbers: to a copy of them where they are another layer's.
  static std::unique_ptr<Product> merged(std::unique_ptr<Lora> lora);

 private:
  std::unique_ptr<Product> base_;
  double scale_;
  Tensor a_, b_;
};

}  // namespace grim
