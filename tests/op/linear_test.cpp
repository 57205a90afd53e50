#include "grimoire/op/linear.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/bf16_product.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

constexpr Activation kAll[] = {Activation::none, Activation::relu, Activation::gelu, Activation::gelu_tanh,
                               Activation::tanh, Activation::sigmoid, Activation::silu};

TEST(Linear, EveryActivationMatchesItsTwin) {
  for (Activation a : kAll)
    check_op({.name = "activation " + std::to_string(static_cast<int>(a)),
              .inputs = {{{2, 3, 5}}, {{5, 19}}, {{19}}},
              .run = [a](const Inputs& x) { return linear(x[0], x[1], x[2], a); },
              .twin = [a](const Inputs& x) { return composed_linear(x[0], x[1], x[2], a); }});
}

TEST(Linear, ShapesAndLayouts) {
  for (const auto& [x, w] : {std::pair<Shape, Shape>{{1, 1}, {1, 1}}, {{0, 3}, {3, 2}}, {{7}, {7, 3}}, {{33, 17}, {17, 65}}, {{3, 0}, {0, 5}}})
    check_op({.name = x.to_string() + w.to_string(), .inputs = {{x}, {w}},
              .run = [](const Inputs& in) { return linear(in[0], in[1]); }});
  check_op({.name = "transposed weight", .inputs = {{{6, 5}}, {{4, 5}}, {{4}}},
            .run = [](const Inputs& in) { return linear(in[0], transpose(in[1], 0, 1), in[2]); }});
}

TEST(Linear, LargeEnoughForThreads) {
  check_op({.name = "large", .inputs = {{{300, 120}}, {{120, 90}}, {{90}}},
            .run = [](const Inputs& x) { return linear(x[0], x[1], x[2], Activation::gelu); }});
}

// What a layer that is only evaluated sees of x beside weights in bf16.
Tensor as_met(const Tensor& x) { return device::has_bf16_products() ? cast(cast(x, Dtype::bf16), Dtype::f32) : x; }

// The own kernel's sums are those of the same numbers in f32, to the bit; oneDNN may add up the slices it is given in another order, and its bf16 products
// add up pairs.
TEST(Linear, Bf16WeightsAreTheirNumbersInF32) {
  for (const auto& [K, N] : {std::pair<int64_t, int64_t>{1, 1}, {5, 19}, {33, 47}, {120, 90}, {257, 130}, {64, 1}, {1100, 800}})
    for (const int64_t M : {1, 2, 3, 16, 17, 64, 65, 300}) {
      const Tensor x = test::random_tensor({{M, K}}, Dtype::f32, 1), bias = test::random_tensor({{N}}, Dtype::f32, 2);
      for (const bool turned : {false, true}) {
        const Tensor stored = cast(test::random_tensor({turned ? Shape{N, K} : Shape{K, N}}, Dtype::f32, 3), Dtype::bf16), same = cast(stored, Dtype::f32);
        const Tensor w = turned ? transpose(stored, 0, 1) : stored, wide = turned ? transpose(same, 0, 1) : same;
        for (const Activation a : {Activation::none, Activation::gelu}) {
          const Tensor got = linear(x, w, bias, a), want = linear(as_met(x), wide, bias, a);
          const bool own = K * N < 800000 && (M <= 64 || !device::has_bf16_products());
          if (own) EXPECT_TRUE(test::bit_equal(got, want)) << M << " " << K << " " << N << " " << turned;
          else EXPECT_LE(test::relative_difference(got, want), 1e-6) << M << " " << turned;
        }
        EXPECT_LE(test::relative_difference(linear(x, w), linear(as_met(x), wide)), 1e-6);
      }
    }
}

// Layers of one x give what each gives alone, to the bit.
TEST(Linear, SeveralOfOneInput) {
  for (const Dtype weights : {Dtype::f64, Dtype::f32, Dtype::bf16})
    for (const int64_t M : {0, 1, 40, 65, 300, 1100}) {
      const int64_t K = 70, N = 130;
      const Dtype dtype = computed_in(weights);
      const auto random = [&](const Shape& shape, Dtype of, int seed) { return cast(test::random_tensor({shape}, dtype, seed), of); };
      const Tensor x = random({M, K}, dtype, 1), bias = random({N}, dtype, 2), turned = transpose(random({N, K}, weights, 3), 0, 1);
      const Affine layers[] = {{turned, bias, Activation::silu}, {random({K, N}, weights, 4)}, {random({K, 3}, weights, 5), {}, Activation::gelu}};
      const std::vector<Tensor> got = linear(reshape(x, {1, M, K}), layers);
      ASSERT_EQ(got.size(), 3U);
      for (size_t i = 0; i < 3; ++i)
        EXPECT_TRUE(test::bit_equal(got[i], reshape(linear(x, layers[i].weight, layers[i].bias, layers[i].activation), {1, M, i == 2 ? 3 : N}))) << M;
      EXPECT_TRUE(test::bit_equal(gated_linear(x, layers[0], layers[1]), linear(x, turned, bias, Activation::silu) * linear(x, layers[1].weight))) << M;
    }
  const Inputs one = {test::random_tensor({{2, 5}}, Dtype::f32, 1)};
  EXPECT_TRUE(linear(one[0], std::span<const Affine>()).empty());
}

TEST(Linear, GradientsOfSeveralAndOfAGate) {
  check_op({.name = "gate", .inputs = {{{2, 3, 5}}, {{5, 19}}, {{19}}, {{5, 19}}},
            .run = [](const Inputs& x) { return gated_linear(x[0], {x[1], x[2], Activation::silu}, {x[3]}); },
            .twin = [](const Inputs& x) { return composed_linear(x[0], x[1], x[2], Activation::silu) * composed_linear(x[0], x[3], {}, Activation::none); }});
  check_op({.name = "several", .inputs = {{{4, 5}}, {{5, 7}}, {{5, 7}}},
            .run = [](const Inputs& x) {
              const Affine layers[] = {{x[1]}, {x[2], {}, Activation::tanh}};
              const std::vector<Tensor> y = linear(x[0], layers);
              return y[0] * y[1];
            }});
}

TEST(Linear, SeveralAreCheckedAsOne) {
  const Tensor x = Tensor::zeros({2, 5}), w = Tensor::zeros({5, 7});
  const Affine wrong[] = {{w}, {Tensor::zeros({4, 7})}};
  EXPECT_THROW(linear(x, wrong), Error);
  EXPECT_THROW(gated_linear(x, {w}, {Tensor::zeros({5, 1})}), Error);
}

// x in f32: then the result and x's gradient are.
TEST(Linear, GradientsThroughBf16Weights) {
  const auto run = [](Dtype weights) {
    const Tensor x = test::random_tensor({{40, 30}}, Dtype::f32, 1), bias = test::random_tensor({{20}}, Dtype::f32, 3);
    const Tensor w = cast(cast(test::random_tensor({{30, 20}}, Dtype::f32, 2), Dtype::bf16), weights);
    for (const Tensor& t : {x, w, bias}) requires_grad(t);
    set_grad_buffer(w, Tensor::zeros(w.shape()));
    zero_grad(w);
    const Tensor y = linear(x, w, bias, Activation::gelu);
    EXPECT_EQ(y.dtype(), Dtype::f32);
    backward(y, test::random_tensor({y.shape()}, Dtype::f32, 4));
    return std::vector<Tensor>{y, grad(x), grad(w), grad(bias)};
  };
  const std::vector<Tensor> narrow = run(Dtype::bf16), wide = run(Dtype::f32);
  for (size_t i = 0; i < wide.size(); ++i) EXPECT_LE(test::relative_difference(narrow[i], wide[i]), 1e-6) << i;
  EXPECT_THROW(linear(Tensor::ones({2, 30}, Dtype::f64), Tensor::ones({30, 2}, Dtype::bf16)), Error);
}

TEST(Linear, SaysWhatIsWrong) {
  EXPECT_THROW(linear(Tensor::zeros({2, 3}), Tensor::zeros({4, 2})), Error);
  EXPECT_THROW(linear(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}), Tensor::zeros({3})), Error);
  EXPECT_THROW(linear(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}, Dtype::f64)), Error);
}

}  // namespace
}  // namespace grim
