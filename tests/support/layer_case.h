// One case checks a layer: gradients of its inputs and of all its parameters in float64 by random-weighted central
// differences, every parameter reached, and float32 against float64. Parameters are replaced by random numbers first:
// ones and zeros, where norms and biases start, hide mistakes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/nn/module.h"
#include "support/op_case.h"

namespace grim::test {

using LayerForward = std::function<Tensor(const Inputs&)>;

struct LayerCase {
  std::string name;
  std::vector<OpInput> inputs;
  std::function<LayerForward(Module& root, Dtype dtype)> build;  // makes the layer below root; the function owns it
  double f32_tolerance = 1e-4;
  double grad_tolerance = 1e-6;
};

void check_layer(const LayerCase& layer_case);

// A layer kept alive by the function that runs it:
//   owned<Linear>([](const Linear& l, const Inputs& x) { return l(x[0]); }, root, arguments...)
template <class Layer, class Run, class... Args> LayerForward owned(Run run, Args&&... args) {
  auto layer = std::make_shared<Layer>("layer", std::forward<Args>(args)...);
  return [layer, run](const Inputs& x) { return run(*layer, x); };
}

}  // namespace grim::test
