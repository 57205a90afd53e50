// Is this network healthy? One training step is taken and looked at: what the layers put out, what comes back through them, how
// far the weights move; then said in words.
//   The questions are those of Karpathy's "makemore" part 3 (initial loss, tanh saturation, gradient to data, update to data).
#pragma once

#include <string>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/train/learning.h"
#include "grimoire/train/trainer.h"

namespace grim {

struct Spread {
  double mean = 0, std = 0, low = 0, high = 0;
  double saturated = 0;  // share beyond +-0.97, of values that all lie in [-1, 1]: a tanh
  bool bounded = false;  // do they?
  double zeros = 0;      // share of exact zeros
  bool finite = true;
  std::vector<int64_t> histogram;  // equal bins from low to high
};
Spread spread_of(const Tensor& x);

struct LayerReport {
  std::string name;
  Spread activation, gradient;
};
struct WeightReport {
  std::string name;
  Shape shape;
  Spread weight;
  double gradient_to_data = 0;  // std of the gradient over std of the weight
  double update_to_data = 0;    // std of one step's change over std of the weight; 1e-3 is a good value
};

// How much of a gradient at a recurrent state still arrives at those before it (Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013).
struct BackThroughTime {
  std::string cell;            // its path; empty: the model has none
  std::vector<double> shares;  // of the gradient's norm at the last step, that so many steps before it: shares[0] is 1
  int64_t tenth() const;       // the first step at which a tenth or less is left; -1: at none
};

struct Verdict {
  enum class Tone { good, warning } tone;
  std::string text;
};

struct Diagnosis {
  int64_t step = 0;
  std::string source = {};                    // the checkpoint that was looked at; empty for fresh weights
  double initial_loss = 0, uniform_loss = 0;  // of fresh weights; ln V
  double loss = 0, lr = 0;                    // of the step that was looked at
  std::vector<LayerReport> layers;            // in the order of the forward pass
  std::vector<WeightReport> weights;
  BackThroughTime back;
  std::vector<Verdict> verdicts;
  double update = NAN;                        // log10 of the median update_to_data
  double saturated = 0;                       // the largest share of a layer
  double epochs = NAN;                        // how often the run has seen its data
  Learning learning;                          // its verdict is the first
  bool healthy() const;
};

// Adds what the run's log says about learning. `target`: a loss that would do.
void judge_learning(Diagnosis& diagnosis, const Curves& curves, const std::string& folder, const std::string& rival, double target = NAN);

// Takes one training step to look at it: do not go on training with it. `initial_loss` is that of fresh weights
// of the same run.
Diagnosis diagnose(Trainer& trainer, double initial_loss);
double initial_loss(const RunConfig& config, const TaskSource& source, const std::string& checkpoint = "");  // as TaskSource::make has it

// Of the cell that runs last in a pass over these rows of the task, without dropout: the gradient of a random direction of its last state (of an lstm its
// memory c, else h), where all texts that are as long as the longest have one.
BackThroughTime back_through_time(Task& task, std::span<const int64_t> rows);

Json to_json(const Diagnosis& diagnosis);

}  // namespace grim
