// Places of extremes.
#pragma once

#include "grimoire/op/reduce.h"

namespace grim {

// Index of the first largest or smallest element, i64; a NaN counts as both.
Tensor argmax(const Tensor& x, int axis, KeepDims keep = KeepDims::no);
Tensor argmin(const Tensor& x, int axis, KeepDims keep = KeepDims::no);

}  // namespace grim
