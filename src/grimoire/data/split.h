// Which items train, which tune and which test.
#pragma once

#include <cstdint>
#include <vector>

#include "grimoire/base/rng.h"

namespace grim {

struct Split {
  std::vector<int64_t> train, dev, test;  // numbers of items, in shuffled order
};

// 80/10/10 after Python's random.seed(seed); random.shuffle(items): seed 42 is the split of the makemore lectures.
// throws: input, fewer than 10 items
Split split_shuffled(int64_t items, uint64_t seed);

// makemore.py's: the last min(1000, a tenth) of a random permutation test, all others train, dev is empty.
// throws: input, fewer than 10 items
Split split_makemore(int64_t items, Rng& rng);

// Running text: the first nine tenths train, the rest is dev (nanoGPT). Gives where dev begins.
int64_t split_point(int64_t tokens);

// The chosen ones, in the order of `numbers`.
template <class T> std::vector<T> pick(const std::vector<T>& items, const std::vector<int64_t>& numbers) {
  std::vector<T> chosen;
  chosen.reserve(numbers.size());
  for (int64_t n : numbers) chosen.push_back(items.at(static_cast<size_t>(n)));
  return chosen;
}

}  // namespace grim
