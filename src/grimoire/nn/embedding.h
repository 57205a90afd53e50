#pragma once

#include "grimoire/nn/module.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/embedding.h"

namespace grim {

// A row of `weight` (V, C) for each id: ids (...) give (..., C).
struct Embedding : Module {
  Embedding(const std::string& name, Module& parent, const Tensor& initial)
      : Module(name, parent), weight(parameter("weight", initial)) {}
  Tensor operator()(const Tensor& ids) const { return tapped(*this, embedding(weight, ids)); }
  Tensor weight;
};

}  // namespace grim
