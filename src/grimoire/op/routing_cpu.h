#pragma once

#include <span>

#include "grimoire/op/routing.h"

namespace grim::cpu {

// All dense. Places as in Routing; `y` and `dy` hold one tensor an expert, undefined for one without rows.

// row and place from chosen (N, k): begin (E + 1) says how many places each expert has; who comes too late for them is dropped.
void place_rows(const Tensor& chosen, std::span<const int64_t> begin, const Tensor& row, const Tensor& place);
// How often each expert is chosen. Gives the first row with an expert outside or twice; -1: none.
int64_t count_choices(const Tensor& chosen, std::span<int64_t> counts);

// dx[n] = beta dx[n] + sum over j of dy[place[n][j]], beta 0 or 1; dy (M, C), f32, f64 or bf16.
void add_places(const Tensor& dy, const Tensor& place, const Tensor& dx, float beta);
// out[n] = sum over j of weights[n][j] * y[place[n][j]]
void combine(std::span<const Tensor> y, std::span<const int64_t> begin, const Tensor& weights, const Tensor& place, const Tensor& out);
// dy[p] = weights of that choice * dout[row[p]]
void combine_backward(const Tensor& dout, const Tensor& weights, const Routing& routing, std::span<const Tensor> dy);
// dweights[n][j] = dout[n] . y[place[n][j]], 0 where it was dropped
void combine_weights_backward(const Tensor& dout, std::span<const Tensor> y, std::span<const int64_t> begin, const Tensor& place, const Tensor& dweights);

}  // namespace grim::cpu
