// bf16 numbers in bulk. bf16 is how numbers are stored: what is computed of them is computed in f32, block by block in the first caches.
#pragma once

#include <cstdint>

#include "grimoire/base/dtype.h"

namespace grim::device {

void widen(const Bf16* from, int64_t n, float* to);   // exact
void narrow(const float* from, int64_t n, Bf16* to);  // to nearest even, as Bf16(float)
// to[c * to_step + r] = from[r * step + c] for all rows and columns.
void transpose(const Bf16* from, int64_t rows, int64_t columns, int64_t step, Bf16* to, int64_t to_step);

}  // namespace grim::device
