// Indices that name something are all looked at before any is used.
#pragma once

#include "grimoire/op/gather_cpu.h"
#include "grimoire/op/run.h"

namespace grim {

// throws: dtype, ids that are no whole numbers; argument, one outside 0 to n - 1, by what it is (`word`) and where it stands
inline void check_places(const char* op, const char* word, const Tensor& ids, int64_t n) {
  visit_index(op, ids.dtype(), [](auto) {});
  const cpu::Outside found = GRIM_RUN(first_outside, ids, n);
  GRIM_CHECK(found.place < 0, argument, op, "{} {} at place {} is outside 0 to {}", word, found.id, found.place, n - 1);
}

}  // namespace grim
