#include "grimoire/train/ending.h"

#include <cmath>

namespace grim {

void judge_parts(const Task& task, int64_t train_batches, const StopAsked& stop, RunResult& r) {
  bool stopped = false;
  const StopAsked asked = [&] { return stopped = stopped || (stop && stop()); };
  const auto loss = [&](Part part, int64_t batches = 0) { return !task.has(part) || stopped ? NAN : task.judge(part, batches, asked).loss; };
  const auto scored = [&](Part part, double& score) {
    if (!task.has(part) || stopped) return double(NAN);
    Examination e = examined(task, part, asked);
    score = e.judgement.score;
    r.score_name = e.score_name;
    const double its_loss = e.judgement.loss;
    if (!e.blocks.empty()) r.examined.push_back(std::move(e));
    return its_loss;
  };
  r.score_name = task.score_name();
  if (!r.score_name.empty()) r.chosen_by = r.score_name;
  r.train_loss = loss(Part::train, train_batches);
  r.dev_loss = scored(Part::dev, r.dev_score);
  r.test_loss = scored(Part::test, r.test_score);
  const Part same = task.same_as(Part::common);
  r.common_loss = same == Part::test ? r.test_loss : same == Part::dev ? r.dev_loss : loss(Part::common);
  r.baseline_loss = stopped ? NAN : task.baseline(asked);
}

Json end_event(const RunResult& r) {
  Json event = Json::object({{"event", r.ending == Ending::stopped ? "stopped" : "end"}, {"step", r.step}, {"best_step", r.best_step},
                              {"train_loss", r.train_loss}, {"dev_loss", r.dev_loss}, {"test_loss", r.test_loss}, {"common_loss", r.common_loss},
                              {"baseline_loss", r.baseline_loss}});
  if (!r.score_name.empty()) event.set("score", r.score_name);
  if (std::isfinite(r.dev_score)) event.set("dev_score", r.dev_score);
  if (std::isfinite(r.test_score)) event.set("test_score", r.test_score);
  return event;
}

}  // namespace grim
