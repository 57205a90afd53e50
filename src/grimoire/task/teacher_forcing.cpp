#include "grimoire/task/teacher_forcing.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/argmax.h"

namespace grim {

TokenBatch read_in_training(const Seq2Seq& model, const TokenBatch& sources, const TokenBatch& targets, double ratio, Rng& rng) {
  TokenBatch read = shifted_right(targets, model.start());
  if (ratio >= 1) return read;
  const NoGrad no_grad;
  Pass whole;
  SourceMemory memory = model.read(sources, whole);
  model.prepare(memory);
  const std::unique_ptr<DecodeCache> cache = model.decode_cache();
  Pass pass = Pass::decode(*cache);
  int64_t* const ids = read.ids.data<int64_t>();
  const auto n = static_cast<size_t>(targets.texts());
  for (int64_t t = 0; t + 1 < targets.longest(); ++t) {
    std::vector<std::vector<int64_t>> last(n);  // a text that has ended reads its last token again, and nobody looks at what comes of it
    for (size_t i = 0; i < n; ++i) last[i] = {ids[std::min(read.offsets[i] + t, read.offsets[i + 1] - 1)]};
    const std::vector<int64_t> own = argmax(model.logits(model.written(TokenBatch::of(last), memory, pass)), 1).to_vector<int64_t>();
    for (size_t i = 0; i < n; ++i) {
      const bool keeps = rng.uniform_double() < ratio;  // a coin for each text, whether it has ended or not: texts beside it change none of its coins
      if (const int64_t next = read.offsets[i] + t + 1; next < read.offsets[i + 1] && !keeps) ids[next] = own[i];
    }
  }
  return read;
}

}  // namespace grim
