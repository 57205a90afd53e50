// Who is paired with whom, so that the costs of all pairs together are least.
#pragma once

#include <cstdint>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim::stats {

struct Assignment {
  std::vector<int64_t> column;  // of each row
  double cost = 0;              // summed over the pairs
};
// cost (N, N), f32 or f64, finite. By shortest augmenting paths: at most N^3 steps.
//   Kuhn 1955, "The Hungarian Method for the Assignment Problem"; Jonker and Volgenant 1987
// throws: shape; numeric, a cost that is not finite
Assignment least_assignment(const Tensor& cost);
Assignment greatest_assignment(const Tensor& gain);  // the same of -gain; cost is the sum of the gains

}  // namespace grim::stats
