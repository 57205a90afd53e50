#include "grimoire/nn/recurrent.h"

#include <gtest/gtest.h>

#include "grimoire/op/arrange.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::random_tensor;

struct Stack {
  explicit Stack(const RecurrentOptions& o) : rng(RngMode::philox, 1), stack("rnn", root, o, rng) {}
  Module root;
  Rng rng;
  RecurrentStack stack;
};

constexpr Cell kCells[] = {Cell::rnn, Cell::gru, Cell::lstm};
RecurrentOptions options(Cell cell, Direction direction = Direction::forward) {
  return {.cell = cell, .in = 3, .hidden = 4, .layers = 2, .direction = direction, .dtype = Dtype::f64};
}

TEST(Recurrent, NamesAndShapes) {
  const Stack s(options(Cell::lstm, Direction::both));
  std::vector<std::string> names;
  for (const NamedTensor& p : s.root.parameters()) names.push_back(p.name);
  ASSERT_EQ(names.size(), 16u);
  EXPECT_EQ(names[0], "rnn.l0.weight_ih");
  EXPECT_EQ(names[5], "rnn.l0_reverse.weight_hh");
  EXPECT_EQ(s.stack.cells[0]->ih.weight().shape(), Shape({3, 16}));
  EXPECT_EQ(s.stack.cells[2]->ih.weight().shape(), Shape({8, 16}));
  EXPECT_EQ(s.stack(Tensor::zeros({2, 5, 3}, Dtype::f64)).shape(), Shape({2, 5, 8}));
}

TEST(Recurrent, StateCarriesASequenceAcrossACut) {
  for (Cell cell : kCells) {
    const Stack s(options(cell));
    const Tensor x = random_tensor({{2, 7, 3}}, Dtype::f64, 1);
    std::vector<RecurrentState> state;
    const Tensor head = s.stack(slice(x, 1, 0, 3), state), tail = s.stack(slice(x, 1, 3, 7), state);
    EXPECT_LE(test::relative_difference(concat({head, tail}, 1), s.stack(x)), 1e-12);
  }
}

TEST(Recurrent, TheBackwardDirectionReadsFromTheEnd) {
  for (Cell cell : kCells) {
    RecurrentOptions o = options(cell, Direction::both);
    o.layers = 1;
    const Stack s(o);
    const Tensor x = random_tensor({{1, 5, 3}}, Dtype::f64, 1);
    const Tensor changed = concat({Tensor::ones({1, 1, 3}, Dtype::f64), slice(x, 1, 1, 5)}, 1);  // another first token
    const Tensor a = s.stack(x), b = s.stack(changed);
    const auto reverse_half = [](const Tensor& y) { return slice(slice(y, 2, 4, 8), 1, 1, 5); };
    const auto forward_half = [](const Tensor& y) { return slice(slice(y, 2, 0, 4), 1, 1, 5); };
    EXPECT_TRUE(test::bit_equal(reverse_half(a), reverse_half(b)));
    EXPECT_GE(test::relative_difference(forward_half(a), forward_half(b)), 1e-6);
  }
}

TEST(Recurrent, AStackIsItsCellsByHand) {
  for (Cell cell : kCells) {
    RecurrentOptions o = options(cell);
    o.layers = 1;
    const Stack s(o);
    const Tensor x = random_tensor({{2, 3, 3}}, Dtype::f64, 1);
    RecurrentState state = s.stack.cells[0]->zero_state(2);
    std::vector<Tensor> outputs;
    for (int64_t t = 0; t < 3; ++t) {
      state = (*s.stack.cells[0])(select(x, 1, t), state);
      outputs.push_back(state.h);
    }
    EXPECT_LE(test::relative_difference(s.stack(x), stack(outputs, 1)), 1e-14);
  }
}

TEST(Recurrent, SaysWhatIsWrong) {
  for (Cell cell : kCells) {
    const Stack s(options(cell));
    EXPECT_THROW(s.stack(Tensor::zeros({2, 3}, Dtype::f64)), Error);
    EXPECT_THROW(s.stack(Tensor::zeros({2, 0, 3}, Dtype::f64)), Error);
    EXPECT_THROW(s.stack(Tensor::zeros({2, 5, 4}, Dtype::f64)), Error);
    std::vector<RecurrentState> one(1);
    EXPECT_THROW(s.stack(Tensor::zeros({2, 5, 3}, Dtype::f64), one), Error);
    std::vector<RecurrentState> undefined(2);
    EXPECT_THROW(s.stack(Tensor::zeros({2, 5, 3}, Dtype::f64), undefined), Error);
  }
  std::vector<RecurrentState> no_cell_state(2, {Tensor::zeros({2, 4}, Dtype::f64), {}});
  EXPECT_THROW(Stack(options(Cell::lstm)).stack(Tensor::zeros({2, 5, 3}, Dtype::f64), no_cell_state), Error);
}

}  // namespace
}  // namespace grim
