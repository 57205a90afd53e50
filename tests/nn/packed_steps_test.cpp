#include "grimoire/nn/packed_steps.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/recurrent.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/binary.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

using Ids = std::vector<int64_t>;

TEST(PackedSteps, LongestTextsRunFirstAndEndLast) {
  const PackedSteps s(Ids{0, 2, 5, 6, 9});  // of 2, 3, 1 and 3 tokens
  EXPECT_EQ(s.running, (Ids{4, 3, 2}));
  EXPECT_EQ(s.order.to_vector<int64_t>(), (Ids{1, 3, 0, 2})) << "equal lengths in the order of the texts";
  EXPECT_EQ(s.place.to_vector<int64_t>(), (Ids{2, 0, 3, 1}));
  EXPECT_EQ(s.forwards.rows.to_vector<int64_t>(), (Ids{2, 6, 0, 5, 3, 7, 1, 4, 8}));
  EXPECT_EQ(s.backwards.rows.to_vector<int64_t>(), (Ids{4, 8, 1, 5, 3, 7, 0, 2, 6}));
  for (const PackedSteps::Way* way : {&s.forwards, &s.backwards})
    for (int64_t i = 0; i < 9; ++i) EXPECT_EQ(way->place.at({way->rows.to_vector<int64_t>()[static_cast<size_t>(i)]}), static_cast<double>(i));
  EXPECT_THROW(PackedSteps(Ids{0}), Error);
  EXPECT_THROW(PackedSteps(Ids{0, 2, 2}), Error) << "a text without a token";
}

// Values, final states and gradients of each text are those that it has alone.
TEST(PackedSteps, ATextAmongOthersIsWhatItIsAlone) {
  const Ids offsets = {0, 2, 5, 6, 9};
  for (const Cell cell : {Cell::rnn, Cell::gru, Cell::lstm})
    for (const Direction direction : {Direction::forward, Direction::both}) {
      Module root;
      Rng rng(RngMode::philox, 1);
      const RecurrentStack stack("rnn", root, {.cell = cell, .in = 3, .hidden = 4, .layers = 2, .direction = direction, .dtype = Dtype::f64}, rng);
      const Tensor x = test::random_tensor({{9, 3}}, Dtype::f64, 2), probe = test::random_tensor({{9, 8}}, Dtype::f64, 3);
      const int64_t width = direction == Direction::both ? 8 : 4;
      requires_grad(x);
      std::vector<RecurrentState> last;
      Pass pass;
      const Tensor y = stack.packed(x, PackedSteps(offsets), last, pass);
      ASSERT_EQ(y.shape(), Shape({9, width}));
      backward(sum(y * slice(probe, 1, 0, width)));
      const Tensor together = grad(x);
      for (int64_t i = 0; i < 4; ++i) {
        const int64_t begin = offsets[static_cast<size_t>(i)], end = offsets[static_cast<size_t>(i) + 1];
        const Tensor alone = copy(slice(detach(x), 0, begin, end));
        requires_grad(alone);
        std::vector<RecurrentState> own;
        const Tensor z = stack(unsqueeze(alone, 0), own);
        EXPECT_LE(test::relative_difference(slice(y, 0, begin, end), select(z, 0, 0)), 1e-12);
        for (size_t c = 0; c < own.size(); ++c) {
          EXPECT_LE(test::relative_difference(slice(last[c].h, 0, i, i + 1), own[c].h), 1e-12);
          if (cell == Cell::lstm) EXPECT_LE(test::relative_difference(slice(last[c].c, 0, i, i + 1), own[c].c), 1e-12);
        }
        backward(sum(select(z, 0, 0) * slice(slice(probe, 1, 0, width), 0, begin, end)));
        EXPECT_LE(test::relative_difference(slice(together, 0, begin, end), grad(alone)), 1e-12);
      }
    }
}

TEST(PackedSteps, SaysWhatIsWrong) {
  Module root;
  Rng rng(RngMode::philox, 1);
  const RecurrentStack stack("rnn", root, {.cell = Cell::gru, .in = 3, .hidden = 4, .layers = 1}, rng);
  const PackedSteps steps(Ids{0, 2, 3});
  Pass pass;
  std::vector<RecurrentState> none, two(2), other = {{Tensor::zeros({3, 4}), {}}};
  EXPECT_THROW(stack.packed(Tensor::zeros({4, 3}), steps, none, pass), Error) << "a row too many";
  EXPECT_THROW(stack.packed(Tensor::zeros({3, 3}), steps, two, pass), Error);
  EXPECT_THROW(stack.packed(Tensor::zeros({3, 3}), steps, other, pass), Error) << "a state too many";
}

}  // namespace
}  // namespace grim
