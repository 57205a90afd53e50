#include "grimoire/op/target_rows.h"

#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {

TargetRows::TargetRows(const char* op, const Tensor& any, int64_t V, int64_t ignored) {
  visit_index(op, any.dtype(), [](auto) {});
  targets = view::try_reshape(contiguous(cast(any, Dtype::i64)), {any.numel()});
  const int64_t* const t = targets.data<int64_t>();
  for (int64_t r = 0; r < targets.numel(); ++r) {
    if (t[r] == ignored) continue;
    GRIM_CHECK(t[r] >= 0 && t[r] < V, argument, op, "target out of range: row {} is {}, expected 0 to {}", r, t[r],
               V - 1);
    ++counted;
  }
}

}  // namespace grim
