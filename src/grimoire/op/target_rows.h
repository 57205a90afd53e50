// Class targets of a loss: checked, dense, i64.
#pragma once

#include "grimoire/op/loss.h"

namespace grim {

struct TargetRows {
  Tensor targets;  // (N,) i64, dense
  int64_t counted = 0;  // rows that are not ignored

  // throws: dtype; argument, a target that is neither 0..V-1 nor ignored, naming row and value.
  TargetRows(const char* op, const Tensor& any, int64_t V, int64_t ignored);
  int64_t size() const { return targets.numel(); }
  // What one row's loss is multiplied by: 1, or 1 / counted for a mean.
  double scale(Reduction reduction) const {
    return reduction == Reduction::mean ? 1.0 / static_cast<double>(counted) : 1.0;
  }
};

}  // namespace grim
