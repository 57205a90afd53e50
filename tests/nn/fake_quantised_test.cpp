#include "grimoire/nn/fake_quantised.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"
#include "support/op_case.h"

namespace grim {
namespace {

struct Net : Module {
  explicit Net(Rng& rng)
      : in("in", *this, 64, 32, rng), rows("rows", *this, std::make_unique<Dense>(randn({8, 32}, rng), WeightLayout::out_in)), odd("odd", *this, 8, 5, rng) {}
  Tensor operator()(const Tensor& x) const { return odd(rows(in(x, Activation::gelu), Activation::tanh)); }
  Linear in, rows, odd;
};

struct FakeQuantisedLayer : ::testing::Test {
  Rng rng{RngMode::philox, 3};
  Net net{rng};
  Tensor x = randn({6, 64}, rng);
  int64_t put(FakeBits bits) {
    return fake_quantise_layers(net, bits, [](const std::string&, const Linear&) { return true; });
  }
  void turn(bool on) {
    for (FakeQuantised* layer : fake_quantised(net)) layer->turn(on);
  }
};

TEST_F(FakeQuantisedLayer, AreTheLayersThemselvesUntilTheyAreTurnedOn) {
  std::vector<std::string> names, later;
  for (const NamedTensor& p : net.parameters()) names.push_back(p.name);
  const Tensor before = net(x);
  EXPECT_EQ(put(FakeBits::int4), 2) << "rows of 8 fill no block";
  EXPECT_TRUE(test::bit_equal(net(x), before));
  for (const NamedTensor& p : net.parameters()) later.push_back(p.name);
  EXPECT_EQ(names, later);
  turn(true);
  EXPECT_FALSE(test::bit_equal(net(x), before));
  turn(false);
  EXPECT_TRUE(test::bit_equal(net(x), before));
}

// Whatever holds the numbers that they act as computes the same.
TEST_F(FakeQuantisedLayer, ComputeWithWhatIsSavedOfThem) {
  for (const FakeBits bits : {FakeBits::int8, FakeBits::int4, FakeBits::ternary, FakeBits::binary}) {
    Rng fresh(RngMode::philox, 3);
    Net trained(fresh), loaded(fresh);
    fake_quantise_layers(trained, bits, [](const std::string&, const Linear&) { return true; });
    for (FakeQuantised* layer : fake_quantised(trained)) layer->turn(true);
    const std::vector<NamedTensor> from = trained.parameters(), to = loaded.parameters();
    for (size_t i = 0; i < from.size(); ++i) copy_into(to[i].tensor, from[i].tensor);
    for (const auto& [layer, twin] : {std::pair(&trained.in, &loaded.in), {&trained.rows, &loaded.rows}, {&trained.odd, &loaded.odd}})
      if (const auto* const fake = dynamic_cast<const FakeQuantised*>(&layer->product())) copy_into(twin->weight(), fake->as_held());
    EXPECT_TRUE(test::bit_equal(trained(x), loaded(x)));
  }
}

// The exact numbers get the gradient of those that are computed with, but for what was clipped.
TEST_F(FakeQuantisedLayer, TeachTheNumbersBeneath) {
  Rng fresh(RngMode::philox, 3);
  Net twin(fresh);
  put(FakeBits::int8), turn(true);
  const std::vector<NamedTensor> own = net.parameters(), same = twin.parameters();
  for (size_t i = 0; i < own.size(); ++i) copy_into(same[i].tensor, own[i].tensor);
  copy_into(twin.in.weight(), dynamic_cast<const FakeQuantised&>(net.in.product()).as_held());
  copy_into(twin.rows.weight(), dynamic_cast<const FakeQuantised&>(net.rows.product()).as_held());
  for (const NamedTensor& p : own) requires_grad(p.tensor);
  for (const NamedTensor& p : same) requires_grad(p.tensor);
  backward(sum(square(net(x)))), backward(sum(square(twin(x))));
  for (size_t i = 0; i < own.size(); ++i) EXPECT_TRUE(test::bit_equal(grad(own[i].tensor), grad(same[i].tensor))) << own[i].name;
}

}  // namespace
}  // namespace grim
