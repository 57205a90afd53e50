#include "grimoire/nn/packed_windows.h"

#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/view.h"

namespace grim {

Tensor packed_windows(const Tensor& x, std::span<const int64_t> offsets, int64_t K, WindowPlace place) {
  GRIM_CHECK(K > 0 && (place == WindowPlace::before || K % 2 == 1), argument, "windows", "K: got {}, expected an odd number of places", K);
  GRIM_CHECK(x.ndim() == 2 && !offsets.empty() && offsets.back() == x.dim(0), shape, "windows", "got {}, expected a row for each of {} tokens", x.shape(),
             offsets.empty() ? 0 : offsets.back());
  const int64_t N = x.dim(0), C = x.dim(1), before = place == WindowPlace::before ? K - 1 : (K - 1) / 2;
  const Tensor rows = Tensor::full({N * K}, static_cast<double>(N), Dtype::i64);  // the row behind the last is 0
  for (size_t text = 1; text < offsets.size(); ++text)
    for (int64_t row = offsets[text - 1]; row < offsets[text]; ++row)
      for (int64_t k = 0; k < K; ++k)
        if (const int64_t from = row + k - before; from >= offsets[text - 1] && from < offsets[text]) rows.data<int64_t>()[row * K + k] = from;
  return reshape(index_select(concat({x, Tensor::zeros({1, C}, x.dtype())}, 0), 0, rows), {N, K * C});
}

}  // namespace grim
