#include "grimoire/nn/observed.h"

#include <gtest/gtest.h>

#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/random.h"
#include "support/op_case.h"

namespace grim {
namespace {

TEST(ObservedLayers, AddUpTheSquaresThatFlowIn) {
  struct Net : Module {
    explicit Net(Rng& rng) : fc("fc", *this, 3, 4, rng), out("out", *this, 4, 2, rng) {}
    Tensor operator()(const Tensor& x) const { return out(outputs_of({&fc}, x)[0]); }
    Linear fc, out;
  };
  Rng rng(RngMode::philox, 1);
  Net net(rng);
  const Tensor x = randn({2, 5, 3}, rng), before = net(x);
  const std::vector<ObservedLayer> layers = observe_layers(net);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].path, "fc");
  EXPECT_TRUE(test::bit_equal(net(x), before));
  net(x);
  EXPECT_EQ(layers[1].product->rows, 20);
  const std::vector<double> expected = sum(square(x), {0, 1}).to_vector<double>();
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(layers[0].product->squares[i], 2 * expected[i], 1e-5);
}

}  // namespace
}  // namespace grim
