#pragma once

#include "grimoire/nn/module.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/pointwise.h"

namespace grim {

// tanh as a layer of its own, so that it has a name to be looked at; without parameters.
struct Tanh : Module {
  Tanh(const std::string& name, Module& parent) : Module(name, parent) {}
  Tensor operator()(const Tensor& x) const { return tapped(*this, tanh(x)); }
};

}  // namespace grim
