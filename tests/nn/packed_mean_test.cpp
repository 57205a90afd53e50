#include "grimoire/nn/packed_mean.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {

using Ids = std::vector<int64_t>;

TEST(PackedMean, OfEachTextAlone) {
  const Ids offsets = {0, 1, 5, 7};
  const Tensor x = test::random_tensor({{7, 3}}, Dtype::f64, 1);
  const Tensor y = packed_mean(x, offsets);
  ASSERT_EQ(y.shape(), Shape({3, 3}));
  for (int64_t t = 0; t < 3; ++t)
    for (int64_t c = 0; c < 3; ++c) {
      double sum = 0;
      for (int64_t row = offsets[static_cast<size_t>(t)]; row < offsets[static_cast<size_t>(t) + 1]; ++row) sum += x.at({row, c});
      EXPECT_NEAR(y.at({t, c}), sum / double(offsets[static_cast<size_t>(t) + 1] - offsets[static_cast<size_t>(t)]), 1e-15);
    }
  EXPECT_TRUE(test::bit_equal(packed_mean(slice(x, 0, 1, 5), Ids{0, 4}), slice(y, 0, 1, 2)));
}

// d mean / dx = 1 / n for each of its n rows.
TEST(PackedMean, EveryTokenHasItsShareOfTheGradient) {
  const Tensor x = Tensor::full({4, 2}, 3.0);
  requires_grad(x);
  backward(sum(packed_mean(x, Ids{0, 1, 4})));
  const Tensor dx = grad(x);
  for (int64_t row = 0; row < 4; ++row) EXPECT_FLOAT_EQ(static_cast<float>(dx.at({row, 1})), row == 0 ? 1.0f : 1.0f / 3);
}

TEST(PackedMean, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({3, 2});
  EXPECT_THROW(packed_mean(x, Ids{0, 4}), Error);
  EXPECT_THROW(packed_mean(x, Ids{0, 3, 3}), Error) << "a text without tokens";
  EXPECT_THROW(packed_mean(x, Ids{}), Error);
}

}  // namespace
}  // namespace grim
