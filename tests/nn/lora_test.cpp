#include "grimoire/nn/lora.h"

#include "grimoire/nn/products.h"
#include "grimoire/op/view.h"
#include "nn/adapted_net.h"

namespace grim {
namespace {

using test::AdaptedNet;

struct LoraLayer : test::AdaptedNetTest {
  void put_both(Module& net) { put<Lora>(net, "fc", int64_t{2}, 0.5), put<Lora>(net, "head", int64_t{3}, 2.0); }
};

TEST_F(LoraLayer, ChangesNothingAtFirst) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    AdaptedNet net(rng, dtype);
    const Tensor before = net(ids);
    put_both(net);
    EXPECT_TRUE(test::bit_equal(net(ids), before));
    EXPECT_TRUE(Adapter::of(net.fc)->changes_nothing());
    draw(net, "lora_B.weight");
    EXPECT_FALSE(Adapter::of(net.fc)->changes_nothing());
  }
}

TEST_F(LoraLayer, HasTheGradientsOfItsFormula) {
  AdaptedNet net(rng, Dtype::f64);
  put_both(net);
  draw(net, "lora_B.weight");
  check_gradients(net, [&] { return net(ids); });
}

TEST_F(LoraLayer, LearnsAloneWhereTheRestIsFrozen) {
  AdaptedNet net(rng, Dtype::f32);
  net.freeze([](const std::string& name) { return !name.starts_with("head"); });
  put<Lora>(net, "fc", int64_t{2}, 1.0);
  std::vector<std::string> names;
  for (const NamedTensor& p : net.parameters()) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"fc.lora_A.weight", "fc.lora_B.weight"}));
  EXPECT_EQ(net.frozen().size(), 3u);
  EXPECT_EQ(net.parameter_count(), 9 * 5 + 5 * 5 + 5 + 2 * (5 + 5));
  draw(net, "lora_B.weight");
  backward(sum(square(net(ids))));
  for (const NamedTensor& t : net.frozen()) EXPECT_FALSE(grad(t.tensor).defined()) << t.name;
  for (const NamedTensor& t : net.parameters()) EXPECT_GT(sum(abs(grad(t.tensor))).item(), 0) << t.name;
}

TEST_F(LoraLayer, MergesIntoWhatWasThere) {
  AdaptedNet net(rng, Dtype::f32);
  put_both(net);
  draw(net, "lora_B.weight");
  const Tensor apart = net(ids), table = copy(net.table.weight);
  EXPECT_LT(furthest(apart, linear(linear(net.table(ids), net.fc.product().dense(), net.fc.bias(), Activation::gelu), net.head.product().dense())), 1e-5);
  merge_adapter(net.fc), merge_adapter(net.head);
  EXPECT_LT(furthest(net(ids), apart), 1e-5);
  EXPECT_TRUE(test::bit_equal(net.table.weight, table)) << "a head that shares a table must not change it";
  EXPECT_EQ(net.parameters().size(), 4u);  // the head has a matrix of its own now
  EXPECT_TRUE(net.fc.weight().defined());
}

TEST_F(LoraLayer, IsTakenOutAgain) {
  AdaptedNet net(rng, Dtype::f32);
  const Tensor before = copy(net.fc.weight());
  put<Lora>(net, "fc", int64_t{2}, 0.5);
  draw(net, "lora_B.weight");
  const Tensor a = copy(dynamic_cast<const Lora&>(net.fc.product()).a()), b = copy(dynamic_cast<const Lora&>(net.fc.product()).b());
  merge_adapter(net.fc);
  EXPECT_GT(furthest(net.fc.weight(), before), 0.1);
  put<Lora>(net, "fc", int64_t{2}, 0.5);
  copy_into(dynamic_cast<const Lora&>(net.fc.product()).a(), a), copy_into(dynamic_cast<const Lora&>(net.fc.product()).b(), b);
  remove_adapter(net.fc);
  EXPECT_LT(furthest(net.fc.weight(), before), 1e-6);
  put<Lora>(net, "fc", int64_t{2}, 0.5);
  draw(net, "lora_B.weight");
  const Tensor there = copy(Adapter::of(net.fc)->base().weight());
  take_off_adapter(net.fc);
  EXPECT_TRUE(test::bit_equal(net.fc.weight(), there)) << "what it learned goes with it";
  EXPECT_EQ(Adapter::of(net.fc), nullptr);
}

TEST_F(LoraLayer, DropsWhatGoesIntoIt) {
  AdaptedNet net(rng, Dtype::f32);
  put<Lora>(net, "fc", int64_t{2}, 0.5);
  draw(net, "lora_B.weight");
  const Tensor all = net(ids);
  const auto dropped = [&](const DropoutKey& key) {
    Adapter::of(net.fc)->drop(0.5, key);
    return net(ids);
  };
  const Tensor first = dropped({1, 2, 3});
  EXPECT_GT(furthest(first, all), 1e-3);
  EXPECT_TRUE(test::bit_equal(dropped({1, 2, 3}), first));
  EXPECT_GT(furthest(dropped({1, 2, 4}), first), 1e-3);
  Adapter::of(net.fc)->drop(0, std::nullopt);
  EXPECT_TRUE(test::bit_equal(net(ids), all));
}

// Beside a matrix of few bits it learns what it would learn beside the numbers that those are, and is merged into them.
TEST_F(LoraLayer, LearnsBesideAMatrixOfFewBits) {
  struct Two : Module {
    explicit Two(Rng& rng) : a("a", *this, 64, 40, rng), b("b", *this, 40, 8, rng) {}
    Linear a, b;
  };
  for (const BlockType type : {BlockType::q8_0, BlockType::q4_0}) {
    Two few(rng), wide(rng);
    const Tensor x = randn({5, 64}, rng);
    const QuantisedMatrix q = quantised(transpose(few.a.weight(), 0, 1), type);
    few.a.replace([&](const auto&) { return std::make_unique<Quantised>(q, WeightLayout::in_out); });
    copy_into(wide.a.weight(), dense(q, Dtype::f32)), copy_into(wide.a.bias(), few.a.bias());
    copy_into(wide.b.weight(), few.b.weight()), copy_into(wide.b.bias(), few.b.bias());
    for (Two* net : {&few, &wide}) {
      net->freeze([](const std::string&) { return true; });
      Rng same(RngMode::philox, 5);
      net->a.replace([&](std::unique_ptr<Product> old) { return std::make_unique<Lora>(std::move(old), 3, .5, same); });
      copy_into(dynamic_cast<const Lora&>(net->a.product()).b(), randn({40, 3}, same));
      backward(sum(square(net->b(net->a(x, Activation::gelu)))));
    }
    EXPECT_EQ(few.a.product().shape(), (Shape{64, 40}));
    EXPECT_EQ(few.a.product().layout(), WeightLayout::in_out);
    EXPECT_EQ(quantised_numbers(few), 64 * 40);
    const std::vector<NamedTensor> learned = few.parameters(), twin = wide.parameters();
    ASSERT_EQ(learned.size(), 2u);
    for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(test::bit_equal(grad(learned[i].tensor), grad(twin[i].tensor))) << learned[i].name;
    const Tensor merged = copy(wide.a.product().dense());
    merge_adapter(few.a);
    EXPECT_TRUE(test::bit_equal(few.a.product().dense(), merged));
  }
}

TEST_F(LoraLayer, RefusesARankBelowOne) {
  AdaptedNet net(rng, Dtype::f32);
  EXPECT_THROW(put<Lora>(net, "fc", int64_t{0}, 1.0), Error);
}

}  // namespace
}  // namespace grim
