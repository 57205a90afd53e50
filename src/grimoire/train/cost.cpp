#include "grimoire/train/cost.h"

#include <algorithm>

#include "grimoire/base/machine.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/train/memory_forecast.h"
#include "grimoire/train/run_sizes.h"
#include "grimoire/train/time_forecast.h"

namespace grim {
namespace {

// The best weights on every part, at the end.
double batches_at_end(const RunSizes& s) {
  double all = judged_batches(s, Part::train, kFinalTrainBatches);
  for (const Part part : {Part::dev, Part::test, Part::common}) all += judged_batches(s, part, kMostJudgements);
  return all;
}

void add_time(RunCost& cost, const RunConfig& c, const TaskSource& source, const RunSizes& s) {
  const TimeForecast time = forecast_time(c, source, s);
  cost.seconds_per_step = time.step;
  cost.seconds_at_end = time.judged_batch * batches_at_end(s);
  if (c.architecture().counts) {
    cost.steps = 1;
    return;
  }
  cost.steps = c.steps;
  cost.evaluations = c.steps > 0 ? c.steps / c.eval_every + (c.steps % c.eval_every != 0) : 0;
  cost.seconds_per_evaluation = time.judged_batch * judged_batches(s, Part::dev, c.eval_batches > 0 ? c.eval_batches : kMostJudgements);
  cost.seconds_at_end += 3 * cost.seconds_per_step;  // the report looks at a step of the trained and of fresh weights
}

}  // namespace

RunCost predict_cost(RunConfig config) { return predict_cost(config, *config.open_task()); }

RunCost predict_cost(RunConfig config, const TaskSource& source) {
  const device::ThreadCap cap(config.threads);
  source.resolve(config);
  config.embeddings.clear();  // what rows begin with costs nothing
  const bool counts = config.architecture().counts;
  const RunSizes s = source.sizes(config);
  RunCost cost{.parameters = s.parameters, .examples = s.examples, .vocab_size = s.vocabulary};
  cost.weight_bytes = whole_bytes(counts ? s.buffers : s.weights);
  cost.gradient_bytes = counts ? 0 : whole_bytes(s.weights - s.frozen);
  cost.optimizer_bytes = counts ? 0 : whole_bytes(s.optimizer);
  const double unsaved = config.adapter.adapts() ? s.frozen : 0;  // nor kept beside what it is rounded to
  cost.checkpoint_bytes = cost.weight_bytes - whole_bytes(unsaved) + cost.optimizer_bytes;
  if (config.dtype == Dtype::bf16) cost.weight_bytes += whole_bytes(s.weights / 2 - unsaved);
  cost.weight_bytes += whole_bytes(s.quantised);
  cost.data_bytes = whole_bytes(s.data);
  const bool all = config.full_batch || counts;
  const double rows = static_cast<double>(all ? s.examples : config.batch_size) * static_cast<double>(all ? 1 : config.accumulate);
  cost.tokens_per_step = whole_bytes(rows * (s.asked > 0 ? s.asked : s.vocabulary > 0 ? static_cast<double>(places_of(config)) : 1));
  add_time(cost, config, source, s);
  const MemoryForecast memory = forecast_memory(config, source, s);
  const int64_t counted = cost.weight_bytes + cost.gradient_bytes + cost.optimizer_bytes + cost.data_bytes;
  cost.activation_bytes = std::max<int64_t>(0, whole_bytes(memory.trained) - counted);
  cost.report_bytes = std::max<int64_t>(0, whole_bytes(memory.total) - whole_bytes(memory.trained));
  cost.program_bytes = std::max<int64_t>(0, resident_memory() - device::memory_use().committed_bytes) + whole_bytes(s.read);
  return cost;
}

}  // namespace grim
