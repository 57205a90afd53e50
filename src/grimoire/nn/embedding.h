#pragma once

#include "grimoire/nn/init.h"
#include "grimoire/nn/module.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/quantised.h"

namespace grim {

// A row of `weight` (V, C) for each id: ids (...) give (..., C).
struct Embedding : Module {
  Embedding(const std::string& name, Module& parent, int64_t V, int64_t C, Rng& rng, Dtype dtype = Dtype::f32)  // N(0, 1)
      : Embedding(name, parent, normal_init({V, C}, 1, rng, dtype)) {}
  Embedding(const std::string& name, Module& parent, const Tensor& initial)
      : Module(name, parent), weight(parameter("weight", initial)) {}
  Tensor operator()(const Tensor& ids) const;
  Dtype rows_dtype() const;  // of what it gives
  void hold(QuantisedMatrix matrix);  // (C, V), from now on in the place of weight, which is undefined then
  Tensor weight;
  QuantisedMatrix quantised;
  bool keeps_bf16 = false;  // the rows of a table in bf16, or of few bits, as bf16: else they are widened
};

// What a model computes with follows from the rows that its tables hand out: from now on bf16 where those are.
void compute_in_bf16(Module& root);

}  // namespace grim
