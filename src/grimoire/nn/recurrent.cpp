#include "grimoire/nn/recurrent.h"

#include <cmath>

#include "grimoire/nn/dropout.h"
#include "grimoire/nn/init.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/linear.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"

namespace grim {

int64_t gate_count(Cell cell) { return cell == Cell::rnn ? 1 : cell == Cell::gru ? 3 : 4; }

namespace {

// PyTorch's default: every weight uniform in +-1/sqrt(hidden).
Tensor draw(const Shape& shape, int64_t hidden, Rng& rng, Dtype dtype) {
  return uniform_init(shape, 1 / std::sqrt(static_cast<double>(hidden)), rng, dtype);
}

Tensor gate(const Tensor& gates, int64_t i, int64_t hidden) { return slice(gates, -1, i * hidden, (i + 1) * hidden); }

// The shares of the gates; taps see the cell's outputs, not these.
Tensor shares(const Linear& layer, const Tensor& x) { return layer.product().apply(x, layer.bias(), Activation::none); }

RecurrentState rnn_step(const RecurrentCell& cell, const Tensor& from_x, const Tensor& from_h) {
  return {tapped(cell, tanh(from_x + from_h), SiteKind::state), {}};
}

// r, z, n in this order; the reset gate acts on the hidden share of n, after its product.
RecurrentState gru_step(const RecurrentCell& cell, const Tensor& from_x, const Tensor& from_h, const RecurrentState& s) {
  const int64_t C = cell.hidden;
  const Tensor rz = sigmoid(tapped(cell, slice(from_x, -1, 0, 2 * C) + slice(from_h, -1, 0, 2 * C), SiteKind::gates));
  const Tensor r = gate(rz, 0, C), z = gate(rz, 1, C);
  const Tensor n = tanh(gate(from_x, 2, C) + r * gate(from_h, 2, C));
  return {tapped(cell, n + z * (s.h - n), SiteKind::state), {}};
}

// i, f, g, o in this order.
RecurrentState lstm_step(const RecurrentCell& cell, const Tensor& from_x, const Tensor& from_h, const RecurrentState& s) {
  const int64_t C = cell.hidden;
  const Tensor gates = tapped(cell, from_x + from_h, SiteKind::gates);
  const Tensor i = sigmoid(gate(gates, 0, C)), f = sigmoid(gate(gates, 1, C));
  const Tensor g = tanh(gate(gates, 2, C)), o = sigmoid(gate(gates, 3, C));
  const Tensor c = tapped(cell, f * s.c + i * g, SiteKind::state);
  return {o * tanh(c), c};
}

}  // namespace

RecurrentCell::RecurrentCell(const std::string& name, Module& parent, Cell kind, int64_t in, int64_t width, Rng& rng, Dtype dtype)
    : RecurrentCell(name, parent, kind, width,
                    Initial{.weight_ih = draw({in, gate_count(kind) * width}, width, rng, dtype),
                            .weight_hh = draw({width, gate_count(kind) * width}, width, rng, dtype),
                            .bias_ih = draw({gate_count(kind) * width}, width, rng, dtype),
                            .bias_hh = draw({gate_count(kind) * width}, width, rng, dtype)}) {}

RecurrentCell::RecurrentCell(const std::string& name, Module& parent, Cell kind, int64_t width, const Initial& initial)
    : Module(name, parent), cell(kind), hidden(width), dtype(initial.weight_ih.dtype()),
      ih("ih", *this, Linear::InParent{}, initial.weight_ih), hh("hh", *this, Linear::InParent{}, initial.weight_hh) {
  ih.add_bias("bias_ih", initial.bias_ih);
  hh.add_bias("bias_hh", initial.bias_hh);
}

Tensor RecurrentCell::input_gates(const Tensor& x) const { return shares(ih, x); }

RecurrentState RecurrentCell::step(const Tensor& from_x, const RecurrentState& state) const {
  GRIM_CHECK(from_x.ndim() == 2 && from_x.dim(1) == gate_count(cell) * hidden, shape, "recurrent",
             "gates: got {}, expected (B, {})", from_x.shape(), gate_count(cell) * hidden);
  const Shape expected{from_x.dim(0), hidden};
  for (const Tensor& t : {state.h, cell == Cell::lstm ? state.c : state.h})
    GRIM_CHECK(t.defined() && t.shape() == expected, shape, "recurrent", "state: got {}, expected {}",
               t.defined() ? t.shape() : Shape{}, expected);
  const Tensor from_h = shares(hh, state.h);  // (B, gates * C)
  switch (cell) {
    case Cell::rnn: return rnn_step(*this, from_x, from_h);
    case Cell::gru: return gru_step(*this, from_x, from_h, state);
    default: return lstm_step(*this, from_x, from_h, state);
  }
}

RecurrentState RecurrentCell::operator()(const Tensor& x, const RecurrentState& state) const { return step(input_gates(x), state); }

RecurrentState RecurrentCell::zero_state(int64_t B) const {
  const Tensor zero = Tensor::zeros({B, hidden}, dtype);
  return {zero, cell == Cell::lstm ? zero : Tensor()};
}

RecurrentStack::RecurrentStack(const std::string& name, Module& parent, const RecurrentOptions& o, Rng& rng)
    : Module(name, parent), options(o) {
  const int64_t directions = o.direction == Direction::both ? 2 : 1;
  for (int64_t layer = 0; layer < o.layers; ++layer)
    for (int64_t way = 0; way < directions; ++way)
      cells.push_back(std::make_unique<RecurrentCell>("l" + std::to_string(layer) + (way ? "_reverse" : ""), *this, o.cell,
                                                      layer ? directions * o.hidden : o.in, o.hidden, rng, o.dtype));
}

namespace {
// One cell along T, forwards or backwards; outputs in the order of x.
Tensor run_cell(const RecurrentCell& cell, const Tensor& x, RecurrentState& state, bool backwards) {
  const int64_t T = x.dim(1);
  const Tensor gates = cell.input_gates(x);  // (B, T, gates * C), one product for the whole sequence
  std::vector<Tensor> outputs(static_cast<size_t>(T));
  for (int64_t i = 0; i < T; ++i) {
    const int64_t t = backwards ? T - 1 - i : i;
    state = cell.step(select(gates, 1, t), state);
    outputs[static_cast<size_t>(t)] = state.h;
  }
  return tapped(cell, stack(outputs, 1));  // (B, T, C)
}
}  // namespace

Tensor RecurrentStack::operator()(const Tensor& input, std::vector<RecurrentState>& state) const {
  GRIM_CHECK(input.ndim() == 3 && input.dim(1) > 0, shape, "recurrent", "got {}, expected (B, T, {}) with T > 0", input.shape(), options.in);
  if (state.empty())
    for (const auto& cell : cells) state.push_back(cell->zero_state(input.dim(0)));
  GRIM_CHECK(state.size() == cells.size(), argument, "recurrent", "got {} states, expected {}", state.size(), cells.size());
  Tensor x = input;
  for (size_t i = 0; i < cells.size();) {
    const Tensor forward = run_cell(*cells[i], x, state[i], false);
    ++i;
    if (options.direction == Direction::forward) {
      x = forward;
      continue;
    }
    x = concat({forward, run_cell(*cells[i], x, state[i], true)}, 2);
    ++i;
  }
  return x;
}

namespace {

// What ends at each step, shortest texts first, put behind what has not ended: the states of all texts in the order of PackedSteps.
Tensor with_ended(const Tensor& last, const std::vector<Tensor>& ended) {
  std::vector<Tensor> all = {last};
  all.insert(all.end(), ended.rbegin(), ended.rend());
  return all.size() > 1 ? concat(all, 0) : last;
}

// One cell over all texts side by side; `way` says in which direction. Outputs in the order of x.
Tensor run_packed(const RecurrentCell& cell, const Tensor& x, const PackedSteps& steps, const PackedSteps::Way& way, RecurrentState& state) {
  const Tensor gates = cell.input_gates(index_select(x, 0, way.rows));  // (N, gates * C), one product for all texts
  const bool has_c = state.c.defined();
  RecurrentState now{index_select(state.h, 0, steps.order), has_c ? index_select(state.c, 0, steps.order) : Tensor()};
  std::vector<Tensor> outputs, ended_h, ended_c;
  int64_t begin = 0;
  for (const int64_t running : steps.running) {
    if (const int64_t before = now.h.dim(0); running < before) {
      ended_h.push_back(slice(now.h, 0, running, before));
      now.h = slice(now.h, 0, 0, running);
      if (has_c) ended_c.push_back(slice(now.c, 0, running, before)), now.c = slice(now.c, 0, 0, running);
    }
    now = cell.step(slice(gates, 0, begin, begin + running), now);
    outputs.push_back(now.h);
    begin += running;
  }
  state.h = index_select(with_ended(now.h, ended_h), 0, steps.place);
  if (has_c) state.c = index_select(with_ended(now.c, ended_c), 0, steps.place);
  return tapped(cell, index_select(concat(outputs, 0), 0, way.place));  // (N, C)
}

}  // namespace

Tensor RecurrentStack::packed(const Tensor& input, const PackedSteps& steps, std::vector<RecurrentState>& state, Pass& pass) const {
  const int64_t N = steps.forwards.rows.numel(), texts = steps.order.numel();
  GRIM_CHECK(input.ndim() == 2 && input.dim(0) == N, shape, "recurrent", "got {}, expected ({}, {}): a row for each token of the texts", input.shape(), N,
             options.in);
  if (state.empty())
    for (const auto& cell : cells) state.push_back(cell->zero_state(texts));
  GRIM_CHECK(state.size() == cells.size(), argument, "recurrent", "got {} states, expected {}", state.size(), cells.size());
  for (const RecurrentState& s : state)
    GRIM_CHECK(s.h.defined() && s.h.shape() == Shape({texts, options.hidden}), shape, "recurrent", "state: got {}, expected {}",
               s.h.defined() ? s.h.shape() : Shape{}, Shape({texts, options.hidden}));
  Tensor x = input;
  for (size_t i = 0; i < cells.size();) {
    if (i > 0) x = dropout(x, options.dropout, pass);
    const Tensor forth = run_packed(*cells[i], x, steps, steps.forwards, state[i]);
    ++i;
    if (options.direction == Direction::forward) {
      x = forth;
      continue;
    }
    x = concat({forth, run_packed(*cells[i], x, steps, steps.backwards, state[i])}, 1);
    ++i;
  }
  return x;
}

Tensor RecurrentStack::operator()(const Tensor& x) const {
  std::vector<RecurrentState> state;
  return (*this)(x, state);
}

}  // namespace grim
