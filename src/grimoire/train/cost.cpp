#include "grimoire/train/cost.h"

#include <algorithm>

#include "grimoire/base/machine.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/train/lm_source.h"
#include "grimoire/train/memory_forecast.h"
#include "grimoire/train/run_sizes.h"
#include "grimoire/train/time_forecast.h"
#include "grimoire/train/trainer.h"

namespace grim {
namespace {

// Evaluations on the way, and at the end the best weights on every part.
void add_evaluations(RunCost& cost, const RunConfig& c, const Corpus& corpus, double seconds_a_batch) {
  const SplitPercent split = SplitPercent::parse(c.split);
  const auto batches = [&](double percent, int64_t most) { return judged_batches(c, corpus, percent, most); };
  cost.evaluations = c.steps > 0 ? c.steps / c.eval_every + (c.steps % c.eval_every != 0) : 0;
  cost.seconds_per_evaluation = seconds_a_batch * batches(split.dev, c.eval_batches > 0 ? c.eval_batches : kMostJudgements);
  const double common = common_part_of(split) == Part::common ? batches(100 - kCommonBegins, kMostJudgements) : 0;
  const double at_end = batches(split.train, kFinalTrainBatches) + batches(split.dev, kMostJudgements) + batches(split.test, kMostJudgements) + common;
  cost.seconds_at_end = seconds_a_batch * at_end + 3 * cost.seconds_per_step;  // the report looks at a step of the trained and of fresh weights
}

void count(RunCost& cost, const RunSizes& s) {
  cost.vocab_size = s.vocabulary;
  cost.parameters = s.parameters;
  cost.examples = s.examples;
  cost.weight_bytes = cost.gradient_bytes = whole_bytes(s.weights);
  cost.optimizer_bytes = whole_bytes(s.optimizer);
  cost.data_bytes = whole_bytes(s.data);
}

// Of a task whose data and model cannot be counted beforehand.
void count(RunCost& cost, const RunConfig& c, const TaskSource& source) {
  const int64_t before = device::memory_use().live_bytes;
  Trainer trainer(c, source);
  const Parameters& p = trainer.parameters();
  cost.vocab_size = trainer.task().symbols();
  cost.parameters = trainer.task().model().parameter_count();
  cost.examples = trainer.task().rows();
  cost.weight_bytes = cost.gradient_bytes = p.values().numel() * size_of(p.dtype());
  cost.optimizer_bytes = kept_per_weight(c) * cost.weight_bytes;
  const int64_t counted = cost.weight_bytes + cost.gradient_bytes + cost.optimizer_bytes;
  cost.data_bytes = std::max<int64_t>(0, device::memory_use().live_bytes - before - counted);
}

void forecast(RunCost& cost, const RunConfig& c, const TaskSource& source) {
  const TimeForecast time = forecast_time(c, source);
  const MemoryForecast memory = forecast_memory(c, source);
  const int64_t counted = cost.weight_bytes + cost.gradient_bytes + cost.optimizer_bytes + cost.data_bytes;
  cost.activation_bytes = std::max<int64_t>(0, whole_bytes(memory.trained) - counted);
  cost.report_bytes = std::max<int64_t>(0, whole_bytes(memory.total) - whole_bytes(memory.trained));
  cost.checkpoint_bytes = cost.weight_bytes + cost.optimizer_bytes;
  const double rows = c.full_batch ? static_cast<double>(cost.examples) : static_cast<double>(c.batch_size) * static_cast<double>(c.accumulate);
  cost.tokens_per_step = whole_bytes(rows * (cost.vocab_size > 0 ? static_cast<double>(places_of(c)) : 1));
  cost.seconds_per_step = time.step;
  if (const auto* const text = dynamic_cast<const LmSource*>(&source))
    add_evaluations(cost, c, text->corpus(), time.judged * static_cast<double>(judged_at_once(c)));
}

}  // namespace

int64_t least_memory(const RunConfig& config, const Corpus& corpus) {
  const RunSizes s = sizes_of(config, corpus);
  return whole_bytes(2 * s.weights + s.buffers + s.optimizer + s.data);
}

RunCost predict_cost(RunConfig config) { return predict_cost(config, *config.open_task()); }

RunCost predict_cost(RunConfig config, const TaskSource& source) {
  const device::ThreadCap cap(config.threads);
  source.resolve(config);
  RunCost cost;
  const auto* const text = dynamic_cast<const LmSource*>(&source);
  const RunSizes sizes = text ? sizes_of(config, text->corpus()) : RunSizes();
  if (config.architecture().counts) {  // one pass over the data, and nothing beside the counts
    count(cost, sizes);
    cost.weight_bytes = cost.checkpoint_bytes = whole_bytes(sizes.buffers);
    cost.gradient_bytes = cost.optimizer_bytes = 0;
  } else {
    if (text) count(cost, sizes);
    else count(cost, config, source);
    forecast(cost, config, source);
  }
  cost.program_bytes = std::max<int64_t>(0, resident_memory() - device::memory_use().committed_bytes);
  if (text) cost.program_bytes += bytes_while_read(text->corpus());
  return cost;
}

}  // namespace grim
