#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

struct TargetCount {
  int64_t counted = 0;                   // that are not ignored
  int64_t bad_row = -1, bad_target = 0;  // the first that is neither 0 to V - 1 nor ignored
};
TargetCount count_targets(const Tensor& targets, int64_t V, int64_t ignored);
void counted_places(const Tensor& targets, int64_t ignored, const Tensor& places);  // (counted) i64, where those stand that are not ignored

// What follows takes rows x (..., V) and their targets (N) i64, as counted; loss (N) f64 is 0 where one is ignored, and their sum is returned.
// lse (N); scales: what the gradient of a row is multiplied by, (N) or one for all. All dense, x, lse, scales and dx of one float dtype.
struct TargetOptions {
  int64_t ignored;
  double smoothing = 0;
};
double cross_entropy(const Tensor& x, const Tensor& targets, TargetOptions o, const Tensor& lse, const Tensor& loss);
void cross_entropy_backward(const Tensor& x, const Tensor& targets, TargetOptions o, const Tensor& lse, const Tensor& scales, const Tensor& dx);  // dx may be x
// Of log-probabilities: loss is -x[target], and dx[target] -= scale.
double nll(const Tensor& x, const Tensor& targets, int64_t ignored, const Tensor& loss);
void add_nll_gradient(const Tensor& targets, int64_t ignored, const Tensor& scales, const Tensor& dx);

}  // namespace grim::cpu
