// Long sums into few places, which in f32 would lose what is small beside them.
#pragma once

#include <algorithm>

#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

// Adds N contributions to x, of which each of its `places` may get many: add(to, begin, end) adds those of a range. In f32, blocks of
// at least `least` are added to zeros first and their sums to x; a block is no shorter than `places`, so that this at most doubles the work.
template <class F> void add_in_blocks(const Tensor& x, int64_t places, int64_t N, int64_t least, F&& add) {
  const int64_t block = std::max(least, places);
  if (x.dtype() != Dtype::f32 || N <= block) return add(x, 0, N);
  const Tensor part = x.like();
  for (int64_t begin = 0; begin < N; begin += block) {
    fill(part, 0);
    add(part, begin, std::min(N, begin + block));
    add_into(x, part);
  }
}

}  // namespace grim
