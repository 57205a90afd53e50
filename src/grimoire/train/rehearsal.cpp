#include "grimoire/train/rehearsal.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/train/run_sizes.h"

namespace grim {

void judge_batch(const Task& task, int64_t n) {
  const NoGrad no_grad;
  std::vector<int64_t> rows(static_cast<size_t>(n));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i) % task.rows();
  Pass pass = Pass::evaluation();
  task.loss(rows, pass).item();
}

std::unique_ptr<LmSource> sample_source(const Corpus& corpus, const RunConfig& config, double symbols) {
  const bool sequence = config.architecture().reading == Reading::sequence;
  return std::make_unique<LmSource>(sample_of(corpus, symbols, sequence ? config.context() - 1 : -1), make_tokenizer(corpus));
}

}  // namespace grim
