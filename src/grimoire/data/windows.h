// Training examples out of token ids. Ids are i64; the boundary of items is id 0.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

using Ids = std::vector<int64_t>;

struct Examples {
  Tensor x, y;
};

inline constexpr int64_t kIgnore = -1;  // a target that does not count

// Every item gives length + 1 examples: the `block` ids before each id, filled with 0 at the start, and the id itself;
// the last target is the boundary. x (N, block), y (N), as in the makemore lectures. throws: argument, block < 1
Examples context_windows(const std::vector<Ids>& items, int64_t block);

// One row an item: x is 0, ids..., 0...; y is ids..., 0, then kIgnore. x and y (N, length), as makemore.py makes them.
// throws: input, an item with more than length - 1 ids
Examples padded_items(const std::vector<Ids>& items, int64_t length);

// One row a start: x = ids[start .. start + length), y one place further. x and y (B, length). Draw the starts below
// crop_count(ids, length). throws: argument, a start outside
Examples text_crops(std::span<const int64_t> ids, std::span<const int64_t> starts, int64_t length);
// How many starts there are, as torch.randint(len(data) - block_size) draws them. throws: input, the text is too short
int64_t crop_count(int64_t ids, int64_t length);

// Rows of both, in this order: a batch out of all examples.
Examples take_rows(const Examples& all, std::span<const int64_t> rows);

}  // namespace grim
