#include "grimoire/train/task.h"

#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"

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
double Task::rate_scale(const std::string&) const { return 1; }
double Task::baseline(const StopAsked&) const { return NAN; }

Examination Task::examine(Part part, const StopAsked& stop) const { return {.judgement = judge(part, 0, stop)}; }

int64_t Task::count() { fail(ErrorKind::argument, "task", "its models are trained, not counted"); }

Examination examined(const Task& task, Part part, const StopAsked& stop) {
  Examination e = task.examine(part, stop);
  e.part = part;
  if (e.score_name.empty()) e.score_name = task.score_name();
  return e;
}

double judge_rows(const Task& task, int64_t n) {
  const NoGrad no_grad;
  std::vector<int64_t> rows(static_cast<size_t>(n));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i) % task.rows();
  Pass pass = Pass::evaluation();
  return task.loss(rows, pass).item();
}

Json about_step(int64_t step, const Json& run) { return Json::object({{"step", step}, {"run", run}}); }

void save_model(const Task& task, const std::string& path, int64_t step, const Json& run) {
  save_checkpoint(path, task.files(), about_step(step, run));
}

}  // namespace grim
