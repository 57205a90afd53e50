#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/train/session.h"

namespace grim {
namespace {

int64_t live() { return device::memory_use().live_bytes; }

// The most that f takes above what lived before.
template <class F> int64_t peak_of(F&& f) {
  const int64_t before = live();
  device::reset_peak();
  f();
  return device::memory_use().peak_bytes - before;
}

struct Measured {
  int64_t rows = 0, peak_bytes = 0;
  double seconds = 0;
};

Measured one_step(Session& session, int64_t rows) {
  session.train_step();  // the first step also fills caches
  Measured m{rows, 0, INFINITY};
  for (int i = 0; i < 3; ++i) {
    const double begin = monotonic_seconds();
    m.peak_bytes = peak_of([&] { session.train_step(); });
    m.seconds = std::min(m.seconds, monotonic_seconds() - begin);
  }
  return m;
}

// A straight line through two measurements.
double along(double at, double x0, double y0, double x1, double y1) { return x1 == x0 ? y0 : y0 + (y1 - y0) * (at - x0) / (x1 - x0); }

}  // namespace

// Memory and time grow in a straight line with the batch: two small batches, really run, give the line. An evaluation is run as
// it is, because its batches have a size of their own. The weights, gradients and optimiser state are counted.
RunCost predict_cost(RunConfig config) {
  device::set_threads(static_cast<int>(config.threads));
  const Corpus corpus = load_corpus(config.data, format_of(config));
  resolve(config, corpus);
  RunCost cost;
  Measured measured[2];
  int64_t evaluation = 0;
  for (int i = 0; i < 2; ++i) {
    RunConfig small = config;
    small.accumulate = 1;
    const int64_t fewest = config.batch_norm || config.model == "wavenet" ? 2 : 1;  // a batch norm needs two rows
    small.batch_size = i == 0 ? fewest : std::clamp<int64_t>(config.batch_size, fewest + 1, 8);
    const int64_t before = live();
    Session session(small, corpus);
    const LmPart& train = session.data().train;
    cost.parameters = session.model().parameter_count();
    cost.vocab_size = session.tokenizer().vocab_size();
    cost.examples = train.rows();
    if (config.model == "bigram") return cost;
    const Parameters& p = session.parameters();
    cost.weight_bytes = cost.gradient_bytes = p.values().numel() * size_of(p.dtype());
    cost.optimizer_bytes = config.optimizer == "sgd" ? (config.momentum > 0 ? cost.weight_bytes : 0) : 2 * cost.weight_bytes;
    if (config.ema > 0) cost.optimizer_bytes += cost.weight_bytes;
    cost.data_bytes = std::max<int64_t>(0, live() - before - cost.weight_bytes - cost.gradient_bytes - cost.optimizer_bytes);
    if (i == 0) evaluation = peak_of([&] { session.judge(train, 1); });
    measured[i] = one_step(session, small.batch_size);
    cost.tokens_per_step = session.model().reading() == Reading::window ? 1 : session.model().context();
    if (config.full_batch) {  // measured as it is
      measured[1] = measured[0];
      break;
    }
  }
  const auto [a, b] = measured;
  const double rows = static_cast<double>(config.batch_size), first = static_cast<double>(a.rows), second = static_cast<double>(b.rows);
  const auto step = static_cast<int64_t>(along(rows, first, static_cast<double>(a.peak_bytes), second, static_cast<double>(b.peak_bytes)));
  cost.activation_bytes = std::max(evaluation, step);
  cost.report_bytes = std::max<int64_t>(0, step + cost.weight_bytes - cost.activation_bytes);
  cost.seconds_per_step = std::max(a.seconds, along(rows, first, a.seconds, second, b.seconds)) * static_cast<double>(config.accumulate);
  cost.tokens_per_step *= config.full_batch ? cost.examples : config.batch_size * config.accumulate;
  cost.checkpoint_bytes = cost.weight_bytes + cost.optimizer_bytes;
  return cost;
}

}  // namespace grim
