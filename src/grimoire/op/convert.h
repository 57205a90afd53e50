// The same numbers in another dtype.
#pragma once

#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

// x itself where the dtype is right already. throws: dtype, not two of f32, f64, bf16
Tensor convert(const Tensor& x, Dtype dtype);

// Ops without kernels for bf16 compute of the same numbers in f32, and pointwise ones round what comes: narrowed(f(widened(x))).
inline Tensor widened(const Tensor& x) { return is_narrow(x) ? convert(x, Dtype::f32) : x; }  // an undefined one stays so
inline Tensor narrowed(const Tensor& x) { return convert(x, Dtype::bf16); }

}  // namespace grim
