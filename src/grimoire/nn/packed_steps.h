// Texts of unequal lengths that are read token by token, side by side and without padding: what stands at step t of each text that still runs there is one
// run of rows. Texts are put in order of their lengths, the longest first, so that those which have ended are always the last (as PyTorch's PackedSequence).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

struct PackedSteps {
  // offsets: text i is rows offsets[i] up to offsets[i + 1]. throws: argument, a text without a row, or no text
  explicit PackedSteps(std::span<const int64_t> offsets);

  std::vector<int64_t> running;  // how many texts have a row at step t; falls with t
  Tensor order, place;           // i64 (texts,): which text is n-th of all, and where each text stands among them
  // i64 (N,), of each way of reading: the rows in the order in which they are read, and where each row stands in that order.
  struct Way {
    Tensor rows, place;
  };
  Way forwards, backwards;
};

}  // namespace grim
