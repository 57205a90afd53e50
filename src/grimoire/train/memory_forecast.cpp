#include "grimoire/train/memory_forecast.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "grimoire/device/memory_trace.h"
#include "grimoire/nn/experts.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/train/diagnosis.h"
#include "grimoire/train/run_sizes.h"
#include "grimoire/train/trainer.h"

namespace grim {
namespace {

// A run that was made, or is foretold, as what it asked of the pool.
struct Rehearsal {
  device::MemoryTrace trace;
  size_t trained = 0;  // events before the report
  MemoryForecast bytes;  // instead, where no trace could be foretold
  MemoryForecast forecast() const { return trace.events.empty() ? bytes : MemoryForecast{trace.bytes(trained), trace.bytes()}; }
};

// --- texts that differ in length ------------------------------------------------------------------------------------
// Every batch has another size, and so has every block. The pool keeps what it once had, so that it grows by each batch whose blocks are not found among
// those of the batches before: most by the largest, and by those of sizes that are new.

// Which of the run's steps those are, in their order; a size is new where it differs from all before by about a tenth.
struct TellingStep {
  int64_t step;
  std::vector<Trainer::Rows> batches;
};
std::vector<TellingStep> telling_steps(Trainer& trainer, int64_t steps) {
  constexpr int64_t kLooked = 100000;
  constexpr double kSizesOfOctave = 8;
  std::set<int64_t> seen;
  std::vector<TellingStep> chosen;
  TellingStep most;
  double largest = -1;
  for (int64_t step = 0; step < std::min(steps, kLooked); ++step) {
    TellingStep now{step, trainer.batches_of(step)};
    double size = 0;
    for (const Trainer::Rows& rows : now.batches) size = std::max(size, trainer.task().tokens_in(rows));
    if (size > largest) largest = size, most = now;
    if (seen.insert(std::llround(kSizesOfOctave * std::log2(std::max(1.0, size)))).second) chosen.push_back(std::move(now));
  }
  const auto at = std::ranges::lower_bound(chosen, most.step, {}, &TellingStep::step);
  if (at == chosen.end() || at->step != most.step) chosen.insert(at, std::move(most));
  return chosen;
}

// `n` of a batch's rows, of all lengths in it alike, with as large a share of its tokens: of each nth of them, sorted by length, the one that makes up best
// for what those before lack.
Trainer::Rows fewer(const Task& task, const Trainer::Rows& rows, int64_t n) {
  std::vector<std::pair<double, int64_t>> sorted;  // tokens, row
  for (const int64_t row : rows) sorted.emplace_back(task.tokens_in({&row, 1}), row);
  std::ranges::sort(sorted);
  Trainer::Rows some;
  double lacking = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t N = std::ssize(sorted), begin = i * N / n, end = (i + 1) * N / n;
    double wanted = lacking;
    for (int64_t k = begin; k < end; ++k) wanted += sorted[static_cast<size_t>(k)].first / static_cast<double>(end - begin);
    const auto nearest = std::min_element(sorted.begin() + begin, sorted.begin() + end,
                                          [&](const auto& x, const auto& y) { return std::abs(x.first - wanted) < std::abs(y.first - wanted); });
    lacking = wanted - nearest->first;
    some.push_back(nearest->second);
  }
  return some;
}

// The batches of each part that are judged first; where they are sorted by length, those are the largest.
void judge_some(const Task& task) {
  constexpr int64_t kBatches = 4;
  for (const Part part : {Part::dev, Part::train}) {
    int64_t begun = 0;
    if (task.has(part)) task.judge(part, kBatches, [&] { return ++begun > kBatches; });
  }
}

// The telling steps of a run of batches of `c`, each with `rows` of its rows, and an evaluation where the first would be.
void train_on_texts(const RunConfig& c, const TaskSource& source, int64_t rows) {
  Trainer trainer(c, source);
  bool judged = false;
  for (TellingStep& t : telling_steps(trainer, c.steps)) {
    if (t.step >= c.eval_every && !judged) judge_some(trainer.task()), judged = true;
    if (rows < c.batch_size && !c.full_batch)
      for (Trainer::Rows& batch : t.batches) batch = fewer(trainer.task(), batch, rows);
    trainer.step_with(t.batches);
  }
  judge_some(trainer.task());
}

// What run_to_its_end (train/run.cpp) does, without its files. `judged`: batches of its evaluations; empty: texts differ in length, and of each batch
// so many rows are taken.
Rehearsal rehearse(RunConfig c, const TaskSource& source, const std::vector<int64_t>& judged, int64_t rows) {
  Rehearsal r;
  const device::MemoryRecorder recorder(r.trace);
  const EvenRouting even;
  Rng rng(RngMode::philox, 0);
  const bool counts = c.architecture().counts;
  const auto judge = [&](const Task& task) {
    for (const int64_t n : judged) judge_rows(task, n);
  };
  if (counts) {
    judge(*source.make(c, rng));  // counting reads batches of the same size, as many as there are
  } else if (judged.empty()) {
    train_on_texts(c, source, rows);
    c.batch_size = std::min(c.batch_size, rows);
  } else {
    Trainer trainer(c, source);
    for (int64_t i = 0; i < 2; ++i) trainer.step();  // the second finds what the first has left behind
    judge(trainer.task());
  }
  r.trained = r.trace.events.size();
  if (!counts) {
    const double start = initial_loss(c, source);
    Trainer trainer(c, source);
    for (const NamedTensor& weight : trainer.task().model().checkpoint()) copy(weight.tensor);  // as they are read, one after another
    for (const NamedTensor& state : trainer.optimizer_state()) copy(state.tensor);
    diagnose(trainer, start);
  }
  const std::unique_ptr<Task> sampled = source.make(c, rng);  // a fresh model, and the weights that were saved
  std::vector<Tensor> saved;
  for (const NamedTensor& weight : sampled->model().checkpoint()) saved.push_back(copy(weight.tensor));
  return r;
}

// --- from small sizes to large ones ----------------------------------------------------------------------------------
// The bytes of each block are a polynomial in the batch, the data, the context and the widths. So a few small values of every size that is large are
// rehearsed in all combinations, and each block is extrapolated by itself.

struct Axis {
  std::string option;  // "": the data
  std::vector<double> at;
  double real;
  std::function<void(RunConfig&, size_t point)> set;

  // Lagrange's weights: the polynomial through (at[i], y[i]) is sum w[i] y[i] at `real`.
  std::vector<double> weights() const {
    std::vector<double> w(at.size(), 1);
    for (size_t i = 0; i < at.size(); ++i)
      for (size_t k = 0; k < at.size(); ++k)
        if (k != i) w[i] *= (real - at[k]) / (at[i] - at[k]);
    return w;
  }
};

bool same_events(const std::vector<Rehearsal>& all) {
  return std::all_of(all.begin(), all.end(), [&](const Rehearsal& r) { return !r.trace.events.empty() && r.trace.events == all[0].trace.events; });
}

// More layers, or more steps of a recurrence, are more blocks rather than larger ones: then the sums are extrapolated.
Rehearsal extrapolated(std::vector<Rehearsal> all, const std::vector<double>& weights) {
  Rehearsal r;
  if (same_events(all)) {
    r = std::move(all[0]);
    for (double& size : r.trace.sizes) size *= weights[0];
    for (size_t i = 1; i < all.size(); ++i)
      for (size_t k = 0; k < r.trace.sizes.size(); ++k) r.trace.sizes[k] += weights[i] * all[i].trace.sizes[k];
    for (double& size : r.trace.sizes) size = std::max(0.0, std::round(size));
    return r;
  }
  for (size_t i = 0; i < all.size(); ++i) {
    const MemoryForecast f = all[i].forecast();
    r.bytes.trained += weights[i] * f.trained;
    r.bytes.total += weights[i] * f.total;
  }
  return r;
}

std::vector<Axis> axes_of_shape(const RunConfig& c) {
  std::vector<Axis> axes;
  for (const SizeAxis& a : c.axes()) {
    const int64_t real = c.shape().size(a.option), low = a.low;
    if (a.option == "context" && c.places() < c.context()) continue;  // it is its examples that grow, and they are small
    if (real <= (a.degree + 1) * low) continue;
    Axis axis{.option = a.option, .at = {}, .real = static_cast<double>(real), .set = {}};
    axis.set = [=](RunConfig& small, size_t i) { small.shape().set_size(a.option, low * (static_cast<int64_t>(i) + 1)); };
    for (int i = 0; i <= a.degree; ++i) axis.at.push_back(static_cast<double>(low * (i + 1)));
    axes.push_back(axis);
  }
  return axes;
}

class Rehearsals {
 public:
  Rehearsals(const RunConfig& config, const TaskSource& source, const RunSizes& sizes)
      : config_(config), source_(source), axes_(axes_of_shape(config)), vocabulary_(sizes.vocabulary) {
    config_.accumulate = std::min<int64_t>(2, config_.accumulate);
    constexpr int64_t kFewest = 2;  // a batch norm needs two
    add_batch(kFewest);
    add_data(sizes);
    if (judged_.empty()) keep_batches(kFewest, sizes.tokens);
  }

  MemoryForecast forecast() { return along(0, config_).forecast(); }

 private:
  static constexpr std::string_view kBatch = "batch-size", kContext = "context";

  void add_batch(int64_t few) {
    if (config_.full_batch || config_.batch_size <= 2 * few) return;
    axes_.push_back({.option = std::string(kBatch), .at = {static_cast<double>(few), static_cast<double>(2 * few)},
                     .real = static_cast<double>(config_.batch_size),
                     .set = [few](RunConfig& small, size_t i) { small.batch_size = few * (static_cast<int64_t>(i) + 1); }});
  }

  // Of texts that differ in length a few say little about many. So batches are rehearsed as long as they are, and up to a size as large as they are.
  void keep_batches(int64_t fewest, double tokens_of_row) {
    constexpr double kTokens = 4096;
    std::erase_if(axes_, [](const Axis& a) { return a.option == kBatch || a.option == kContext; });
    rows_ = config_.batch_size;
    const int64_t few = std::max(fewest, whole_bytes(kTokens / std::max(1.0, tokens_of_row)));
    if (config_.full_batch || config_.batch_size <= 2 * few) return;
    axes_.push_back({.option = std::string(kBatch), .at = {static_cast<double>(few), static_cast<double>(2 * few)},
                     .real = static_cast<double>(config_.batch_size),
                     .set = [this, few](RunConfig&, size_t i) { rows_ = few * (static_cast<int64_t>(i) + 1); }});
  }

  void add_data(const RunSizes& sizes) {
    RunConfig smallest = config_;
    for (const Axis& a : axes_) a.set(smallest, 0);
    for (int times = 1; times <= (sizes.extent > 0 ? 2 : 1); ++times) {
      samples_.push_back(source_.sample(smallest, times));
      if (!samples_.back()) return samples_.clear();
    }
    if (!config_.adapter.base_in_few_bits()) config_.init_from.clear();
    if (sizes.extent == 0) return;
    judged_ = judged_sizes(sizes);
    Axis axis{.option = "", .at = {}, .real = sizes.extent, .set = [this](RunConfig&, size_t i) { data_ = i; }};
    for (const auto& sample : samples_) axis.at.push_back(sample->sizes(smallest).extent);
    if (axis.at[0] < axis.at[1]) axes_.push_back(axis);
  }

  // All sizes from the i-th on still have to grow.
  Rehearsal along(size_t i, const RunConfig& c) {
    if (i == axes_.size()) return rehearse(c, samples_.empty() ? source_ : *samples_[data_], judged_, rows_);
    std::vector<Rehearsal> all;
    std::vector<double> buffers;  // of the model
    for (size_t point = 0; point < axes_[i].at.size(); ++point) {
      RunConfig small = c;
      axes_[i].set(small, point);
      all.push_back(along(i + 1, small));
      buffers.push_back(small.shape_for(vocabulary_)->buffer_bytes());
    }
    if (buffers.front() == buffers.back() || !same_events(all)) return extrapolated(std::move(all), axes_[i].weights());
    return with_table(all, buffers, c.shape_for(vocabulary_)->buffer_bytes(), axes_[i].weights());
  }

  // A table of counts grows faster than any polynomial, but its bytes are known: its blocks are those that grow as it does.
  static Rehearsal with_table(const std::vector<Rehearsal>& all, const std::vector<double>& buffers, double real, const std::vector<double>& weights) {
    Rehearsal r = extrapolated(all, weights);
    for (size_t k = 0; k < r.trace.sizes.size(); ++k) {
      bool table = true;
      for (size_t i = 0; i < all.size(); ++i) table = table && all[i].trace.sizes[k] == buffers[i];
      if (table) r.trace.sizes[k] = real;
    }
    return r;
  }

  RunConfig config_;
  const TaskSource& source_;
  std::vector<Axis> axes_;
  std::vector<std::unique_ptr<TaskSource>> samples_;
  std::vector<int64_t> judged_;
  int64_t vocabulary_, rows_ = 1;
  size_t data_ = 0;
};

}  // namespace

MemoryForecast forecast_memory(const RunConfig& config, const TaskSource& source, const RunSizes& sizes) {
  return Rehearsals(config, source, sizes).forecast();
}

}  // namespace grim
