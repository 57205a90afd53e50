#include "grimoire/model/seq2seq.h"

#include <algorithm>

namespace grim {

TokenBatch shifted_right(const TokenBatch& targets, int64_t start) {
  targets.firsts();  // none is empty
  TokenBatch read = targets;
  read.ids = Tensor::empty({targets.tokens()}, Dtype::i64);
  const int64_t* const from = targets.ids.data<int64_t>();
  int64_t* const to = read.ids.data<int64_t>();
  for (size_t i = 1; i < targets.offsets.size(); ++i) {
    to[targets.offsets[i - 1]] = start;
    std::copy(from + targets.offsets[i - 1], from + targets.offsets[i] - 1, to + targets.offsets[i - 1] + 1);
  }
  return read;
}

Tensor Seq2Seq::loss(const TokenBatch& sources, const TokenBatch& targets, Pass& pass) const {
  const SourceMemory memory = read(sources, pass);
  return loss_of(written(shifted_right(targets, start()), memory, pass), targets.ids);
}

}  // namespace grim
