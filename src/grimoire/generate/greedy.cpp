#include "grimoire/generate/greedy.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/view.h"

namespace grim {

std::vector<std::vector<int64_t>> write_greedily(const Seq2Seq& model, const TokenBatch& sources, int64_t end, int64_t most, int64_t symbols) {
  const NoGrad no_grad;
  Pass whole;
  SourceMemory memory = model.read(sources, whole);
  model.prepare(memory);
  const std::unique_ptr<DecodeCache> cache = model.decode_cache();
  Pass pass = Pass::decode(*cache);
  const auto n = static_cast<size_t>(sources.texts());
  std::vector<std::vector<int64_t>> made(n), last(n, {model.start()});
  std::vector<bool> ended(n, false);
  const int64_t known = std::min(symbols, model.vocabulary());
  for (int64_t step = 0; step < most && std::ranges::find(ended, false) != ended.end(); ++step) {
    const std::vector<int64_t> next = argmax(slice(model.logits(model.written(TokenBatch::of(last), memory, pass)), 1, 0, known), 1).to_vector<int64_t>();
    for (size_t i = 0; i < n; ++i) {
      if (!ended[i]) made[i].push_back(next[i]);
      ended[i] = ended[i] || next[i] == end;
      last[i] = {next[i]};
    }
  }
  return made;
}

}  // namespace grim
