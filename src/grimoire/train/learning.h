// Did the run learn, and what should be done next? The gap between dev and train loss is variance, that between train loss and
// what would do is avoidable bias; the larger one names the next step.
//   Andrew Ng, "Machine Learning Yearning", chapters 20 to 32.
#pragma once

#include <cmath>
#include <string>

#include "grimoire/base/json.h"
#include "grimoire/train/curves.h"

namespace grim {

enum class LearningKind {
  untrained,   // no step yet
  diverged,    // the loss ran away
  rate,        // it stands still, or came to nothing, because steps are too wide
  too_short,   // it was still falling
  variance,    // dev loss lies above train loss, or has turned up
  bias,        // train loss lies above what would do
  good,
  unknown,     // steps were made, and nothing is left that tells of the last of them
};
const char* name_of(LearningKind kind);

struct Learning {
  LearningKind kind = LearningKind::good;
  std::string text;     // what is the matter, with the figures and the steps they are from
  std::string advice;   // what to do next
  double variance = NAN, bias = NAN;  // nats a token: dev - train, train - target
};

struct LearningHints {
  double uniform_loss = NAN;   // ln V
  double first_loss = NAN;     // of fresh weights
  double target = NAN;         // a loss that would do; without it the counting bigram's is the least to ask for
  double update = NAN;         // log10 of what a step moves the weights by, relative to their size
  double saturated = 0;        // the largest share of saturated units in a layer
  double epochs = NAN;         // how often the run has seen its data
  int64_t step = 0;            // of the weights
  std::string folder = {};     // of the run
  std::string rival = "counting bigrams";  // what the curves' baseline does: TaskWords
};

Learning judge_learning(const Curves& curves, const LearningHints& hints);
Json to_json(const Learning& learning);

}  // namespace grim
