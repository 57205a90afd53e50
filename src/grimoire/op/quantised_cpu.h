#pragma once

#include "grimoire/op/quantised.h"

namespace grim::cpu {

// Into w.panels: w (out, in) f32, dense; and ggml's blocks, u8.
void encode(const Tensor& dense, const QuantisedMatrix& w);
void lay(const Tensor& blocks, const QuantisedMatrix& w);
// y (n, in) f32: row ids[i] of W; without ids (undefined) row i.
void unpack(const QuantisedMatrix& w, const Tensor& ids, const Tensor& y);

}  // namespace grim::cpu
