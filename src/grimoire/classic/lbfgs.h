// L-BFGS (Liu and Nocedal 1989) for smooth functions of many variables: curvature from the last few steps, a line search for the weak
// Wolfe conditions by bisection (Lewis and Overton 2013).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace grim {

// f(w, gradient): the value, with the gradient written.
using SmoothFunction = std::function<double(const double* w, double* gradient)>;

struct LbfgsResult {
  double value = 0, gradient = 0;  // largest entry of the gradient
  int64_t iterations = 0;
  bool converged = false;          // gradient <= tolerance
};
// `unit`: of each variable, empty for 1: steps and gradients are measured in them, so that a variable of a tiny column counts as others do.
LbfgsResult lbfgs(const SmoothFunction& f, std::vector<double>& w, double tolerance, int64_t most, const std::vector<double>& unit = {});

}  // namespace grim
