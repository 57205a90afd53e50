#include "grimoire/nn/ia3.h"

#include "nn/adapted_net.h"

namespace grim {
namespace {

using test::AdaptedNet;

struct Ia3Layer : test::AdaptedNetTest, ::testing::WithParamInterface<Ia3Side> {};

TEST_P(Ia3Layer, ChangesNothingAtFirst) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    AdaptedNet net(rng, dtype);
    const Tensor before = net(ids);
    put<Ia3>(net, "fc", GetParam()), put<Ia3>(net, "head", GetParam());
    EXPECT_TRUE(test::bit_equal(net(ids), before));
    EXPECT_TRUE(Adapter::of(net.fc)->changes_nothing());
  }
}

TEST_P(Ia3Layer, HasTheGradientsOfItsFormula) {
  AdaptedNet net(rng, Dtype::f64);
  put<Ia3>(net, "fc", GetParam()), put<Ia3>(net, "head", GetParam());
  draw(net, "ia3_l", 0.5);
  check_gradients(net, [&] { return net(ids); });
}

TEST_P(Ia3Layer, MergesIntoWeightAndBiasAndComesOutAgain) {
  AdaptedNet net(rng, Dtype::f32);
  put<Ia3>(net, "fc", GetParam()), put<Ia3>(net, "head", GetParam());
  draw(net, "ia3_l", 0.5);
  const Tensor apart = net(ids), before = copy(Adapter::of(net.fc)->base().weight()), bias = copy(net.fc.bias());
  const Tensor gains = copy(dynamic_cast<const Ia3&>(net.fc.product()).gains());
  merge_adapter(net.fc), merge_adapter(net.head);
  EXPECT_LT(furthest(net(ids), apart), 1e-5);
  EXPECT_GT(furthest(net.fc.weight(), before), 0.01);
  EXPECT_EQ(test::bit_equal(net.fc.bias(), bias), GetParam() == Ia3Side::input);
  put<Ia3>(net, "fc", GetParam());
  copy_into(dynamic_cast<const Ia3&>(net.fc.product()).gains(), gains);
  remove_adapter(net.fc);
  EXPECT_LT(furthest(net.fc.weight(), before), 1e-6);
  EXPECT_LT(furthest(net.fc.bias(), bias), 1e-6);
}

TEST_P(Ia3Layer, CannotBeTakenOutWhereItTookAllAway) {
  AdaptedNet net(rng, Dtype::f32);
  put<Ia3>(net, "fc", GetParam());
  fill(dynamic_cast<const Ia3&>(net.fc.product()).gains(), 0);
  EXPECT_THROW(remove_adapter(net.fc), Error);
}

INSTANTIATE_TEST_SUITE_P(Sides, Ia3Layer, ::testing::Values(Ia3Side::output, Ia3Side::input));

}  // namespace
}  // namespace grim
