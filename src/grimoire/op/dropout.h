#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// Names the random numbers of one dropout: the same key gives the same mask, so a backward makes it again instead of storing it.
struct DropoutKey {
  uint64_t seed = 0;
  uint32_t stream = 0, step = 0;
};

// Each element is zero with probability p, else divided by 1 - p (Srivastava et al. 2014). p is rounded to 1/65536. 0 <= p < 1.
Tensor dropout(const Tensor& x, double p, const DropoutKey& key);
// residual + dropout(x, p): one sweep. The same shape and dtype; p may be 0.
Tensor dropout_add(const Tensor& x, const Tensor& residual, double p, const DropoutKey& key);

}  // namespace grim
