#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

struct Outside {
  int64_t place = -1, id = 0;  // the first that is outside; none: -1
};
Outside first_outside(const Tensor& ids, int64_t n);  // ids dense, i64 or i32; inside is 0 to n - 1

// index i64, all inside, of y's shape: y_p = x_index(p) along the axis; any strides.
void gather(const Tensor& x, int axis, const Tensor& index, const Tensor& y);
void scatter_add(const Tensor& source, int axis, const Tensor& index, const Tensor& x);  // x_index(p) += source_p; floats

// x (outer, n, inner), y (outer, N, inner), dense; ids (N) i64, all inside.
void take_slices(const Tensor& x, const Tensor& ids, const Tensor& y);  // y[:, i] = x[:, ids[i]]
void put_slices(const Tensor& y, const Tensor& ids, const Tensor& x);   // x[:, ids[i]] = y[:, i], no id twice
void add_slices(const Tensor& dy, const Tensor& ids, int64_t first, int64_t last, const Tensor& dx);  // dx[:, ids[i]] += dy[:, i], i from first to last; floats

void one_hot(const Tensor& ids, const Tensor& y);  // y (..., K), zeroed: 1 where ids (...) say

}  // namespace grim::cpu
