// What train and resume share: a run's events told to a Console, its result as text and as JSON.
#pragma once

#include "grimoire/command/command.h"
#include "grimoire/command/flag_words.h"
#include "grimoire/task/folds.h"
#include "grimoire/train/run.h"

namespace grim {

class ConsoleEvents final : public RunEvents {
 public:
  // The flags of the command; of the run's task, for what its speed counts.
  ConsoleEvents(Console& console, Options flags, const TaskWords& words) : console_(console), flags_(std::move(flags)), unit_(words.unit) {}
  void note(const std::string& text) override { console_.say(with_flags(text, flags_)); }
  void progress(const Progress& p) override;
  void evaluated(const EvaluationReport& r) override;
  void saved(const std::string& path, int64_t step) override;
  void begun() override { console_.save_first(true); }
  void all_saved() override { console_.save_first(false); }
  bool stop_requested() override { return console_.stop_requested(); }

 private:
  Console& console_;
  Options flags_;
  std::string unit_;
  int64_t from_step_ = -1;      // the first progress: what is left is reckoned from there on, without the slow first step
  double from_seconds_ = 0;
};

// What became of it, as the last of its events: the run stands whether anybody reads that or not. Gives the exit code.
int show_result(Console& console, const RunResult& result);
int show_folds(Console& console, const FoldedRun& run);

}  // namespace grim
