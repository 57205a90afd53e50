#include "grimoire/nn/packed_mean.h"

#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"

namespace grim {

Tensor packed_mean(const Tensor& x, std::span<const int64_t> offsets) {
  GRIM_CHECK(x.ndim() == 2 && offsets.size() > 1 && offsets.back() == x.dim(0), shape, "mean", "got {}, expected a row for each of {} tokens", x.shape(),
             offsets.empty() ? 0 : offsets.back());
  std::vector<Tensor> means;
  for (size_t i = 1; i < offsets.size(); ++i) {
    GRIM_CHECK(offsets[i] > offsets[i - 1], argument, "mean", "text {} has no tokens", i - 1);
    means.push_back(mean(slice(x, 0, offsets[i - 1], offsets[i]), 0, KeepDims::yes));
  }
  return concat(means, 0);
}

}  // namespace grim
