#include "grimoire/base/half.h"

#include <cmath>

#include <gtest/gtest.h>

namespace grim {
namespace {

TEST(Half, EveryHalfComesBack) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = half_to_float(static_cast<uint16_t>(bits));
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(half_to_float(float_to_half(value))));
    else
      ASSERT_EQ(float_to_half(value), bits);
  }
}

TEST(Half, HalvesAreTheNearestAndTiesAreEven) {
  for (uint32_t bits = 0; bits < 0x7bff; ++bits) {  // between each positive half and the next
    const double low = half_to_float(static_cast<uint16_t>(bits)), high = half_to_float(static_cast<uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);
    ASSERT_EQ(float_to_half(middle), bits + (bits & 1)) << bits;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.f)), bits);
    ASSERT_EQ(float_to_half(std::nextafter(-middle, -1e9f)), 0x8000 + bits + 1);
  }
  EXPECT_EQ(float_to_half(65519.996f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.f), 0x7c00);
  EXPECT_EQ(float_to_half(-INFINITY), 0xfc00);
  EXPECT_EQ(float_to_half(1e-30f), 0);
}

}  // namespace
}  // namespace grim
