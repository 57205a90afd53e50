// A matrix as few bits would hold it, while it is still trained: what quantisation-aware training computes with.
//   Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", section 3
//   Ma et al. 2024, "The Era of 1-bit LLMs: All Large Language Models are in 1.58 Bits", section 2 (ternary)
//   Rastegari et al. 2016, "XNOR-Net", section 3.1 (binary)
#pragma once

#include <cstdint>

#include "grimoire/tensor/tensor.h"

namespace grim {

enum class FakeBits : uint8_t { int8, int4, ternary, binary };

// w (out, in), each number rounded to the nearest q d:
//   int8     q of -127 .. 127, d = max |w| / 127 of each 32 numbers of a row: ggml's Q8_0
//   int4     q of -8 .. 7, d = -1 / 8 of the number of 32 that is farthest from 0: Q4_0
//   ternary  q of -1, 0, 1, d = mean |w| of the matrix
//   binary   q of -1 and 1, d = mean |w| of each row
// d is an f16, as files hold it, so that they can hold what comes out to the bit.
// Gradient, the straight-through estimator (Bengio, Leonard and Courville 2013): dw = dy where rounding reaches w, within half a step of the outermost q
// (for binary: |w| <= 2 d), and 0 beyond, where w was clipped. d counts as a constant.
// throws: shape, no matrix, or rows that are no multiple of 32 where blocks are that long; dtype
Tensor fake_quantise(const Tensor& w, FakeBits bits);
bool fits_fake_blocks(FakeBits bits, int64_t in);  // rows of so many numbers

}  // namespace grim
