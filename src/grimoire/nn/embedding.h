#pragma once

#include "grimoire/nn/init.h"
#include "grimoire/nn/module.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/embedding.h"

namespace grim {

// A row of `weight` (V, C) for each id: ids (...) give (..., C).
struct Embedding : Module {
  Embedding(const std::string& name, Module& parent, int64_t V, int64_t C, Rng& rng, Dtype dtype = Dtype::f32)  // N(0, 1)
      : Embedding(name, parent, normal_init({V, C}, 1, rng, dtype)) {}
  Embedding(const std::string& name, Module& parent, const Tensor& initial)
      : Module(name, parent), weight(parameter("weight", initial)) {}
  Tensor operator()(const Tensor& ids) const { return tapped(*this, embedding(weight, ids)); }
  Tensor weight;
};

}  // namespace grim
