#include "grimoire/classic/pipeline.h"

#include <algorithm>
#include <utility>

#include "grimoire/base/error.h"

namespace grim {

Pipeline::Pipeline(std::vector<std::unique_ptr<Estimator>> steps) : steps_(std::move(steps)) {
  GRIM_CHECK(!steps_.empty(), argument, "pipeline", "got no steps, expected at least a learner");
  for (size_t i = 0; i + 1 < steps_.size(); ++i)
    GRIM_CHECK(steps_[i]->transforms(), argument, "pipeline", "step {} ({}) does not transform, and only the last may not", i + 1,
               steps_[i]->name());
}

const Estimator& Pipeline::last() const {
  GRIM_CHECK(!steps_.empty(), state, "pipeline", "it has no steps: put them in when it is made, or load it");
  return *steps_.back();
}
Estimator& Pipeline::last() { return const_cast<Estimator&>(std::as_const(*this).last()); }

Options Pipeline::params() {
  Options all;
  for (size_t i = 0; i < steps_.size(); ++i)
    for (Option o : steps_[i]->params()) {
      if (i + 1 < steps_.size()) o.name = steps_[i]->name() + "." + o.name;
      all.push_back(std::move(o));
    }
  return all;
}

void Pipeline::fit_on(const Dataset& data) {
  last();
  Dataset step = data;
  for (size_t i = 0; i < steps_.size(); ++i) {
    steps_[i]->fit(step);
    const auto& warnings = steps_[i]->report().warnings;
    report_.warnings.insert(report_.warnings.end(), warnings.begin(), warnings.end());
    if (i + 1 < steps_.size()) step.x = steps_[i]->transform(step.x);
  }
  std::vector<std::string> warnings = std::move(report_.warnings);
  report_ = last().report();
  report_.warnings = std::move(warnings);
}

Features Pipeline::before_last(const Features& x) const {
  Features step = x;
  for (size_t i = 0; i + 1 < steps_.size(); ++i) step = steps_[i]->transform(step);
  return step;
}

void Pipeline::predict_on(const Features& x, double* out) const {
  const std::vector<double> y = last().predict(before_last(x));
  std::copy(y.begin(), y.end(), out);
}
void Pipeline::proba_on(const Features& x, double* out) const {
  const Tensor p = last().predict_proba(before_last(x));
  std::copy(p.data<double>(), p.data<double>() + p.numel(), out);
}

void Pipeline::write(State& state) const {
  for (size_t i = 0; i < steps_.size(); ++i) state.set(str("step{}", i), steps_[i]->to_state());
}
void Pipeline::read(const State& state) {
  std::vector<std::unique_ptr<Estimator>> steps;
  for (int64_t i = 0; state.holds(str("step{}", i)); ++i) steps.push_back(from_state(state.child(str("step{}", i))));
  GRIM_CHECK(!steps.empty(), input, "pipeline", "no steps");
  for (size_t i = 0; i + 1 < steps.size(); ++i)
    GRIM_CHECK(steps[i]->transforms(), input, "pipeline", "step {} ({}) does not transform", i, steps[i]->name());
  GRIM_CHECK(static_cast<int64_t>(steps.back()->classes().size()) == class_count(), input, "pipeline", "{} classes around {} of {}",
             class_count(), steps.back()->classes().size(), steps.back()->name());
  steps_ = std::move(steps);
}

std::unique_ptr<Estimator> Pipeline::clone_empty() const {
  if (steps_.empty()) return std::make_unique<Pipeline>();
  std::vector<std::unique_ptr<Estimator>> steps;
  for (const auto& step : steps_) steps.push_back(step->clone());
  return std::make_unique<Pipeline>(std::move(steps));
}
void Pipeline::write_params(State&) const {}  // every step writes its own
void Pipeline::read_params(const State&) {}

}  // namespace grim
