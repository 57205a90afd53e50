#include "grimoire/nn/norm.h"

#include <cmath>

#include <gtest/gtest.h>

#include "support/op_case.h"

namespace grim {
namespace {
using test::random_tensor;

// running = (1 - m) running + m (batch mean, unbiased batch variance), whatever variance normalises the batch.
void check_running(BatchNormVariance variance, Channels channels) {
  Module root;
  const BatchNormOptions options{.momentum = 0.25, .variance = variance, .channels = channels};
  const BatchNorm norm("norm", root, 3, options, Dtype::f64);
  std::vector<double> mean(3, 0.0), var(3, 1.0);
  for (uint64_t step = 0; step < 4; ++step) {
    const Shape shape = channels == Channels::last ? Shape{5, 2, 3} : Shape{5, 3, 2};
    const Tensor x = random_tensor({shape, -2, 5}, Dtype::f64, step);
    norm(x, Pass::train(0, 0));
    for (int64_t c = 0; c < 3; ++c) {
      double sum = 0, squares = 0;
      for (int64_t n = 0; n < 5; ++n)
        for (int64_t l = 0; l < 2; ++l) sum += channels == Channels::last ? x.at({n, l, c}) : x.at({n, c, l});
      for (int64_t n = 0; n < 5; ++n)
        for (int64_t l = 0; l < 2; ++l)
          squares += std::pow((channels == Channels::last ? x.at({n, l, c}) : x.at({n, c, l})) - sum / 10, 2);
      mean[static_cast<size_t>(c)] = 0.75 * mean[static_cast<size_t>(c)] + 0.25 * sum / 10;
      var[static_cast<size_t>(c)] = 0.75 * var[static_cast<size_t>(c)] + 0.25 * squares / 9;
      EXPECT_NEAR(norm.running_mean.at({c}), mean[static_cast<size_t>(c)], 1e-12);
      EXPECT_NEAR(norm.running_var.at({c}), var[static_cast<size_t>(c)], 1e-12);
    }
  }
}

TEST(BatchNorm, RunningStatistics) {
  for (BatchNormVariance variance : {BatchNormVariance::biased, BatchNormVariance::unbiased})
    for (Channels channels : {Channels::last, Channels::second}) check_running(variance, channels);
}

TEST(BatchNorm, EvaluationUsesThemAndLeavesThemAlone) {
  Module root;
  const BatchNorm norm("norm", root, 2, {}, Dtype::f64);
  norm.running_mean.data<double>()[1] = 3;
  norm.running_var.data<double>()[1] = 4 - 1e-5;
  const Tensor y = norm(Tensor::full({1, 2}, 5, Dtype::f64), Pass::evaluation());
  EXPECT_NEAR(y.at({0, 1}), 1.0, 1e-12);
  EXPECT_NEAR(y.at({0, 0}), 5 / std::sqrt(1 + 1e-5), 1e-12);
  EXPECT_EQ(norm.running_mean.at({1}), 3);
  EXPECT_EQ(norm.running_var.at({0}), 1);
}

TEST(BatchNorm, TrainingNormalisesTheBatch) {
  Module root;
  const BatchNorm norm("norm", root, 3, {}, Dtype::f64);
  const Tensor y = norm(random_tensor({{50, 3}, 4, 9}, Dtype::f64, 1), Pass::train(0, 0));
  for (int64_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (int64_t n = 0; n < 50; ++n) {
      sum += y.at({n, c});
      squares += y.at({n, c}) * y.at({n, c});
    }
    EXPECT_NEAR(sum, 0, 1e-11);
    EXPECT_NEAR(squares / 50, 1, 1e-4);
  }
}

TEST(BatchNorm, ASingleRowCannotTrain) {
  Module root;
  const BatchNorm norm("norm", root, 3);
  EXPECT_THROW(norm(Tensor::zeros({1, 3}), Pass::train(0, 0)), Error);
  EXPECT_NO_THROW(norm(Tensor::zeros({1, 3}), Pass::evaluation()));
  EXPECT_THROW(norm(Tensor::zeros({2, 4}), Pass::evaluation()), Error);
}

}  // namespace
}  // namespace grim
