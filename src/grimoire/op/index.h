// Choosing, joining and shifting elements. f32 and f64 with gradients; what only moves elements takes every dtype.
// Indices are i64 or i32 and count from 0. throws: argument, an index outside its axis, with its place.
#pragma once

#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

Tensor concat(const std::vector<Tensor>& parts, int axis);  // same shapes but for that axis
Tensor stack(const std::vector<Tensor>& parts, int axis);   // a new axis

// y[i][j] = x[i][index[i][j]] for axis 1: one choice a place. index has as many axes as x and is nowhere larger than x
// but along `axis`; y has the shape of index. The gradient adds up where a place was chosen more than once.
Tensor gather(const Tensor& x, int axis, const Tensor& index);
// x with source added at the places that gather would read: y[i][index[i][j]] += source[i][j] for axis 1. f32, f64.
Tensor scatter_add(const Tensor& x, int axis, const Tensor& index, const Tensor& source);
// Slices of x in the order of ids (N,), repeats allowed: axis becomes N long.
Tensor index_select(const Tensor& x, int axis, const Tensor& ids);
// ids (...) -> (..., K): 1 at place id, else 0. No gradient.
Tensor one_hot(const Tensor& ids, int64_t K, Dtype dtype = Dtype::f32);

// `value` at both ends of an axis: `before` and `after` elements (throws: argument, negative; use slice to cut).
Tensor pad(const Tensor& x, int axis, int64_t before, int64_t after, double value = 0);
// x (..., M, N) with zeros above (tril) or below (triu) a diagonal: 0 the main one, 1 the one to its right.
Tensor tril(const Tensor& x, int64_t diagonal = 0);
Tensor triu(const Tensor& x, int64_t diagonal = 0);
Tensor flip(const Tensor& x, int axis);                 // the last first
Tensor roll(const Tensor& x, int axis, int64_t shift);  // element i moves to place (i + shift) mod n

}  // namespace grim
