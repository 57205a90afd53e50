// Recurrent layers over (B, T, C) sequences, with PyTorch's parameters and gate order.
//   rnn   h' = tanh(x Wx + bx + h Wh + bh)                                            (Elman 1990)
//   gru   r, z = sigmoid; n = tanh(x Wn + bn + r (h Un + cn)); h' = (1 - z) n + z h   (Cho et al. 2014)
//   lstm  i, f, g, o; c' = f c + i g; h' = o tanh(c')                                 (Hochreiter and Schmidhuber 1997)
#pragma once

#include <memory>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/module.h"
#include "grimoire/nn/packed_steps.h"

namespace grim {

enum class Cell { rnn, gru, lstm };
enum class Direction { forward, both };
int64_t gate_count(Cell cell);  // 1, 3, 4

struct RecurrentState {
  Tensor h;  // (B, C)
  Tensor c;  // (B, C), lstm only
};

// One step. ih (in, gates * C), hh (C, gates * C), biases (gates * C): the transposes of PyTorch's, under its names (weight_ih, bias_ih, ...).
struct RecurrentCell : Module {
  RecurrentCell(const std::string& name, Module& parent, Cell cell, int64_t in, int64_t hidden, Rng& rng, Dtype dtype = Dtype::f32);
  RecurrentState operator()(const Tensor& x, const RecurrentState& state) const;  // x (B, in)
  // The input's share of every gate for a whole sequence at once, then one step from it.
  Tensor input_gates(const Tensor& x) const;                                          // (..., in) -> (..., gates * C)
  RecurrentState step(const Tensor& gates, const RecurrentState& state) const;        // gates (B, gates * C)
  RecurrentState zero_state(int64_t B) const;
  Cell cell;
  int64_t hidden;
  Dtype dtype;
  Linear ih, hh;

 private:
  struct Initial {
    Tensor weight_ih, weight_hh, bias_ih, bias_hh;
  };
  RecurrentCell(const std::string& name, Module& parent, Cell cell, int64_t hidden, const Initial& initial);
};

struct RecurrentOptions {
  Cell cell = Cell::rnn;
  int64_t in = 0, hidden = 0, layers = 1;
  Direction direction = Direction::forward;
  Dtype dtype = Dtype::f32;
  double dropout = 0;  // of packed texts: of what a layer hands to the next, in training
};

// A stack of cells run along T. Both directions: outputs are joined, forward half first.
struct RecurrentStack : Module {
  RecurrentStack(const std::string& name, Module& parent, const RecurrentOptions& options, Rng& rng);
  // x (B, T, in) -> (B, T, hidden or 2 hidden). `state` has one entry a layer and direction; empty means zeros. It is
  // replaced by the final state.
  Tensor operator()(const Tensor& x, std::vector<RecurrentState>& state) const;
  Tensor operator()(const Tensor& x) const;
  // The same of texts of unequal lengths, one behind the other: x (N, in) -> (N, hidden or 2 hidden), each text as it is alone. States (texts, hidden) are
  // in the order of the texts; the final one of a text is that behind its last token, backwards behind its first.
  Tensor packed(const Tensor& x, const PackedSteps& steps, std::vector<RecurrentState>& state, Pass& pass) const;
  RecurrentOptions options;
  std::vector<std::unique_ptr<RecurrentCell>> cells;  // layer 0 forward, layer 0 backward, layer 1 forward, ...
};

}  // namespace grim
