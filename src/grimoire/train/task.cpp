#include "grimoire/train/task.h"

#include <numeric>

#include "grimoire/io/safetensors.h"

namespace grim {
namespace {

std::vector<int64_t> all_rows(const Task& task) {
  std::vector<int64_t> rows(static_cast<size_t>(task.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

double Task::full_weight() const { return weight(all_rows(*this)); }
Tensor Task::full_loss(Pass& pass) const { return loss(all_rows(*this), pass); }
double Task::baseline(const StopAsked&) const { return NAN; }

CheckpointFile tensor_file(const std::string& name, const std::vector<NamedTensor>& tensors) {
  return {name, [tensors](OutFile& out) {
            TensorMap map;
            for (const NamedTensor& t : tensors) map[t.name] = t.tensor;
            write_safetensors(out, map);
          }};
}

Json about_step(const Task& task, int64_t step) {
  Json about = Json::object({{"step", step}});
  const Json own = task.about();
  for (size_t i = 0; i < own.size(); ++i) about.set(own.keys()[i], own[i]);
  return about;
}

void save_model(const Task& task, const std::string& path, int64_t step) { save_checkpoint(path, task.files(), about_step(task, step)); }

}  // namespace grim
