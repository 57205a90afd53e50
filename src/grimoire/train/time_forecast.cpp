#include "grimoire/train/time_forecast.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/train/trainer.h"

namespace grim {
namespace {

constexpr double kQuick = 1e9;         // multiplications of a forward pass that is tried
constexpr double kSmall = 8e6;         // weights
constexpr double kLookSeconds = 0.04;  // of one measurement, at least
constexpr int64_t kFewestRows = 2;     // a batch norm needs two

// The shortest of several times: what disturbs only adds.
template <class F> double seconds_of(F&& f) {
  f();  // caches, and memory that is touched for the first time
  double least = INFINITY;
  const double begin = monotonic_seconds();
  for (int i = 0; i < 2 || (monotonic_seconds() - begin < kLookSeconds && i < 100); ++i) {
    const double at = monotonic_seconds();
    f();
    least = std::min(least, monotonic_seconds() - at);
  }
  return least;
}

// Multiplications of one example.
double work_of(const RunConfig& c, int64_t vocabulary) { return c.shape_for(vocabulary)->work() * static_cast<double>(places_of(c)); }

// The size that is largest beside its smallest value is halved until a small batch is quick.
RunConfig quick_shape(const RunConfig& config, int64_t vocabulary) {
  RunConfig c = config;
  while (work_of(c, vocabulary) * 2 * kFewestRows > kQuick || c.shape_for(vocabulary)->parameter_count() > kSmall) {
    const std::vector<SizeAxis> axes = c.axes();
    for (const SizeAxis& a : axes)
      if (a.degree == 0) c.shape().set_size(a.option, a.low);
    const auto excess = [&](const SizeAxis& a) { return c.shape().size(a.option) / a.low; };
    const auto largest = std::max_element(axes.begin(), axes.end(), [&](const SizeAxis& a, const SizeAxis& b) { return excess(a) < excess(b); });
    if (largest == axes.end() || excess(*largest) < 2) break;
    c.shape().set_size(largest->option, excess(*largest) / 2 * largest->low);
  }
  return c;
}

double step_seconds(RunConfig c, const TaskSource& source, int64_t rows) {
  c.batch_size = rows;
  c.accumulate = 1;
  Trainer trainer(c, source);
  return seconds_of([&] { trainer.step(); });
}

// Time grows in a straight line with the batch; never faster than the batch does.
double along_rows(double rows, double few, double seconds_few, double many, double seconds_many) {
  return std::clamp(seconds_many + (seconds_many - seconds_few) * (rows - many) / (many - few), seconds_many, seconds_many * std::max(1.0, rows / many));
}

// A look at every example, with as much of the table as is quickly made; then all of it is written, read back and checked.
TimeForecast of_counts(const RunConfig& config, const TaskSource& source, const RunSizes& s) {
  constexpr double kTable = 0x1p26, kPasses = 8;  // bytes; over the table
  RunConfig c = config;
  for (const SizeAxis& a : c.shape().axes())
    while (c.shape().size(a.option) > a.low && c.shape_for(s.vocabulary)->buffer_bytes() > kTable) c.shape().set_size(a.option, c.shape().size(a.option) - 1);
  const std::unique_ptr<TaskSource> few_data = source.sample(c, 4);
  Rng unused(RngMode::philox, 0);
  const std::unique_ptr<Task> task = (few_data ? *few_data : source).make(c, unused);
  const double larger = work_of(config, s.vocabulary) / work_of(c, s.vocabulary), examples = static_cast<double>(task->count());
  const double counted = seconds_of([&] { task->count(); }), judged = seconds_of([&] { judge_rows(*task, s.judged_at_once); });
  const Tensor some = Tensor::empty({static_cast<int64_t>(std::min(s.buffers, kTable) / 4) + 1});
  const double touched = kPasses * seconds_of([&] { fill(some, 0); }) * s.buffers / static_cast<double>(4 * some.numel());
  return {.step = larger * counted * static_cast<double>(s.examples) / examples + touched, .judged_batch = larger * judged};
}

// Of texts that differ in length no step is like another: some are taken as they come. Evaluations take as long as what they judge weighs.
TimeForecast of_taught(const RunConfig& config, const TaskSource& source) {
  constexpr int64_t kMost = 8;
  constexpr double kLong = 2;  // seconds
  Trainer trainer(config, source);
  trainer.step();  // caches, and memory that is touched for the first time
  const double begin = monotonic_seconds();
  int64_t steps = 0;
  while (steps < kMost && (steps == 0 || monotonic_seconds() - begin < kLong)) trainer.step(), ++steps;
  const double trained = monotonic_seconds();
  const Judgement j = trainer.judge(Part::train, 1);
  return {.step = (trained - begin) / static_cast<double>(steps), .judged_batch = (monotonic_seconds() - trained) / std::max(1.0, j.weight)};
}

}  // namespace

TimeForecast forecast_time(const RunConfig& config, const TaskSource& source, const RunSizes& sizes) {
  if (config.architecture().counts) return of_counts(config, source, sizes);
  if (sizes.judges_all) return of_taught(config, source);
  RunConfig c = quick_shape(config, sizes.vocabulary);
  const std::unique_ptr<TaskSource> sampled = source.sample(c, 2);
  const TaskSource& data = sampled ? *sampled : source;
  if (sampled && !c.adapter.base_in_few_bits()) c.init_from.clear();
  const bool few_data = sampled && sizes.extent > 0;
  const double work = work_of(c, sizes.vocabulary), larger = work_of(config, sizes.vocabulary) / work;
  const auto quick_rows = static_cast<int64_t>(std::min(kQuick / work, double(kJudgedAtOnce)));
  TimeForecast f;
  {
    Trainer trainer(c, data);
    const int64_t at_once = sizes.judged_at_once, n = std::clamp<int64_t>(quick_rows, 1, at_once);
    const double judged = seconds_of([&] { few_data ? void(judge_rows(trainer.task(), n)) : void(trainer.judge(Part::train, 1)); });
    f.judged_batch = larger * judged * static_cast<double>(at_once) / static_cast<double>(n);
    if (config.full_batch) {
      f.step = larger * seconds_of([&] { trainer.step(); }) * (few_data ? sizes.extent / sampled->sizes(c).extent : 1);
      return f;
    }
  }
  const int64_t many = std::max(kFewestRows + 1, std::min(quick_rows, config.batch_size / 2)), few = std::max(kFewestRows, many / 2);
  const auto rows = static_cast<double>(config.batch_size);
  f.step = along_rows(rows, static_cast<double>(few), step_seconds(c, data, few), static_cast<double>(many), step_seconds(c, data, many));
  f.step *= larger * static_cast<double>(config.accumulate);
  return f;
}

}  // namespace grim
