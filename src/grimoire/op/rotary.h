// Rotary position embedding (Su et al. 2021, "RoFormer", section 3.4.2): pairs of a head's numbers are turned by an angle that grows with the
// position, so that the product of a query and a key knows how far they are apart and nothing else of where they stand:
//   y_i = x_i cos a - x_j sin a,   y_j = x_j cos a + x_i sin a,   j = i + R / 2,   i = 0 .. R / 2 - 1
// The pairs are those of GPT-NeoX, whose halves lie side by side, and not the paper's neighbours; only the order of a head's numbers differs.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// x (B, H, T, D), any strides; cos and sin (T, R / 2), or (B, T, R / 2) where each text has its own, of x's dtype, R <= D: numbers from R on stay as they
// are. Gives (B, H, T, D), laid out as (B, T, H, D). f32 and f64.
Tensor rotary(const Tensor& x, const Tensor& cos, const Tensor& sin);

}  // namespace grim
