#include "grimoire/train/cost.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/base/machine.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/text/utf8.h"
#include "grimoire/train/lm_source.h"
#include "grimoire/train/trainer.h"

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

Measured one_step(Trainer& trainer, int64_t rows) {
  trainer.step();  // the first step also fills caches
  Measured m{rows, 0, INFINITY};
  for (int i = 0; i < 3; ++i) {
    const double begin = monotonic_seconds();
    m.peak_bytes = peak_of([&] { trainer.step(); });
    m.seconds = std::min(m.seconds, monotonic_seconds() - begin);
  }
  return m;
}

int64_t capped(double bytes) { return static_cast<int64_t>(std::min(bytes, 1e18)); }  // six of them can be added

// Numbers that the optimiser keeps beside each weight.
int64_t kept_per_weight(const RunConfig& c) { return (c.optimizer == OptimizerKind::sgd ? (c.momentum > 0 ? 1 : 0) : 2) + (c.ema > 0 ? 1 : 0); }

// Places of a row that are predicted, each with all the work of the model.
int64_t places_of(const RunConfig& c) { return c.architecture().reading == Reading::window ? 1 : c.context(); }

// Multiplications to predict one symbol.
double work_of(const RunConfig& c, int64_t vocabulary) { return c.shape_for(vocabulary)->work(); }

// What is held for certain, from sizes alone.
struct Sizes {
  int64_t vocabulary = 0, parameters = 0, symbols = 0, items = 0;
  double weights = 0, buffers = 0, optimizer = 0, data = 0;  // bytes; gradients are as large as weights
};

Sizes sizes_of(const RunConfig& c, const Corpus& corpus) {
  Sizes s;
  s.vocabulary = make_tokenizer(corpus)->vocab_size();
  const std::unique_ptr<ModelConfig> shape = c.shape_for(s.vocabulary);
  s.parameters = capped(shape->parameter_count());
  s.buffers = shape->buffer_bytes();
  s.items = static_cast<int64_t>(corpus.items.size());
  s.symbols = count_code_points(corpus.text);
  for (const std::string& item : corpus.items) s.symbols += count_code_points(item);
  s.weights = 4.0 * static_cast<double>(s.parameters);
  s.optimizer = static_cast<double>(kept_per_weight(c)) * s.weights;
  const bool lines = corpus.format == CorpusFormat::lines, window = c.architecture().reading == Reading::window;
  const double symbols = static_cast<double>(s.symbols), items = static_cast<double>(s.items), context = static_cast<double>(c.context());
  s.data = 8 * (!lines ? symbols : window ? (symbols + items) * (context + 1) : 2 * items * context);
  return s;
}

// A straight line through two measurements.
double along(double at, double x0, double y0, double x1, double y1) { return x1 == x0 ? y0 : y0 + (y1 - y0) * (at - x0) / (x1 - x0); }

bool task_is_text(const TaskSource& source) { return dynamic_cast<const LmSource*>(&source) != nullptr; }

constexpr int64_t kFewestRows = 2;  // of one small batch; a batch norm needs two

// What evaluations take, from the time of one batch of them and from what is held back.
void add_evaluations(RunCost& cost, const RunConfig& c, double seconds_a_batch) {
  const SplitPercent split = SplitPercent::parse(c.split);
  const double targets = static_cast<double>(cost.examples) * static_cast<double>(places_of(c)) / split.train;  // of a percent
  const double per_batch = static_cast<double>(kJudgedAtOnce);
  const auto batches = [&](double percent, int64_t most) {
    return percent > 0 ? std::clamp(std::ceil(targets * percent / per_batch), 1.0, double(most)) : 0.0;
  };
  const int64_t most = c.eval_batches > 0 ? c.eval_batches : kMostJudgements;
  cost.evaluations = c.steps > 0 ? c.steps / c.eval_every + (c.steps % c.eval_every != 0) : 0;
  cost.seconds_per_evaluation = seconds_a_batch * batches(split.dev, most);
  const double common = common_part_of(split) == Part::common ? batches(100 - kCommonBegins, kMostJudgements) : 0;
  const double at_end = batches(split.train, kFinalTrainBatches) + batches(split.dev, kMostJudgements) + batches(split.test, kMostJudgements) + common;
  cost.seconds_at_end = seconds_a_batch * at_end + 3 * cost.seconds_per_step;  // the report looks at a step of the trained and of fresh weights
}

// Memory and time grow in a straight line with the batch: two small batches, really run, give the line. An evaluation is run as
// it is, because its batches have a size of their own. The weights, gradients and optimiser state are counted.
RunCost measured_cost(const RunConfig& config, const TaskSource& source) {
  RunCost cost;
  Measured measured[2];
  int64_t evaluation = 0;
  double evaluation_seconds = 0;
  for (int i = 0; i < 2; ++i) {
    RunConfig small = config;
    small.accumulate = 1;
    small.batch_size = i == 0 ? kFewestRows : std::clamp<int64_t>(config.batch_size, kFewestRows + 1, 8);
    const int64_t before = live();
    Trainer trainer(small, source);
    Task& task = trainer.task();
    cost.parameters = task.model().parameter_count();
    cost.vocab_size = task.symbols();
    cost.examples = task.rows();
    const Parameters& p = trainer.parameters();
    cost.weight_bytes = cost.gradient_bytes = p.values().numel() * size_of(p.dtype());
    cost.optimizer_bytes = kept_per_weight(config) * cost.weight_bytes;
    cost.data_bytes = std::max<int64_t>(0, live() - before - cost.weight_bytes - cost.gradient_bytes - cost.optimizer_bytes);
    if (i == 0) {
      const double begin = monotonic_seconds();
      evaluation = peak_of([&] { trainer.judge(Part::train, 1); });
      evaluation_seconds = monotonic_seconds() - begin;
    }
    measured[i] = one_step(trainer, small.batch_size);
    cost.tokens_per_step = task.symbols() > 0 ? places_of(config) : 1;
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
  if (task_is_text(source)) add_evaluations(cost, config, evaluation_seconds);
  return cost;
}

// --- shapes too large to be tried ------------------------------------------------------------------------------------
// Activations grow in a straight line with each of rows, context, widths and layers while the others stand still. So two small
// values of every size that is large are measured in all combinations, and the lines are drawn on from there.

struct Axis {
  std::string option;  // of the shape; empty: the batch size
  int64_t low, high;
  int64_t of(const RunConfig& c) const { return option.empty() ? c.batch_size : c.shape().size(option); }
  void set(RunConfig& c, int64_t size) const {
    if (option.empty()) c.batch_size = size;
    else c.shape().set_size(option, size);
  }
};

std::vector<Axis> large_axes(const RunConfig& c) {
  std::vector<Axis> axes;
  const auto shrink = [&](const std::string& option, int64_t low) {
    const Axis axis{option, low, 2 * low};
    if (axis.of(c) > axis.high) axes.push_back(axis);
  };
  for (const SizeAxis& a : c.shape().axes()) shrink(a.option, a.low);
  if (!c.full_batch) shrink("", kFewestRows);
  return axes;
}

// Enough of the data for an evaluation, with items that fit the smallest context.
Corpus sample_of(const Corpus& corpus, int64_t longest) {
  Corpus small = corpus;
  const auto cut = [](std::string& text, int64_t symbols) {
    size_t at = 0;
    for (int64_t i = 0; i < symbols && at < text.size(); ++i) next_code_point(text, at);
    text.resize(at);
  };
  cut(small.text, 20000);
  const size_t n = std::min<size_t>(small.items.size(), 5000);
  small.items.resize(n);
  small.line_numbers.resize(n);
  for (std::string& item : small.items) cut(item, longest);
  return small;
}

RunCost extrapolated_cost(const RunConfig& config, const Corpus& corpus, const Sizes& sizes) {
  const std::vector<Axis> axes = large_axes(config);
  RunConfig base = config;
  base.accumulate = 1;
  base.split = "100/0/0";
  base.init_from.clear();
  for (const Axis& a : axes) a.set(base, a.low);
  const LmSource small(sample_of(corpus, base.context() - 1), make_tokenizer(corpus));
  double step = 0, evaluation = 0, rate = 0;  // bytes, bytes, multiplications a second
  for (size_t corner = 0; corner < size_t{1} << axes.size(); ++corner) {
    RunConfig c = base;
    double weight = 1;
    for (size_t i = 0; i < axes.size(); ++i) {
      const Axis& a = axes[i];
      const double t = static_cast<double>(a.of(config) - a.low) / static_cast<double>(a.high - a.low);
      const bool high = corner >> i & 1;
      a.set(c, high ? a.high : a.low);
      weight *= high ? t : 1 - t;
    }
    Trainer trainer(c, small);
    evaluation += weight * static_cast<double>(peak_of([&] { trainer.judge(Part::train, 1); }));
    const Measured m = one_step(trainer, c.batch_size);
    step += weight * static_cast<double>(m.peak_bytes);
    const double work = work_of(c, sizes.vocabulary);
    rate = std::max(rate, work * static_cast<double>(c.batch_size * places_of(c)) / m.seconds);
  }
  const bool lines = corpus.format == CorpusFormat::lines, window = config.architecture().reading == Reading::window;
  RunCost cost;
  cost.vocab_size = sizes.vocabulary;
  cost.parameters = sizes.parameters;
  const double share = SplitPercent::parse(config.split).train / 100;
  cost.examples = static_cast<int64_t>(share * static_cast<double>(!lines ? sizes.symbols : window ? sizes.symbols + sizes.items : sizes.items));
  if (!lines) {
    GRIM_CHECK(cost.examples > config.context(), input, "data",
               "{}: the text is too short: got {} characters to train on, expected more than the context of {}", corpus.source, cost.examples,
               config.context());
    cost.examples -= config.context();
  }
  cost.weight_bytes = cost.gradient_bytes = capped(sizes.weights);
  cost.optimizer_bytes = capped(sizes.optimizer);
  cost.data_bytes = capped(sizes.data);
  if (!window) evaluation *= std::max(1.0, static_cast<double>(config.context()) / double(kJudgedAtOnce));  // of one row at least
  cost.activation_bytes = capped(std::max(evaluation, step));
  cost.report_bytes = cost.weight_bytes;
  cost.checkpoint_bytes = capped(sizes.weights + sizes.optimizer);
  const double rows = config.full_batch ? static_cast<double>(cost.examples) : static_cast<double>(config.batch_size) * static_cast<double>(config.accumulate);
  cost.tokens_per_step = capped(static_cast<double>(places_of(config)) * rows);
  cost.seconds_per_step = work_of(config, sizes.vocabulary) * static_cast<double>(cost.tokens_per_step) / rate;
  add_evaluations(cost, config, work_of(config, sizes.vocabulary) * static_cast<double>(kJudgedAtOnce) / rate / 3);  // no backward: a third of the work
  return cost;
}

// A shape is tried as it is when that takes little memory and a few seconds.
bool is_small(const RunConfig& c, const Sizes& s) {
  const double rows = static_cast<double>(c.full_batch ? s.symbols : std::min<int64_t>(c.batch_size, 8));
  const double tokens = std::max(double(kJudgedAtOnce), rows * static_cast<double>(places_of(c))), context = static_cast<double>(c.context());
  const double widest = static_cast<double>(std::max(c.shape().size("n-embd"), c.shape().size("n-hidden")));
  double width = widest * static_cast<double>(c.shape().size("n-layer") + 1) * 16;
  if (c.architecture().reading == Reading::window) width += 4 * context * widest;
  return 2 * s.weights + s.optimizer + s.data < 1e9 && 4 * tokens * width < 4e9 && tokens * static_cast<double>(s.parameters) < 1e11;
}

// One pass over the data, and nothing beside the counts.
RunCost counting_cost(const RunConfig& config, const Corpus& corpus, const Sizes& sizes) {
  Rng unused(RngMode::philox, 0);
  const LmTask task(config, corpus, unused);
  RunCost cost;
  cost.vocab_size = sizes.vocabulary;
  cost.examples = task.rows();
  cost.weight_bytes = cost.checkpoint_bytes = capped(sizes.buffers);
  cost.data_bytes = capped(sizes.data);
  return cost;
}

}  // namespace

int64_t least_memory(const RunConfig& config, const Corpus& corpus) {
  const Sizes s = sizes_of(config, corpus);
  return capped(2 * s.weights + s.buffers + s.optimizer + s.data);
}

RunCost predict_cost(RunConfig config) { return predict_cost(config, *config.open_task()); }

RunCost predict_cost(RunConfig config, const TaskSource& source) {
  const device::ThreadCap cap(config.threads);
  source.resolve(config);
  const int64_t program = std::max<int64_t>(0, resident_memory() - device::memory_use().committed_bytes);
  RunCost cost;
  if (const auto* const text = dynamic_cast<const LmSource*>(&source)) {
    const Sizes sizes = sizes_of(config, text->corpus());
    cost = config.architecture().counts ? counting_cost(config, text->corpus(), sizes)
           : is_small(config, sizes)    ? measured_cost(config, source)
                                        : extrapolated_cost(config, text->corpus(), sizes);
  } else {
    cost = measured_cost(config, source);
  }
  cost.program_bytes = program;
  return cost;
}

RunCost reckoned_cost(RunConfig config, const Corpus& corpus) {
  const device::ThreadCap cap(config.threads);
  LmSource(corpus).resolve(config);
  return extrapolated_cost(config, corpus, sizes_of(config, corpus));
}

}  // namespace grim
