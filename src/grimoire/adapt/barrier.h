// The loss on the straight line between two models of one shape.
//   Frankle, Dziugaite, Roy and Carbin 2020, "Linear Mode Connectivity and the Lottery Ticket Hypothesis"
#pragma once

#include <functional>
#include <vector>

#include "grimoire/adapt/unit_groups.h"

namespace grim {

struct LossLine {
  std::vector<double> t = {}, loss = {};  // t from 0 to 1
  // How far the loss rises above the straight line between its ends (Entezari et al. 2022); never below 0.
  double barrier() const;
  double middle() const { return loss[loss.size() / 2]; }
};
// `model` is set to (1 - t) a + t b and judged by `loss`, at `points` places, odd and 3 or more; it ends as it was. Running averages are
// averaged as weights are.
LossLine loss_line(const ModelTensors& model, const ModelTensors& a, const ModelTensors& b, int64_t points, const std::function<double()>& loss);

}  // namespace grim
