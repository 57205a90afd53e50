#include "grimoire/train/time_forecast.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/train/rehearsal.h"
#include "grimoire/train/run_sizes.h"
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
    const std::vector<SizeAxis> axes = c.shape().axes();
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

TimeForecast of_text(const RunConfig& config, const Corpus& corpus) {
  const int64_t vocabulary = make_tokenizer(corpus)->vocab_size();
  RunConfig c = quick_shape(config, vocabulary);
  c.init_from.clear();
  const std::unique_ptr<LmSource> source = sample_source(corpus, c, 2 * fewest_symbols(c));
  const double work = work_of(c, vocabulary), larger = work_of(config, vocabulary) / work;
  const auto quick_rows = static_cast<int64_t>(std::min(kQuick / work, double(kJudgedAtOnce)));
  TimeForecast f;
  {
    Trainer trainer(c, *source);
    const int64_t n = std::clamp<int64_t>(quick_rows, 1, judged_at_once(config));
    f.judged = larger * seconds_of([&] { judge_batch(trainer.task(), n); }) / static_cast<double>(n);
    if (config.full_batch) {
      f.step = larger * seconds_of([&] { trainer.step(); }) * extent_of(corpus, config) / extent_of(source->corpus(), c);
      return f;
    }
  }
  const int64_t many = std::max(kFewestRows + 1, std::min(quick_rows, config.batch_size / 2)), few = std::max(kFewestRows, many / 2);
  const auto rows = static_cast<double>(config.batch_size);
  f.step = larger * along_rows(rows, static_cast<double>(few), step_seconds(c, *source, few), static_cast<double>(many), step_seconds(c, *source, many));
  return f;
}

}  // namespace

TimeForecast forecast_time(const RunConfig& config, const TaskSource& source) {
  TimeForecast f;
  if (const auto* const text = dynamic_cast<const LmSource*>(&source)) {
    f = of_text(config, text->corpus());
  } else {
    const int64_t rows = config.full_batch ? 0 : std::min(config.batch_size, 2 * kFewestRows);
    f.step = step_seconds(config, source, rows) * (rows > 0 ? static_cast<double>(config.batch_size) / static_cast<double>(rows) : 1);
  }
  f.step *= static_cast<double>(config.accumulate);
  return f;
}

}  // namespace grim
