#include "grimoire/op/matmul.h"

#include <gtest/gtest.h>

#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

Tensor run(const Inputs& x) { return matmul(x[0], x[1]); }

TEST(Matmul, ValuesAndGradients) {
  const Shape cases[][2] = {{{3, 4}, {4, 5}},       {{2, 3, 4}, {4, 5}},       {{2, 3, 4}, {2, 4, 5}},
                            {{2, 1, 3, 4}, {5, 4, 2}}, {{3, 4}, {2, 4, 5}},    {{1, 1}, {1, 1}},
                            {{0, 4}, {4, 3}},       {{5, 1}, {1, 7}},          {{1, 7}, {7, 1}},
                            {{2, 2, 3, 2}, {1, 2, 2, 3}}};
  for (const auto& c : cases)
    check_op({.name = c[0].to_string() + " x " + c[1].to_string(), .inputs = {{c[0]}, {c[1]}}, .run = run});
}

TEST(Matmul, LargeEnoughForOneDnnAndForThreads) {
  check_op({.name = "large", .inputs = {{{200, 130}}, {{130, 170}}}, .run = run});
}

TEST(Matmul, SaysWhatIsWrong) {
  EXPECT_THROW(matmul(Tensor::zeros({2, 3}), Tensor::zeros({2, 3})), Error);
  EXPECT_THROW(matmul(Tensor::zeros({3}), Tensor::zeros({3, 2})), Error);
  EXPECT_THROW(matmul(Tensor::zeros({2, 2}), Tensor::zeros({2, 2}, Dtype::f64)), Error);
  EXPECT_THROW(matmul(Tensor::zeros({2, 2}, Dtype::i64), Tensor::zeros({2, 2}, Dtype::i64)), Error);
}

}  // namespace
}  // namespace grim
