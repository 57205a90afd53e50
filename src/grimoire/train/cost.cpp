#include "grimoire/base/clock.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/train/session.h"

namespace grim {
namespace {

struct Measured {
  int64_t peak_bytes;  // above what lived before the step
  double seconds;
};

Measured one_step(Session& session) {
  session.train_step();  // the first step also fills caches
  const int64_t before = device::memory_use().live_bytes;
  device::reset_peak();
  const double begin = monotonic_seconds();
  session.train_step();
  return {device::memory_use().peak_bytes - before, monotonic_seconds() - begin};
}

}  // namespace

// Activations grow in a straight line with the batch: two small batches, really run, give the line. The weights, gradients and
// optimiser state are counted.
RunCost predict_cost(RunConfig config) {
  device::set_threads(static_cast<int>(config.threads));
  const Corpus corpus = load_corpus(config.data, config.format == "lines" ? CorpusFormat::lines : config.format == "text" ? CorpusFormat::text : CorpusFormat::automatic);
  resolve(config, corpus);
  RunCost cost;
  const int64_t wanted = config.batch_size;
  Measured measured[2] = {};
  if (config.full_batch || config.model == "bigram") {
    Session session(config, corpus);
    cost.parameters = session.model().parameter_count();
    cost.examples = session.data().train.rows();
    cost.vocab_size = session.tokenizer().vocab_size();
    if (config.model == "bigram") return cost;
  }
  for (int i = 0; i < 2; ++i) {
    RunConfig small = config;
    small.accumulate = 1;
    small.batch_size = i + 1 + (config.batch_norm || config.model == "wavenet");
    const int64_t before = device::memory_use().live_bytes;
    Session session(small, corpus);
    const Parameters& p = session.parameters();
    cost.parameters = p.count();
    cost.weight_bytes = cost.gradient_bytes = p.values().numel() * size_of(p.dtype());
    cost.optimizer_bytes = config.optimizer == "sgd" ? (config.momentum > 0 ? cost.weight_bytes : 0) : 2 * cost.weight_bytes;
    if (config.ema > 0) cost.optimizer_bytes += cost.weight_bytes;
    cost.examples = session.data().train.rows();
    cost.vocab_size = session.tokenizer().vocab_size();
    cost.data_bytes = std::max<int64_t>(0, device::memory_use().live_bytes - before - cost.weight_bytes - cost.gradient_bytes - cost.optimizer_bytes);
    measured[i] = one_step(session);
    if (config.full_batch) measured[1] = measured[0];
    cost.tokens_per_step = session.model().reading() == Reading::window ? 1 : session.model().context();
    if (config.full_batch) break;
  }
  const auto per_row = static_cast<double>(measured[1].peak_bytes - measured[0].peak_bytes);
  const double rows_beyond = config.full_batch ? 0 : static_cast<double>(wanted - 1);
  cost.activation_bytes = std::max<int64_t>(measured[0].peak_bytes, measured[0].peak_bytes + static_cast<int64_t>(per_row * rows_beyond));
  cost.seconds_per_step = (measured[0].seconds + std::max(0.0, measured[1].seconds - measured[0].seconds) * rows_beyond) * static_cast<double>(config.accumulate);
  cost.tokens_per_step *= config.full_batch ? cost.examples : wanted * config.accumulate;
  cost.checkpoint_bytes = cost.weight_bytes + cost.optimizer_bytes;
  return cost;
}

}  // namespace grim
