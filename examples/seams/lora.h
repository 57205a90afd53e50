// Lora: W + s A B with few numbers in A and B, W left as it is (Hu et al. 2021, "LoRA", section 4.1). A Product of this program's own, which
// the library has never heard of.
#pragma once

#include <grimoire/grimoire.h>

#include <memory>
#include <string>
#include <vector>

class Lora final : public grim::Product {
 public:
  Lora(std::unique_ptr<grim::Product> base, int64_t rank, double alpha, grim::Rng& rng);
  grim::Tensor apply(const grim::Tensor& x, const grim::Tensor& bias, grim::Activation activation) const override;
  grim::Tensor dense() const override;

 private:
  std::unique_ptr<grim::Product> base_;
  double scale_;
  grim::Tensor a_, b_;  // (in, rank), (rank, out)
};

// Puts one under every layer whose path ends like one of these, and gives the new parameters: what there is to train.
std::vector<grim::NamedTensor> add_lora(grim::Module& model, const std::vector<std::string>& ends, int64_t rank, double alpha, grim::Rng& rng);
