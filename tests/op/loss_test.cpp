#include "grimoire/op/loss.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/memory.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

using test::check_op;
using test::Inputs;

TEST(Losses, BinaryCrossEntropy) {
  const Tensor t = Tensor::from({0.0, 1.0, 0.3, 1.0, 0.0, 0.9}, {2, 3});
  for (Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
    check_op({.name = "binary_cross_entropy", .inputs = {{{2, 3}, 0.1, 0.9}},
              .run = [&](const Inputs& in) { return binary_cross_entropy(in[0], cast(t, in[0].dtype()), reduction); }});
    check_op({.name = "with logits", .inputs = {{{2, 3}, -5, 5}},
              .run = [&](const Inputs& in) {
                return binary_cross_entropy_with_logits(in[0], cast(t, in[0].dtype()), reduction);
              },
              .twin = [&](const Inputs& in) {
                return binary_cross_entropy(sigmoid(in[0]), cast(t, in[0].dtype()), reduction);
              }});
  }
  const Tensor p = requires_grad(Tensor::from({0.0f, 1.0f}, {2}));
  const Tensor loss = binary_cross_entropy(p, Tensor::from({1.0f, 1.0f}, {2}), Reduction::sum);
  backward(loss);
  EXPECT_EQ(loss.item(), 100);  // PyTorch's floor on the logarithm
  EXPECT_FLOAT_EQ(static_cast<float>(grad(p).at({0})), -1e12f);
  EXPECT_EQ(binary_cross_entropy_with_logits(Tensor::from({1e4f, -1e4f}, {2}), Tensor::from({1.0f, 0.0f}, {2})).item(),
            0);
}

// Where a logit is infinite the loss is its limit, and so is the slope: sigmoid(x) - t.
TEST(Losses, InfiniteLogits) {
  constexpr double kInf = INFINITY;
  const struct {
    double x, t, loss, slope;
  } cases[] = {{kInf, 1, 0, 0},   {-kInf, 0, 0, 0}, {kInf, 0, kInf, 1},
               {-kInf, 1, kInf, -1}, {kInf, 0.25, kInf, 0.75}, {-kInf, 0.25, kInf, -0.25}, {0, 0.5, std::log(2), 0}};
  for (Dtype dtype : {Dtype::f64, Dtype::f32})
    for (const auto& c : cases)
      for (int64_t length : {1, 19}) {
        const Tensor x = Tensor::full({length}, c.x, dtype), t = Tensor::full({length}, c.t, dtype);
        requires_grad(x);
        const Tensor loss = binary_cross_entropy_with_logits(x, t, Reduction::none);
        EXPECT_NEAR(std::min(1e9, loss.at({length - 1})), std::min(1e9, c.loss), 1e-7) << c.x << " " << c.t;
        backward(loss, Tensor::ones(loss.shape(), dtype));
        EXPECT_EQ(grad(x).at({0}), c.slope) << c.x << " " << c.t;
      }
  // A finite neighbour keeps its loss.
  const Tensor mixed = Tensor::from<double>({kInf, -2.5}, {2}), wanted = Tensor::from<double>({1, 1}, {2});
  EXPECT_NEAR(binary_cross_entropy_with_logits(mixed, wanted, Reduction::sum).item(), std::log1p(std::exp(2.5)), 1e-12);
  for (Dtype dtype : {Dtype::f64, Dtype::f32}) {
    const Tensor input = cast(Tensor::from<double>({-kInf, -1}, {2}), dtype), target = cast(Tensor::from<double>({0, 1}, {2}), dtype);
    requires_grad(input);
    const Tensor loss = kl_div(input, target, KlReduction::sum);
    EXPECT_EQ(loss.item(), 1);
    backward(loss);
    EXPECT_EQ(grad(input).to_vector<double>(), (std::vector<double>{0, -1}));
    EXPECT_EQ(kl_div(Tensor::full({1}, -kInf, dtype), Tensor::full({1}, 0.5, dtype), KlReduction::sum).item(), kInf);
    EXPECT_EQ(nll_loss(cast(Tensor::from<double>({0, -kInf}, {1, 2}), dtype), Tensor::zeros({1}, Dtype::i64)).item(), 0);
  }
}

TEST(Losses, MeanSquareAbsoluteAndKl) {
  for (Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
    check_op({.name = "mse", .inputs = {{{3, 5}}, {{3, 5}}},
              .run = [&](const Inputs& in) { return mse_loss(in[0], in[1], reduction); }});
    check_op({.name = "l1", .inputs = {{{3, 5}, 0, 1}, {{3, 5}, 2, 3}},
              .run = [&](const Inputs& in) { return l1_loss(in[0], in[1], reduction); }});
  }
  const Tensor target = Tensor::from({0.2, 0.8, 0.0, 0.5, 0.25, 0.25}, {2, 3});
  for (KlReduction reduction : {KlReduction::batchmean, KlReduction::sum, KlReduction::mean, KlReduction::none})
    check_op({.name = "kl_div", .inputs = {{{2, 3}, -2, 2}},
              .run = [&](const Inputs& in) {
                return kl_div(log_softmax(in[0], -1), cast(target, in[0].dtype()), reduction);
              }});
  const Tensor same = log(Tensor::from({0.2, 0.8, 0.5, 0.5}, {2, 2}));
  EXPECT_NEAR(kl_div(same, exp(same)).item(), 0, 1e-15);
  EXPECT_NEAR(kl_div(Tensor::full({1, 2}, std::log(0.5), Dtype::f64), Tensor::from({1.0, 0.0}, {1, 2})).item(),
              std::log(2.0), 1e-15);
  EXPECT_THROW(mse_loss(Tensor::zeros({3}), Tensor::zeros({3, 1})), Error);
}

}  // namespace
}  // namespace grim
