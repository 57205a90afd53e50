// LoRA: a matrix that stays as it is, and a product of two thin ones that learns beside it.
//   Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1; Kalajdzievski 2023, "A Rank Stabilization Scaling Factor for
//   Fine-Tuning with LoRA" (s = alpha / sqrt(r))
#pragma once

#include "grimoire/base/rng.h"
#include "grimoire/nn/adapter.h"

namespace grim {

// y = act(x W + b + s (x A') B'): lora_A.weight (r, in) from U(-1 / sqrt(in), 1 / sqrt(in)), lora_B.weight (out, r) zeros, so that at first nothing changes.
// Of r (in + out) numbers learns what a matrix of in * out is wanted for: what is lacking is often of low rank.
class Lora : public Adapter {
 public:
  Lora(std::unique_ptr<Product> base, int64_t rank, double scale, Rng& rng);  // throws: argument, rank < 1

  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override;
  Tensor dense() const override;  // W + s A' B', made anew
  Tensor without(const Tensor& dense) const override;
  bool changes_nothing() const override;
  void drop(double p, const std::optional<DropoutKey>& key) override;

  int64_t rank() const { return a_.dim(0); }
  double scale() const { return scale_; }
  const Tensor& a() const { return a_; }
  const Tensor& b() const { return b_; }

 protected:
  Tensor learned(const Tensor& x) const;  // s (x A') B'
  Tensor update() const;                  // s A' B' (in, out)

 private:
  double scale_, dropout_ = 0;
  std::optional<DropoutKey> key_;
  Tensor a_, b_;
};

}  // namespace grim
