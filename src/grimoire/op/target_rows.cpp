#include "grimoire/op/target_rows.h"

#include "grimoire/op/cross_entropy_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {

TargetRows::TargetRows(const char* op, const Tensor& any, int64_t V, int64_t ignored) {
  visit_index(op, any.dtype(), [](auto) {});
  targets = view::try_reshape(contiguous(cast(any, Dtype::i64)), {any.numel()});
  const cpu::TargetCount found = GRIM_RUN(count_targets, targets, V, ignored);
  GRIM_CHECK(found.bad_row < 0, argument, op, "target out of range: row {} is {}, expected 0 to {}", found.bad_row, found.bad_target, V - 1);
  counted = found.counted;
}

}  // namespace grim
