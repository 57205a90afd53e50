// Convolution over texts of unequal lengths that stand one behind the other: around each row the rows of a window, those outside of its text being 0, side
// by side, so that a Linear over them is the convolution. Nothing is padded but the ends, as each text alone would have them.
#pragma once

#include <cstdint>
#include <span>

#include "grimoire/tensor/tensor.h"

namespace grim {

enum class WindowPlace : uint8_t {
  around,  // (K - 1) / 2 rows before it and the rest behind: K odd
  before,  // the row is the last of its window: causal
};

// x (N, C) of the texts that `offsets` parts -> (N, K C): place k of the window holds columns k C up to (k + 1) C. throws: argument, an even K around; shape
Tensor packed_windows(const Tensor& x, std::span<const int64_t> offsets, int64_t K, WindowPlace place);

}  // namespace grim
