#include "grimoire/train/counting.h"

#include <algorithm>

#include "grimoire/base/clock.h"
#include "grimoire/train/ending.h"
#include "grimoire/train/run_log.h"

namespace grim {

int64_t counts_of(const Module& model) {
  int64_t n = 0;
  for (const NamedTensor& b : model.buffers()) n += b.tensor.numel();
  return n;
}

RunResult count_run(Task& task, const Json& run, RunEvents& events, const std::string& folder) {
  const double begin = monotonic_seconds();
  const int64_t tokens = task.count();
  const std::string best = join_path(folder, "best");
  files().make_dirs(best);
  RunResult r{.step = 1, .best_step = 1, .parameters = counts_of(task.model())};
  r.seconds = monotonic_seconds() - begin;
  r.tokens_per_second = static_cast<double>(tokens) / std::max(1e-9, r.seconds);
  save_model(task, join_path(best, "step-1"), 1, run);
  events.saved(join_path(best, "step-1"), 1);
  bool stopping = false;
  const StopAsked stop = [&] { return stopping = stopping || events.stop_requested(); };
  judge_parts(task, 0, stop, r);
  r.uniform_loss = task.guessing();
  r.folder = folder;
  r.checkpoint = join_path(best, "step-1");
  if (stopping) r.ending = Ending::stopped;
  RunLog log(join_path(folder, "metrics.jsonl"));
  log.drop_after(0);
  log.write(end_event(r));
  return r;
}

}  // namespace grim
