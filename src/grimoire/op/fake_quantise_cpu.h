#pragma once

#include "grimoire/op/fake_quantise.h"

namespace grim::cpu {

// w, y, inside: (out, in), f32, dense; `inside` may be undefined.
void fake_quantise(FakeBits bits, const Tensor& w, const Tensor& y, const Tensor& inside);

}  // namespace grim::cpu
