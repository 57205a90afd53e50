// The loop of a run: steps, evaluations, checkpoints, the log, and the decision when it ends.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "grimoire/train/events.h"
#include "grimoire/train/run_log.h"
#include "grimoire/train/trainer.h"

namespace grim {

class Loop {
 public:
  Loop(Trainer& trainer, RunEvents& events, const std::string& folder);
  // throws: numeric, a run that diverged; the last good checkpoint stands and is named in the hint
  RunResult run();

 private:
  void steps();
  void take_step();
  void tell_progress(const Trainer::Step& step, double now);
  void log_step(const Trainer::Step& step);
  void evaluate_now();
  void save();
  template <class F> std::string keep(const std::string& kind, F&& write, int count);
  RunResult finish();
  void judge_best(RunResult& result);
  bool stopping();
  double recent_loss() const;
  double worst_loss() const;
  double loss_limit() const;
  [[noreturn]] void diverged(const char* which, double loss);
  std::string last_good() const;

  Trainer& trainer_;
  RunEvents& events_;
  std::string folder_;
  RunLog log_;
  Ending ending_ = Ending::finished;
  bool stopping_ = false;
  int64_t saved_step_ = -1, log_every_ = 1;
  double train_loss_ = NAN;               // mean over the steps before the last evaluation
  std::deque<double> recent_;             // losses of the last steps
  double lost_ = NAN;                     // the loss that ended the run
  std::optional<double> judged_;          // of the present weights, when they were evaluated
  Trainer::Window shown_;                 // since the last progress that was told
  double shown_at_ = 0;
  double shown_tokens_ = 0, logged_tokens_ = 0, trained_tokens_ = 0;  // Task::weight of what was trained on
  double logged_seconds_ = 0, trained_seconds_ = 0;
};

}  // namespace grim
