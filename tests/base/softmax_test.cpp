#include "grimoire/base/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace grim {
namespace {

// Of 1, 2, 4, by Python in double.
TEST(Softmax, KnownValues) {
  const std::vector<double> z = {1, 2, 4}, expected = {0.04201006613406605, 0.11419519938459449, 0.8437947344813395};
  std::vector<double> p(3);
  EXPECT_NEAR(softmax_row(z.data(), p.data(), 3), 4.169846019556286, 1e-14);
  const Softmax one(z.data(), 3);
  for (size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(p[k], expected[k], 1e-15);
    EXPECT_EQ(one.of(z[k]), p[k]);
  }
  EXPECT_EQ(one.log_sum(), softmax_row(z.data(), p.data(), 3));
}

TEST(Softmax, StridesTemperatureAndPlace) {
  const std::vector<double> apart = {1, 9, 2, 9, 4};
  std::vector<double> p(3), q = {1, 2, 4};
  softmax_row(apart.data(), p.data(), 3, 2);
  softmax_row(q.data(), q.data(), 3);
  EXPECT_EQ(p, q);
  EXPECT_EQ(Softmax(apart.data(), 3, 2).of(4), q[2]);
  const std::vector<double> doubled = {2, 4, 8};
  softmax_row(doubled.data(), p.data(), 3, 1, 2);
  EXPECT_EQ(p, q);
}

// Rows of floats are those of doubles, rounded; what is summed is what stands there.
TEST(Softmax, RowsOfFloats) {
  const std::vector<float> z = {1, 2, 4};
  const std::vector<double> same = {1, 2, 4};
  std::vector<float> p(3);
  std::vector<double> q(3);
  const double sum = softmax_below(4.0F, z.data(), p.data(), 3);
  softmax_row(same.data(), q.data(), 3);
  for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(p[k], q[k], 1e-7);
  EXPECT_EQ(sum, static_cast<double>(static_cast<float>(std::exp(-3.0))) + static_cast<float>(std::exp(-2.0)) + 1);
  EXPECT_EQ(Softmax(z.data(), 3).log_sum(), Softmax(same.data(), 3).log_sum());
}

TEST(Softmax, DoesNotOverflow) {
  const std::vector<double> z = {1e300, 1e300, -1e300};
  std::vector<double> p(3);
  softmax_row(z.data(), p.data(), 3);
  EXPECT_EQ(p, (std::vector<double>{.5, .5, 0}));
}

}  // namespace
}  // namespace grim
