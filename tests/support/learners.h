// Learners of the register, small enough for suites that run over all of them.
#pragma once

#include <memory>
#include <string>

#include "grimoire/classic/estimator.h"

namespace grim::test {

// Few trees, rounds and starts; what is built around others gets these.
std::unique_ptr<Estimator> small_learner(const std::string& name);
void set_if_there(Estimator& learner, const std::string& param, double value);  // nothing when it has no such parameter

}  // namespace grim::test
