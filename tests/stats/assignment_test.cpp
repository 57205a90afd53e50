#include "grimoire/stats/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "grimoire/base/rng.h"

namespace grim {
namespace {

// Every order is tried.
double least_of_all(const std::vector<double>& cost, int64_t n) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  double least = 1e300;
  do {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += cost[static_cast<size_t>(i * n + order[static_cast<size_t>(i)])];
    least = std::min(least, sum);
  } while (std::ranges::next_permutation(order).found);
  return least;
}

TEST(Assignment, IsTheCheapestOfAllOrders) {
  Rng rng(RngMode::philox, 3);
  for (int64_t n = 0; n <= 7; ++n)
    for (int round = 0; round < 12; ++round) {
      std::vector<double> cost(static_cast<size_t>(n * n));
      for (double& c : cost) c = round % 3 == 0 ? static_cast<double>(rng.randint(0, 3)) : rng.normal();  // with ties, and without
      const stats::Assignment a = stats::least_assignment(Tensor::from(cost, {n, n}));
      std::vector<int64_t> sorted = a.column;
      std::ranges::sort(sorted);
      for (int64_t i = 0; i < n; ++i) ASSERT_EQ(sorted[static_cast<size_t>(i)], i);
      ASSERT_NEAR(a.cost, n == 0 ? 0 : least_of_all(cost, n), 1e-12) << n;
      for (double& c : cost) c = -c;
      ASSERT_NEAR(stats::greatest_assignment(Tensor::from(cost, {n, n})).cost, -a.cost, 1e-12);
    }
}

TEST(Assignment, FindsAPermutationAmongManyRows) {
  Rng rng(RngMode::philox, 4);
  const int64_t n = 150;
  const std::vector<int64_t> order = rng.permutation(n);
  Tensor gain = Tensor::zeros({n, n});
  for (int64_t i = 0; i < n * n; ++i) gain.data<float>()[i] = static_cast<float>(rng.normal()) * 0.2f;
  for (int64_t i = 0; i < n; ++i) gain.data<float>()[i * n + order[static_cast<size_t>(i)]] += 2;
  EXPECT_EQ(stats::greatest_assignment(gain).column, order);
}

TEST(Assignment, RefusesWhatIsNoSquareOfFiniteCosts) {
  EXPECT_THROW(stats::least_assignment(Tensor::zeros({2, 3})), Error);
  EXPECT_THROW(stats::least_assignment(Tensor::full({2, 2}, NAN)), Error);
}

}  // namespace
}  // namespace grim
