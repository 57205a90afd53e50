#include "grimoire/optim/optimizer.h"

#include <algorithm>
#include <cmath>

#include "grimoire/optim/update.h"
#include "grimoire/tensor/copy.h"

namespace grim {

void Optimizer::step(double lr, double gradient_scale) {
  parameters_.settle_gradients();
  ++steps_;
  update(lr, gradient_scale);
}

double clip_scale(double norm, double max_norm) { return max_norm > 0 ? std::min(1.0, max_norm / (norm + 1e-6)) : 1.0; }

Sgd::Sgd(Parameters& parameters, const SgdOptions& options) : Optimizer(parameters), options_(options) {
  GRIM_CHECK(options.momentum >= 0 && options.momentum < 1, argument, "sgd", "momentum: got {}, expected 0 to 1",
             options.momentum);
  if (options.momentum > 0) velocity_ = parameters.like_values();
}

std::vector<NamedTensor> Sgd::state() const {
  return velocity_.defined() ? std::vector<NamedTensor>{{"velocity", velocity_}} : std::vector<NamedTensor>{};
}

void Sgd::update(double lr, double gradient_scale) {
  cpu::SgdUpdate u{lr, options_.momentum, options_.dampening, options_.form == Momentum::nesterov, steps_ == 1, {}};
  for (const Parameters::Range& r : parameters_.ranges()) {
    u.lr = lr * r.rate_scale;
    u.penalty = {options_.l2 * r.weight_decay_scale, options_.l1 * r.weight_decay_scale, gradient_scale};
    cpu::sgd(u, parameters_.values(), parameters_.gradients(), velocity_, parameters_.working(), r.begin, r.end);
  }
}

Adam::Adam(Parameters& parameters, const AdamOptions& options)
    : Optimizer(parameters), options_(options), m_(parameters.like_values()), v_(parameters.like_values()) {
  for (double beta : {options.beta1, options.beta2})
    GRIM_CHECK(beta >= 0 && beta < 1, argument, "adam", "beta: got {}, expected 0 to 1", beta);
  if (options.second_moment == SecondMoment::largest) largest_ = parameters.like_values();
}

std::vector<NamedTensor> Adam::state() const {
  std::vector<NamedTensor> all = {{"m", m_}, {"v", v_}};
  if (largest_.defined()) all.push_back({"v_max", largest_});
  return all;
}

void Adam::update(double lr, double gradient_scale) {
  constexpr double kLeastScale = 1e-3;  // or what is zero would stay so
  cpu::AdamUpdate u{lr, options_.beta1, options_.beta2, options_.eps, 0, steps_, {}};
  for (const Parameters::Range& r : parameters_.ranges()) {
    u.lr = lr * r.rate_scale;
    if (options_.relative_step) {
      const double squares = cpu::sum_of_squares(parameters_.values(), r.begin, r.end);
      u.lr *= std::max(kLeastScale, std::sqrt(squares / static_cast<double>(r.tensor.numel())));
    }
    u.weight_decay = options_.weight_decay * r.weight_decay_scale;
    u.penalty = {options_.l2 * r.weight_decay_scale, options_.l1 * r.weight_decay_scale, gradient_scale};
    cpu::adam(u, parameters_.values(), parameters_.gradients(), {m_, v_, largest_}, parameters_.working(), r.begin, r.end);
  }
}

Rms::Rms(Parameters& parameters, const RmsOptions& options)
    : Optimizer(parameters), options_(options), squares_(parameters.like_values()) {
  GRIM_CHECK(options.alpha >= 0 && options.alpha < 1, argument, "rms", "alpha: got {}, expected 0 to 1", options.alpha);
}

std::vector<NamedTensor> Rms::state() const { return {{"squares", squares_}}; }

void Rms::update(double lr, double gradient_scale) {
  const bool mean = options_.squares == PastSquares::mean;
  cpu::RmsUpdate u{lr, mean ? options_.alpha : 1, mean ? 1 - options_.alpha : 1, options_.eps, {}};
  for (const Parameters::Range& r : parameters_.ranges()) {
    u.lr = lr * r.rate_scale;
    u.penalty = {options_.l2 * r.weight_decay_scale, options_.l1 * r.weight_decay_scale, gradient_scale};
    cpu::rms(u, parameters_.values(), parameters_.gradients(), squares_, parameters_.working(), r.begin, r.end);
  }
}

Ema::Ema(const Parameters& parameters, double decay)
    : parameters_(parameters), decay_(decay), average_(copy(parameters.values())) {
  GRIM_CHECK(decay >= 0 && decay < 1, argument, "ema", "decay: got {}, expected 0 to 1", decay);
}
void Ema::update() { cpu::lerp(average_, parameters_.values(), decay_); }
void Ema::swap() {
  const Tensor values = copy(parameters_.values());
  copy_into(parameters_.values(), average_);
  copy_into(average_, values);
  parameters_.refresh();
}

}  // namespace grim
