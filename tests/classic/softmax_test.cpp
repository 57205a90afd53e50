#include "grimoire/classic/softmax.h"

#include <gtest/gtest.h>

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

TEST(Softmax, DoesNotOverflow) {
  const std::vector<double> z = {1e300, 1e300, -1e300};
  std::vector<double> p(3);
  softmax_row(z.data(), p.data(), 3);
  EXPECT_EQ(p, (std::vector<double>{.5, .5, 0}));
}

}  // namespace
}  // namespace grim
