// Matrices of few bits (device/quantised.h): made once, multiplied by, never changed. No gradient goes to them, but through them to what meets them.
#pragma once

#include "grimoire/device/quantised.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

using device::BlockType;

struct QuantisedMatrix {  // (in, out)
  BlockType type = BlockType::q8_0;
  int64_t in = 0, out = 0;
  Tensor panels = {};  // u8

  bool defined() const { return panels.defined(); }
};

// W (out, in) of floats, each rounded; throws: shape, rows that are no multiple of 32
QuantisedMatrix quantised(const Tensor& w, BlockType type);
// W from ggml's blocks, u8, its rows one after the other.
QuantisedMatrix quantised(const Tensor& blocks, BlockType type, int64_t out, int64_t in);
// W (in, out) as it acts, made anew, in f32 or rounded to bf16.
Tensor dense(const QuantisedMatrix& w, Dtype dtype);
// Of a table, whose W' has a row for each id: those that ids (...) name, (..., in), as embedding (op/embedding.h).
Tensor quantised_rows(const QuantisedMatrix& w, const Tensor& ids, Dtype dtype);

}  // namespace grim
