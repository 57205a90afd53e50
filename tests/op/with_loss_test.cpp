#include "grimoire/op/with_loss.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

TEST(WithLoss, JoinsWhatIsMinimised) {
  const Tensor x = requires_grad(test::random_tensor({{4, 3}}, Dtype::f64, 1)), w = requires_grad(test::random_tensor({{4, 3}}, Dtype::f64, 2));
  const auto main = [&](const Tensor& y) { return sum(y * y * w); };
  const auto side = [&] { return mean(x * x * x) + sum(w); };
  backward(main(with_loss(x, side(), 0.3)) * 2.0);
  const Tensor dx = copy(grad(x)), dw = copy(grad(w));
  zero_grad(x), zero_grad(w);
  backward(main(x) * 2.0 + side() * 0.3);
  EXPECT_LT(test::relative_difference(dx, grad(x)), 1e-14);
  EXPECT_LT(test::relative_difference(dw, grad(w)), 1e-14);
  EXPECT_TRUE(test::bit_equal(with_loss(x, side(), 0.3), x));
  EXPECT_THROW(with_loss(x, x, 1), Error);
}

TEST(WithLoss, ReachesTrainingWhereXItselfIsNotLearned) {
  const Tensor x = Tensor::ones({2}), w = requires_grad(Tensor::ones({2}));
  backward(sum(with_loss(x, sum(w * w), 0.5)));
  EXPECT_EQ(grad(w).to_vector<double>(), std::vector<double>({1, 1}));
  zero_grad(w);
  { const NoGrad off; EXPECT_FALSE(tracked(with_loss(x, sum(w), 1))); }
}

// A layer's own loss, inside of what is computed again: the same gradients to the bit, once.
TEST(WithLoss, IsAddedOnceWhereLayersAreComputedAgain) {
  const Tensor x = requires_grad(test::random_tensor({{5, 3}}, Dtype::f32, 1)), w = requires_grad(test::random_tensor({{5, 3}}, Dtype::f32, 2));
  const auto layer = [=] { return with_loss(x * w, mean(w * w * x), 0.7); };
  backward(sum(layer() * 3.0));
  const Tensor dx = copy(grad(x)), dw = copy(grad(w));
  zero_grad(x), zero_grad(w);
  backward(sum(recomputed(layer) * 3.0));
  EXPECT_TRUE(test::bit_equal(grad(x), dx));
  EXPECT_TRUE(test::bit_equal(grad(w), dw));
}

}  // namespace
}  // namespace grim
