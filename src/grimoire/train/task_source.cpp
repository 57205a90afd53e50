#include "grimoire/train/task_source.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/device/memory.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/train/run_sizes.h"
#include "grimoire/train/trainer.h"

namespace grim {

TaskDefaults lm_task_settings();  // train/lm_source.cpp

namespace {

std::map<std::string, TaskDefaults>& all_tasks() {
  static std::map<std::string, TaskDefaults> tasks = {{"lm", lm_task_settings()}};
  return tasks;
}

int64_t steps_of_epochs(const TaskSource& source, const RunConfig& c) {
  Rng unset(RngMode::unset, 0);
  const int64_t rows = source.make(c, unset)->rows_of_epoch(), drawn = c.full_batch ? rows : c.batch_size * c.accumulate;
  return std::max<int64_t>(1, std::llround(std::ceil(c.epochs * static_cast<double>(rows) / static_cast<double>(std::max<int64_t>(1, drawn)))));
}

}  // namespace

void add_task(const std::string& name, TaskDefaults defaults) {
  GRIM_CHECK(!name.empty() && !all_tasks().contains(name), argument, "task", "the name '{}' is taken: expected a new one", name);
  all_tasks()[name] = std::move(defaults);
}

std::unique_ptr<TaskSettings> default_task_settings(const std::string& name) {
  if (const auto found = all_tasks().find(name); found != all_tasks().end()) return found->second();
  fail(ErrorKind::argument, "task", str("the task '{}' is not known", name), did_you_mean(name, task_names()));
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const auto& [known, defaults] : all_tasks()) names.push_back(known);
  return names;
}

void TaskSource::resolve(RunConfig& c) const {
  c.shape().check();
  if (c.batch_size == 0 && !c.full_batch) c.batch_size = 32;
  if (c.epochs > 0) {
    c.steps = steps_of_epochs(*this, c);
    if (c.warmup >= c.steps) c.warmup = c.steps / 10;  // a recipe's, for more steps
  }
  if (c.eval_every == 0) c.eval_every = std::max<int64_t>(1, std::min<int64_t>(c.steps / 10, 10000));
  if (c.save_every == 0) c.save_every = std::max<int64_t>(1, std::min<int64_t>(c.steps / 5, 20000));
}

std::vector<std::string> TaskSource::warnings(const RunConfig& config) const { return config.shape().warnings(); }
void TaskSource::keep(RunConfig&, const std::string&, RunEvents&) const {}
Json TaskSource::identity(const RunConfig&) const { return Json::object(); }
std::vector<std::string> TaskSource::differences(const Json& saved, const Json& now) const {
  std::vector<std::string> all;
  for (size_t i = 0; i < now.size(); ++i) {
    const std::string& key = now.keys()[i];
    const Json* const before = saved.find(key);
    if (before && before->dump() != now[i].dump()) all.push_back(str("{}: {} then, {} now", key, before->dump(), now[i].dump()));
  }
  return all;
}
std::vector<std::string> TaskSource::other_numbering(const RunConfig&, const std::string&) const { return {}; }
std::vector<std::string> TaskSource::samples(const std::string&) const { return {}; }
double TaskSource::least_memory(const RunConfig&) const { return 0; }
std::unique_ptr<TaskSource> TaskSource::sample(const RunConfig&, int) const { return nullptr; }

// Of a shape that can be shrunk a small model is made, and the weights of the large one are reckoned. The data are those of its context.
RunSizes TaskSource::sizes(const RunConfig& c) const {
  constexpr int64_t kLooked = 1000;
  const std::unique_ptr<TaskSource> whole = sample(c, 1);
  RunConfig small = c;
  if (whole && !c.adapter.base_in_few_bits()) small.init_from.clear();
  const std::vector<SizeAxis> axes = c.axes();
  for (const SizeAxis& a : axes)
    if (a.option != "context") small.shape().set_size(a.option, std::min(a.low, c.shape().size(a.option)));
  const int64_t before = device::memory_use().live_bytes;
  Rng rng(c.rng, static_cast<uint64_t>(c.seed));
  const std::unique_ptr<Task> task = (whole ? *whole : *this).make(small, rng);
  if (c.adapter.adapts()) attach_adapter_of_run(task->model(), c.adapter, small.init_from, rng);
  freeze_as_asked(c, *task);
  RunSizes s{.vocabulary = task->symbols(), .parameters = task->model().parameter_count() + quantised_numbers(task->model()), .examples = task->rows()};
  const int64_t first = 0;
  if (s.examples > 0) s.asked = task->weight({&first, 1});
  std::vector<int64_t> some;
  for (int64_t i = 0; i < kLooked; ++i) some.push_back(i * s.examples / kLooked);
  if (s.examples > 0) s.tokens = task->tokens_in(some) / double(kLooked);
  const auto bytes_of = [](const std::vector<NamedTensor>& tensors) {
    double bytes = 0;
    for (const NamedTensor& t : tensors) bytes += static_cast<double>(t.tensor.numel() * size_of(t.tensor.dtype()));
    return bytes;
  };
  s.frozen = bytes_of(task->model().frozen()), s.buffers = bytes_of(task->model().buffers());
  for (const QuantisedLayer& layer : quantised_layers(task->model())) s.quantised += static_cast<double>(layer.matrix.panels.numel());
  s.weights = s.frozen + bytes_of(task->model().parameters());
  s.data = std::max(0.0, static_cast<double>(device::memory_use().live_bytes - before) - s.weights - s.quantised - s.buffers);
  if (!axes.empty()) {
    const std::unique_ptr<ModelConfig> shape = c.shape_for(s.vocabulary);
    s.parameters = whole_bytes(shape->parameter_count());
    s.frozen *= 4 * shape->parameter_count() / s.weights;
    s.weights = 4 * shape->parameter_count();
    s.buffers = shape->buffer_bytes();
  }
  s.optimizer = static_cast<double>(kept_per_weight(c)) * (s.weights - s.frozen);
  for (const Part part : kAllParts)
    if (task->has(part) && task->same_as(part) == part) s.judged[static_cast<size_t>(part)] = static_cast<double>(task->batches(part));
  s.judges_all = !whole;
  return s;
}

}  // namespace grim
