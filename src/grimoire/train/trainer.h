// Trainer: what every training has in common. It owns the generator of random numbers, the optimiser, the schedule, averaged weights and the
// position; the Task says what is trained. All of it is written to checkpoints and read back.
#pragma once

#include <cmath>
#include <limits>
#include <memory>

#include "grimoire/data/batcher.h"
#include "grimoire/nn/experts.h"
#include "grimoire/nn/products.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/optim/schedule.h"
#include "grimoire/train/run_config.h"

namespace grim {

// What stays as it is, by the settings or by its task's rates, is frozen; what is frozen already stays so.
void freeze_as_asked(const RunConfig& config, Task& task);

class Trainer {
 public:
  // The generator draws the model's weights; in torch mode it goes on to draw the batches, as in the notebooks. `checkpoint`: as TaskSource::make
  // has it, still to be loaded. `config` is resolved. throws: input, nothing to train on; as check_recomputes; what the task throws
  Trainer(const RunConfig& config, const TaskSource& source, const std::string& checkpoint = "");

  const TrainerOptions& options() const { return options_; }
  Task& task() { return *task_; }
  Parameters& parameters() { return *parameters_; }
  const std::string& about_embeddings() const { return about_embeddings_; }  // what take_embeddings said; "": there was nothing to take

  // One optimiser step; the mean loss of its examples. throws: numeric, naming the first bad tensor.
  struct Step {
    double loss, lr, gradient_norm;
    double weight;  // Task::weight of all its batches
    RouterLog routers = {};  // what mixtures of experts did
  };
  Step step();

  using Rows = std::vector<int64_t>;  // of the task
  std::vector<Rows> batches_of(int64_t step);  // that it will take, in order in torch mode; with full_batch one without rows
  Step step_with(const std::vector<Rows>& batches);
  struct Mean {
    double loss, weight;
    RouterLog routers = {};
  };
  // The gradient of the mean loss over all examples of all batches, added to the parameters' gradients. With full_batch the rows of the one
  // batch do not count. throws: input, nothing in them weighs
  Mean accumulate_gradients(const std::vector<Rows>& batches);

  // With the averaged weights when the run keeps some.
  Judgement judge(Part part, int64_t batches = 0, const StopAsked& stop = {});

  void save(const std::string& path);        // a checkpoint to go on from. throws: numeric, weights that are not finite
  void save_weights(const std::string& path);  // the model alone, averaged when the run keeps averages, and as few bits hold it when it is trained for them
  void load(const std::string& path);        // what save wrote
  void load_best(const std::string& path);   // what save_weights wrote, to be judged: layers act as it has them
  std::vector<NamedTensor> optimizer_state() const;  // that is saved and loaded beside the weights
  void forget_best();                        // other data judge from now on

  // Losses added up over some steps.
  struct Window {
    double loss = 0;
    int64_t steps = 0;
    void add(double step_loss) { loss += step_loss, ++steps; }
    double mean() const { return steps ? loss / static_cast<double>(steps) : NAN; }
  };
  // How far the run is; saved and restored with the rest.
  struct Position {
    int64_t step = 0;
    double best_loss = std::numeric_limits<double>::infinity();
    double best_score = NAN;       // of a task that has one: Judgement::score
    int64_t best_step = 0;
    int64_t evaluations_since_best = 0;
    double seconds = 0;
    double first_loss = NAN;       // of step 1
    Window since_log, since_evaluation;
    bool evaluation_due = false;   // it was stopped before its evaluation was over
  };
  Position position;

 private:
  [[noreturn]] void refuse_numbers(double loss);
  void turn_fake_quantised(bool on);
  std::vector<CheckpointFile> files() const;  // of the model, or of what learns beside it

  TrainerOptions options_;
  Rng rng_;
  AdapterConfig adapter_;  // made with the task, as is the next
  std::string about_embeddings_;
  std::unique_ptr<Task> task_;
  Json run_;  // for manifests: provenance.h
  std::unique_ptr<Parameters> parameters_;
  std::vector<Rounded> rounded_;  // frozen weights that are saved with the others
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Ema> ema_;
  std::unique_ptr<Batcher> batcher_;
  Schedule schedule_;
};

}  // namespace grim
