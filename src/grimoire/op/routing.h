// Rows that go to some of several places, and what comes back: of the rows of a mixture of experts each is worked on by few.
#pragma once

#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

// Where N rows go of which each chose k of E experts. Places are sorted by expert, those of one expert by row.
struct Routing {
  Tensor row;                  // (M,) i64: which one stands at a place
  Tensor place;                // (N, k) i64: where a row's choice stands; -1: dropped
  std::vector<int64_t> begin;  // (E + 1): the places of expert e are begin[e] to begin[e + 1] - 1
  std::vector<int64_t> chosen;  // (E): how many rows chose it, those that were dropped among them

  int64_t rows() const { return place.dim(0); }     // N
  int64_t choices() const { return place.dim(1); }  // k
  int64_t places() const { return begin.back(); }   // M
  int64_t dropped() const { return place.numel() - places(); }
  int64_t load(size_t expert) const { return begin[expert + 1] - begin[expert]; }
};

// chosen (N, k) i64, the best first. An expert takes `capacity` rows at most, 0: all; every row's first choice comes before any second one, and among
// equals the row that stands first (Lepikhin et al. 2020, "GShard", algorithm 1). throws: argument, an expert outside 0 to experts - 1 or twice in a row
Routing routing(const Tensor& chosen, int64_t experts, int64_t capacity = 0);

// x (N, C) to the places (M, C), and y[e] (load(e), C) of each expert, undefined for one without rows, back: row n is the sum over its choices j of
// weights[n][j] * y[place[n][j]], without those that were dropped: (N, C), of y's dtype. Sums are f32's and in the order of the choices. weights (N, k)
// are f32, or f64 as y.
Tensor dispatched(const Tensor& x, const Routing& routing);
Tensor combined(const std::vector<Tensor>& y, const Tensor& weights, const Routing& routing);

}  // namespace grim
