// Choosing elements by their places. f32 and f64 with gradients. Indices are i64 or i32 and count from 0.
// throws: argument, an index outside its axis, with its place.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// y[i][j] = x[i][index[i][j]] for axis 1: one choice a place. index has as many axes as x and is nowhere larger than x
// but along `axis`; y has the shape of index. The gradient adds up where a place was chosen more than once.
Tensor gather(const Tensor& x, int axis, const Tensor& index);
// x with source added at the places that gather would read: y[i][index[i][j]] += source[i][j] for axis 1. f32, f64.
Tensor scatter_add(const Tensor& x, int axis, const Tensor& index, const Tensor& source);
// Slices of x in the order of ids (N,), repeats allowed: axis becomes N long.
Tensor index_select(const Tensor& x, int axis, const Tensor& ids);
// ids (...) -> (..., K): 1 at place id, else 0. No gradient.
Tensor one_hot(const Tensor& ids, int64_t K, Dtype dtype = Dtype::f32);

}  // namespace grim
