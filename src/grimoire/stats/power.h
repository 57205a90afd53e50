// Power of the t tests, from the noncentral t distribution.
#pragma once

#include <cstdint>

#include "grimoire/stats/hypothesis.h"

namespace grim::stats {

enum class Design : uint8_t { two_sample, one_sample };  // one_sample: paired too, d in deviations of the differences

struct PowerQuestion {
  double effect = 0.5;  // Cohen's d
  double n = 0;         // values a group; need not be whole
  double alpha = 0.05;
  Alternative alternative = Alternative::two_sided;
  Design design = Design::two_sample;
};
double t_power(const PowerQuestion& question);
// Values a group needed for this power; the same for the effect that n values detect. throws: argument, out of reach
double t_sample_size(const PowerQuestion& question, double power);
double t_detectable_effect(const PowerQuestion& question, double power);

}  // namespace grim::stats
