// Learning-rate schedules: pure functions of the step (0 is the first).
#pragma once

#include <cstdint>

namespace grim {

enum class Decay { constant, cosine, step, inverse_sqrt, linear };  // inverse_sqrt: lr * sqrt((warmup + 1) / (s + 1))

struct Schedule {
  Decay decay = Decay::constant;
  double lr = 1e-3;         // the peak
  double min_lr = 0;        // cosine and linear end here
  int64_t warmup = 0;       // steps of linear growth: lr * (s + 1) / (warmup + 1)
  int64_t total = 0;        // cosine and linear reach min_lr at this step
  int64_t step_every = 0;   // step: lr *= factor after each this many steps
  double factor = 0.1;
};

double learning_rate(const Schedule& schedule, int64_t step);

}  // namespace grim
