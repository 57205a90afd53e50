#pragma once

#include "grimoire/op/quantised.h"

namespace grim::cpu {

// Into w.panels: w (out, in) f32, dense; and ggml's blocks, u8.
void encode(const Tensor& dense, const QuantisedMatrix& w);
void lay(const Tensor& blocks, const QuantisedMatrix& w);
void unpack(const QuantisedMatrix& w, const Tensor& y);                           // y (in, out), f32 or bf16
void unpack_rows(const QuantisedMatrix& w, const Tensor& ids, const Tensor& y);  // y (n, in) f32: row ids[i] of W'

}  // namespace grim::cpu
