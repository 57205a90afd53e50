#include "grimoire/nn/alibi.h"

#include <gtest/gtest.h>

namespace grim {
namespace {

TEST(Alibi, SlopesOfThePaper) { EXPECT_EQ(alibi_slopes(8), (std::vector<double>{1. / 2, 1. / 4, 1. / 8, 1. / 16, 1. / 32, 1. / 64, 1. / 128, 1. / 256})); }

TEST(Alibi, BetweenPowersOfTwoTheRestComesFromTheNext) {
  EXPECT_EQ(alibi_slopes(6), (std::vector<double>{1. / 4, 1. / 16, 1. / 64, 1. / 256, 1. / 2, 1. / 8}));
}

TEST(Alibi, BiasFallsWithEachPlaceBefore) {
  EXPECT_EQ(alibi_bias(2, 3).to_vector<double>(), (std::vector<double>{-2. / 16, -1. / 16, 0, -2. / 256, -1. / 256, 0}));
}

}  // namespace
}  // namespace grim
