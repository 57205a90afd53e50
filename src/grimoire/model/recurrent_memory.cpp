#include "grimoire/model/recurrent_memory.h"

#include "grimoire/base/error.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/view.h"

namespace grim {

std::vector<RecurrentState> states_in(const DecodeCache& cache, Cell cell, const std::vector<RecurrentState>& first) {
  if (cache.past() == 0) return first;
  std::vector<RecurrentState> states;
  for (size_t i = 0; i < first.size(); ++i) {
    const DecodeCache::KeysAndValues held = cache.held(static_cast<int64_t>(i));
    const auto last = [](const Tensor& x) { return select(select(x, 2, x.dim(2) - 1), 1, 0); };  // (B, 1, S, C) -> (B, C)
    states.push_back({last(held.v), cell == Cell::lstm ? last(held.k) : Tensor()});
  }
  return states;
}

void keep_states(DecodeCache& cache, const std::vector<std::vector<RecurrentState>>& states) {
  for (size_t layer = 0; layer < states[0].size(); ++layer) {
    std::vector<Tensor> h, c;
    for (const std::vector<RecurrentState>& of_token : states) {
      const RecurrentState& s = of_token[layer];
      h.push_back(s.h);
      c.push_back(s.c.defined() ? s.c : s.h);
    }
    const auto rows = [](const std::vector<Tensor>& of_tokens) { return unsqueeze(stack(of_tokens, 1), 1); };  // (B, 1, T, C)
    cache.extend(static_cast<int64_t>(layer), rows(c), rows(h));
  }
}

Tensor run_on(const RecurrentStack& stack, const Tensor& x, DecodeCache& cache, const std::vector<RecurrentState>& first) {
  std::vector<RecurrentState> now = states_in(cache, stack.options.cell, first);
  std::vector<std::vector<RecurrentState>> all;
  std::vector<Tensor> outputs;
  for (int64_t t = 0; t < x.dim(1); ++t) {
    outputs.push_back(stack(slice(x, 1, t, t + 1), now));
    all.push_back(now);
  }
  keep_states(cache, all);
  return concat(outputs, 1);
}

namespace {
constexpr const char* kCells[] = {"rnn", "gru", "lstm"};  // in the order of Cell
}

const char* name_of(Cell cell) { return kCells[static_cast<size_t>(cell)]; }

Option cell_option(Cell* target) {
  return {.name = "cell", .help = "recurrent unit", .target = by_choice(target), .choices = {std::begin(kCells), std::end(kCells)}};
}

Cell cell_in(const Json& config) {
  const std::string& name = config.text("cell");
  for (size_t i = 0; i < std::size(kCells); ++i)
    if (name == kCells[i]) return static_cast<Cell>(i);
  fail(ErrorKind::input, "config", str("config.json: key 'cell': got '{}', expected rnn, gru or lstm", name));
}

}  // namespace grim
