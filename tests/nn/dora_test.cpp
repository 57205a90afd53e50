#include "grimoire/nn/dora.h"

#include "grimoire/op/matmul.h"
#include "grimoire/op/view.h"
#include "nn/adapted_net.h"

namespace grim {
namespace {

using test::AdaptedNet;

struct DoraLayer : test::AdaptedNetTest {
  void learn(AdaptedNet& net) {
    put<Dora>(net, "fc", int64_t{2}, 0.5), put<Dora>(net, "head", int64_t{3}, 2.0);
    draw(net, "lora_B.weight"), draw(net, "lora_magnitude_vector", 0.3);
  }
  // m / |V| (x W + s (x A') B'), of columns whose lengths are given.
  static Tensor by_hand(const Dora& dora, const Tensor& m, const Tensor& length, const Tensor& x) {
    const Tensor low = matmul(matmul(x, transpose(dora.a(), 0, 1)), transpose(dora.b(), 0, 1));
    return (matmul(x, dora.base().dense()) + low * dora.scale()) * (m / length);
  }
  static Tensor lengths(const Dora& dora) {
    const Tensor v = dora.base().dense() + transpose(matmul(dora.b(), dora.a()), 0, 1) * dora.scale();
    return sqrt(sum(square(v), 0));
  }
  static Tensor magnitude(const AdaptedNet& net, const std::string& layer) {
    for (const NamedTensor& p : net.parameters())
      if (p.name == layer + ".lora_magnitude_vector") return p.tensor;
    return {};
  }
};

TEST_F(DoraLayer, ChangesNothingAtFirst) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    AdaptedNet net(rng, dtype);
    const Tensor before = net(ids);
    put<Dora>(net, "fc", int64_t{2}, 0.5), put<Dora>(net, "head", int64_t{3}, 2.0);
    EXPECT_TRUE(test::bit_equal(net(ids), before));
    EXPECT_TRUE(Adapter::of(net.fc)->changes_nothing());
    draw(net, "lora_magnitude_vector");
    EXPECT_FALSE(Adapter::of(net.fc)->changes_nothing());
  }
}

// With lengths held still, as section 4.3 has them.
TEST_F(DoraLayer, HasTheGradientsOfItsFormula) {
  AdaptedNet net(rng, Dtype::f64);
  learn(net);
  const auto &fc = dynamic_cast<const Dora&>(net.fc.product()), &head = dynamic_cast<const Dora&>(net.head.product());
  const Tensor m_fc = magnitude(net, "fc"), m_head = magnitude(net, "head"), still_fc = lengths(fc), still_head = lengths(head);
  const auto by_formula = [&] {
    const Tensor hidden = activate(by_hand(fc, m_fc, still_fc, net.table(ids)) + net.fc.bias(), Activation::gelu);
    return by_hand(head, m_head, still_head, hidden);
  };
  EXPECT_LT(furthest(by_formula(), net(ids)), 1e-12);
  check_gradients(net, by_formula);
}

TEST_F(DoraLayer, MergesIntoWhatWasThere) {
  AdaptedNet net(rng, Dtype::f32);
  learn(net);
  const Tensor apart = net(ids);
  merge_adapter(net.fc), merge_adapter(net.head);
  EXPECT_LT(furthest(net(ids), apart), 1e-5);
  EXPECT_TRUE(net.fc.weight().defined());
}

TEST_F(DoraLayer, CannotBeTakenOut) {
  AdaptedNet net(rng, Dtype::f32);
  learn(net);
  EXPECT_THROW(remove_adapter(net.fc), Error);
  EXPECT_NE(Adapter::of(net.fc), nullptr) << "nothing is done then";
}

}  // namespace
}  // namespace grim
