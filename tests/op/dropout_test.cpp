#include "grimoire/op/dropout_cpu.h"

#include <cmath>

#include <gtest/gtest.h>

#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

constexpr DropoutKey kKey{.seed = 0x123456789abcdefull, .stream = 7, .step = 3};

TEST(Dropout, ValuesAndGradients) {
  for (const Shape& shape : {Shape{3, 5}, Shape{0}, Shape{}, Shape{1000}})
    check_op({.name = shape.to_string(), .inputs = {{shape}}, .run = [](const Inputs& x) { return dropout(x[0], 0.3, kKey); }});
  check_op({.name = "large", .inputs = {{{70000}}}, .run = [](const Inputs& x) { return dropout(x[0], 0.3, kKey); }});
  for (double p : {0.0, 0.4})
    check_op({.name = str("add, p {}", p), .inputs = {{{9, 31}}, {{9, 31}}},
              .run = [p](const Inputs& x) { return dropout_add(x[0], x[1], p, kKey); }});
}

TEST(Dropout, VectorKernelRepeatsTheScalarDefinition) {
  const double p = 0.25;
  for (uint64_t first : {uint64_t{0}, uint64_t{5}, uint64_t{127}, (uint64_t{1} << 35) + 77}) {
    std::vector<float> row(700, 1.0f);
    cpu::drop_row(kKey, p, first, 700, row.data());
    for (size_t i = 0; i < row.size(); ++i)
      ASSERT_EQ(row[i] != 0, cpu::dropout_keeps(kKey, first + i, cpu::dropout_threshold(p))) << first << " " << i;
  }
}

TEST(Dropout, KeepsTheMeanAndTheShare) {
  const Tensor y = dropout(Tensor::ones({200000}), 0.2, kKey);
  double sum = 0, zeros = 0;
  for (float v : y.to_vector<float>()) {
    sum += v;
    zeros += v == 0;
  }
  EXPECT_NEAR(zeros / 200000, 0.2, 5 * std::sqrt(0.16 / 200000));
  EXPECT_NEAR(sum / 200000, 1.0, 5 * std::sqrt(0.25 / 200000));
  EXPECT_FALSE(test::bit_equal(y, dropout(Tensor::ones({200000}), 0.2, {kKey.seed, kKey.stream, kKey.step + 1})));
}

TEST(Dropout, SaysWhatIsWrong) {
  EXPECT_THROW(dropout(Tensor::zeros({2}), 1.0, kKey), Error);
  EXPECT_THROW(dropout(Tensor::zeros({2}), -0.1, kKey), Error);
  EXPECT_THROW(dropout_add(Tensor::zeros({2}), Tensor::zeros({3}), 0.1, kKey), Error);
}

}  // namespace
}  // namespace grim
