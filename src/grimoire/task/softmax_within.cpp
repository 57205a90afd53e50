#include "grimoire/task/softmax_within.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/view.h"

namespace grim {

// Rows of one length, so that one softmax does for all: behind its end a text takes the row that was put behind the last, which no softmax sees.
Tensor cross_entropy_within(const Tensor& logits, std::span<const int64_t> offsets, std::span<const int64_t> targets) {
  const int64_t N = logits.dim(0), C = logits.dim(1), B = std::ssize(offsets) - 1;
  GRIM_CHECK(logits.ndim() == 2 && B > 0 && offsets.back() == N && std::ssize(targets) == B * C, shape, "softmax_within",
             "logits {} of {} texts with {} targets: expected {} rows and a target for each text and column", logits.shape(), B, targets.size(),
             offsets.back());
  int64_t T = 0;
  for (size_t b = 1; b < offsets.size(); ++b) T = std::max(T, offsets[b] - offsets[b - 1]);
  constexpr double kUnseen = -1e30;
  const Tensor rows = Tensor::full({B * T}, static_cast<double>(N), Dtype::i64), classes = Tensor::empty({C, B}, Dtype::i64);
  for (int64_t b = 0; b < B; ++b) {
    const int64_t from = offsets[static_cast<size_t>(b)], n = offsets[static_cast<size_t>(b) + 1] - from;
    for (int64_t t = 0; t < n; ++t) rows.data<int64_t>()[b * T + t] = from + t;
    for (int64_t c = 0; c < C; ++c) {
      const int64_t target = targets[static_cast<size_t>(b * C + c)];
      GRIM_CHECK(target >= 0 && target < n, argument, "softmax_within", "text {}: target {} of {} rows", b, target, n);
      classes.data<int64_t>()[c * B + b] = target;
    }
  }
  const Tensor padded = reshape(index_select(pad(logits, 0, 0, 1, kUnseen), 0, rows), {B, T, C});
  return cross_entropy(reshape(permute(padded, {2, 0, 1}), {C * B, T}), reshape(classes, {C * B}));
}

}  // namespace grim
