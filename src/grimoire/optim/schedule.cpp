#include "grimoire/optim/schedule.h"

#include <cmath>
#include <numbers>

#include "grimoire/base/error.h"

namespace grim {

double learning_rate(const Schedule& s, int64_t step) {
  if (step < s.warmup) return s.lr * static_cast<double>(step + 1) / static_cast<double>(s.warmup + 1);
  switch (s.decay) {
    case Decay::constant: return s.lr;
    case Decay::cosine:
    case Decay::linear: {
      if (step >= s.total) return s.min_lr;
      const double progress = static_cast<double>(step - s.warmup) / static_cast<double>(s.total - s.warmup);
      const double left = s.decay == Decay::linear ? 1 - progress : 0.5 * (1 + std::cos(std::numbers::pi * progress));
      return s.min_lr + left * (s.lr - s.min_lr);
    }
    case Decay::step: {
      GRIM_CHECK(s.step_every > 0, argument, "schedule", "step decay needs step_every > 0, got {}", s.step_every);
      return s.lr * std::pow(s.factor, static_cast<double>(step / s.step_every));
    }
    case Decay::inverse_sqrt:  // Vaswani et al. 2017, section 5.3, scaled to `lr` at step `warmup`
      return s.lr * std::sqrt(static_cast<double>(s.warmup + 1) / static_cast<double>(step + 1));
  }
  return s.lr;
}

}  // namespace grim
