// (IA)^3: numbers that learn to make what flows through a layer larger or smaller, one for each of its outputs or inputs.
//   Liu et al. 2022, "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning", section 3.3
#pragma once

#include "grimoire/nn/adapter.h"

namespace grim {

enum class Ia3Side : uint8_t {
  output,  // act(l (x W + b)), ia3_l (out, 1): the paper's keys and values
  input,   // act((l x) W + b), ia3_l (1, in): what is between the two layers of a feed-forward part, at the second
};

// ia3_l begins as ones, so that at first nothing changes.
class Ia3 final : public Adapter {
 public:
  Ia3(std::unique_ptr<Product> base, Ia3Side side);

  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override;
  Tensor dense() const override;
  Tensor bias(const Tensor& own) const override;
  Tensor without(const Tensor& dense) const override;  // throws: argument, a number is 0: what it took away is nowhere
  Tensor bias_without(const Tensor& bias) const override;
  bool changes_nothing() const override;

  Ia3Side side() const { return side_; }
  const Tensor& gains() const { return gains_; }

 private:
  Tensor flat() const;        // (out,) or (in,)
  Tensor over_dense() const;  // (1, out) or (in, 1)
  Ia3Side side_;
  Tensor gains_;
};

}  // namespace grim
