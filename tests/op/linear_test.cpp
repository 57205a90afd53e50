#include "grimoire/op/linear.h"

#include <gtest/gtest.h>

#include "grimoire/op/view.h"
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
  for (const auto& [x, w] : {std::pair<Shape, Shape>{{1, 1}, {1, 1}}, {{0, 3}, {3, 2}}, {{7}, {7, 3}}, {{33, 17}, {17, 65}}})
    check_op({.name = x.to_string() + w.to_string(), .inputs = {{x}, {w}},
              .run = [](const Inputs& in) { return linear(in[0], in[1]); }});
  check_op({.name = "transposed weight", .inputs = {{{6, 5}}, {{4, 5}}, {{4}}},
            .run = [](const Inputs& in) { return linear(in[0], transpose(in[1], 0, 1), in[2]); }});
}

TEST(Linear, LargeEnoughForThreads) {
  check_op({.name = "large", .inputs = {{{300, 120}}, {{120, 90}}, {{90}}},
            .run = [](const Inputs& x) { return linear(x[0], x[1], x[2], Activation::gelu); }});
}

TEST(Linear, SaysWhatIsWrong) {
  EXPECT_THROW(linear(Tensor::zeros({2, 3}), Tensor::zeros({4, 2})), Error);
  EXPECT_THROW(linear(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}), Tensor::zeros({3})), Error);
  EXPECT_THROW(linear(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}, Dtype::f64)), Error);
}

}  // namespace
}  // namespace grim
