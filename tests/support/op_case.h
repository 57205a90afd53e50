// One case drives every check of an op: values against a twin, gradients in float64 by random-weighted central differences,
// float32 against float64, bf16 against float32, non-contiguous inputs, poisoned memory, accumulation, and one thread against two.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim::test {

using Ids = std::vector<int64_t>;
inline Tensor ids_of(const Ids& ids) { return Tensor::from<int64_t>(ids, {static_cast<int64_t>(ids.size())}); }
inline Ids ints(const Tensor& x) { return x.to_vector<int64_t>(); }

using Inputs = std::vector<Tensor>;

struct OpInput {
  Shape shape;
  double low = -1.0, high = 1.0;       // uniform values
  Dtype dtype = Dtype::f64;            // f64: follows the dtype of the run; i64, boolean...: stays, and has no gradient
  bool gradient = true;
  bool distinct = false;               // well separated values, for max, sort, topk: no ties within the probe's step
  bool narrow = true;                  // of two or more axes: stored in bf16 where that is tried
};

struct OpCase {
  std::string name;
  std::vector<OpInput> inputs;
  std::function<Tensor(const Inputs&)> run;
  std::function<Tensor(const Inputs&)> twin = {};  // the same mathematics from plainer parts; value and gradients must agree
  bool differentiable = true;
  double f32_tolerance = 2e-5;     // relative to the largest magnitude of the tensor compared
  double grad_tolerance = 1e-6;    // float64, likewise
  double bf16_tolerance = 1e-2;    // likewise; half a unit of the last place is .002 of a number. 0: the op is not for bf16
};

void check_op(const OpCase& op_case);

// Uniform random tensor of this dtype from a fixed-seed generator.
Tensor random_tensor(const OpInput& input, Dtype dtype, uint64_t seed);
// The same numbers laid out with gaps and swapped axes.
Tensor scattered(const Tensor& x);
// max |a - b| / max(1e-30, max |b|); infinity when shapes differ or only one is NaN
double relative_difference(const Tensor& a, const Tensor& b);
bool bit_equal(const Tensor& a, const Tensor& b);

}  // namespace grim::test
