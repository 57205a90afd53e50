// What a run tells while it works, and what became of it.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/train/judgement.h"

namespace grim {

struct Progress {
  int64_t step = 0, steps = 0;  // done, planned
  double loss = 0;              // mean since the last one
  double lr = 0;
  double gradient_norm = 0;     // 0 when it was not needed
  double tokens_per_second = 0;
  double seconds = 0;           // of training so far, without evaluations
};

struct EvaluationReport {
  int64_t step = 0;
  double train_loss = 0, dev_loss = 0;  // nats a token: mean over the steps since the last evaluation; NaN when there is no dev part
  double dev_score = NAN;               // of a task that has one
  std::string score_name = {};          // Task::score_name
  bool best = false;
};

// What a run tells while it works. Called from the training thread.
class RunEvents {
 public:
  virtual ~RunEvents() = default;
  virtual void note(const std::string&) {}                  // a fact for people: sizes, warnings, where things are
  virtual void progress(const Progress&) {}                 // about twice a second
  virtual void evaluated(const EvaluationReport&) {}
  virtual void saved(const std::string& /*path*/, int64_t /*step*/) {}  // after it is durable
  virtual void begun() {}                                   // from here on a stop has to be asked for; before, ending loses nothing
  virtual void all_saved() {}                               // from here on ending loses the last figures and pages alone
  virtual bool stop_requested() { return false; }           // asked after every step and batch of an evaluation: save and return
};

enum class Ending { finished, stopped, early };  // all steps done; asked to stop; no better dev loss for `patience` evaluations

// What people read of a task's runs.
struct TaskWords {
  std::string unit = "example";             // what a loss is the mean over, and speeds count
  std::string baseline = "baseline";        // that of Task::baseline
  std::string next = "grimoire doctor {}";  // what to do with the run's folder when it has ended
  std::string rival = "counting bigrams";   // what the baseline does
};

struct RunResult {
  Ending ending = Ending::finished;
  int64_t step = 0, best_step = 0, parameters = 0;
  double train_loss = 0, dev_loss = 0, test_loss = 0;  // of the best weights
  double dev_score = NAN, test_score = NAN;            // likewise, where there is one
  std::string score_name = {};                         // Examination::score_name
  std::string chosen_by = "loss";                      // what on dev said which weights are best
  std::vector<Examination> examined = {};              // likewise, of dev and test, where the task has more to tell than that
  double common_loss = 0;                              // of the best weights on the last tenth (LmData::common)
  double baseline_loss = 0;                            // Task::baseline: of text, the add-1 bigram on the same dev (or train) part
  double uniform_loss = 0;                             // ln V: that of guessing
  double tokens_per_second = 0, seconds = 0;
  int64_t vocab_size = 0;
  std::string folder = {}, checkpoint = {};
  TaskWords words = {};
};

}  // namespace grim
