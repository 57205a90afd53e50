#pragma once

#include "grimoire/op/dropout.h"

namespace grim::cpu {

// y = x with each element dropped with probability p, plus residual where it is defined; dense, of one float dtype. p may be 0 beside a residual.
void dropout(const Tensor& x, const Tensor& residual, double p, const DropoutKey& key, const Tensor& y);

// Does the element survive? The definition that the vector kernels repeat. Elements go in blocks of 128: element i of block s
// takes half (i / 16) % 2 of word i / 32 of Philox block 16 s + i % 16.
bool dropout_keeps(const DropoutKey& key, uint64_t element, uint32_t threshold);
uint32_t dropout_threshold(double p);  // of 65536
// row[i] *= multiplier of element first + i, for n elements
void drop_row(const DropoutKey& key, double p, uint64_t first, int64_t n, float* row);
void drop_row(const DropoutKey& key, double p, uint64_t first, int64_t n, double* row);

}  // namespace grim::cpu
