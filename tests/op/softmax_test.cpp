#include "grimoire/op/softmax.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "support/op_case.h"

namespace grim {
namespace {

using test::check_op;
using test::Inputs;

Tensor plain_softmax(const Tensor& x, int axis) {
  const Tensor e = exp(x);
  return e / sum(e, axis, KeepDims::yes);
}

TEST(Softmax, EveryAxisAgainstItsDefinition) {
  for (const Shape& shape : std::vector<Shape>{{5}, {1}, {3, 4}, {2, 3, 7}, {2, 1, 3, 2}, {0, 4}, {3, 0}})
    for (int axis = -1; axis < shape.ndim(); ++axis) {
      check_op({.name = str("softmax {} {}", shape, axis), .inputs = {{shape, -4, 4}},
                .run = [&](const Inputs& in) { return softmax(in[0], axis); },
                .twin = [&](const Inputs& in) { return plain_softmax(in[0], axis); }});
      check_op({.name = str("log_softmax {} {}", shape, axis), .inputs = {{shape, -4, 4}},
                .run = [&](const Inputs& in) { return log_softmax(in[0], axis); },
                .twin = [&](const Inputs& in) { return log(plain_softmax(in[0], axis)); }});
    }
}

TEST(Softmax, EveryTail) {
  for (int64_t n = 1; n <= 67; ++n)
    check_op({.name = str("{}", n), .inputs = {{{3, n}, -4, 4}},
              .run = [](const Inputs& in) { return softmax(in[0], -1) + log_softmax(in[0], -1); },
              .twin = [](const Inputs& in) {
                const Tensor y = plain_softmax(in[0], -1);
                return y + log(y);
              }});
}

TEST(Softmax, LargeEnoughForThreads) {
  check_op(
      {.name = "large", .inputs = {{{150, 403}, -9, 9}}, .run = [](const Inputs& in) { return softmax(in[0], -1); }});
}

TEST(Softmax, ExtremeRows) {
  const float inf = INFINITY;
  const Tensor x = Tensor::from({1e30f, 0.0f, -inf, -inf, 1.0f, 1.0f, -inf, -inf, -inf, 1.0f, NAN, 0.0f}, {4, 3});
  const std::vector<double> y = softmax(x, -1).to_vector<double>();
  EXPECT_EQ(std::vector<double>(y.begin(), y.begin() + 6), (std::vector<double>{1, 0, 0, 0, 0.5, 0.5}));
  for (size_t i = 6; i < 12; ++i) EXPECT_TRUE(std::isnan(y[i]));
  EXPECT_EQ(log_softmax(x, -1).at({0, 2}), -inf);
}

TEST(Softmax, SaysWhatIsWrong) {
  EXPECT_THROW(softmax(Tensor::zeros({2, 3}), 2), Error);
  EXPECT_THROW(softmax(Tensor::zeros({2, 3}, Dtype::i64), 0), Error);
}

}  // namespace
}  // namespace grim
