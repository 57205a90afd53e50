#include "grimoire/nn/lora.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/linear.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"
#include "support/op_case.h"

namespace grim {
namespace {

struct Net : Module {
  Net(Rng& rng, Dtype dtype) : table("wte", *this, 9, 5, rng, dtype), fc("fc", *this, 5, 5, rng, dtype), head("head", *this, std::make_unique<Tied>(table)) {}
  Tensor operator()(const Tensor& ids) const { return head(fc(table(ids), Activation::gelu)); }
  Embedding table;
  Linear fc, head;
};

struct LoraLayer : ::testing::Test {
  Rng rng{RngMode::philox, 1, "lora"};
  Tensor ids = Tensor::from(std::vector<int64_t>{1, 4, 6, 1}, {4});

  void put(Module& net, const std::string& path, int64_t rank, double scale) {
    linear_at(net, path).replace([&](std::unique_ptr<Product> old) { return std::make_unique<Lora>(std::move(old), rank, scale, rng); });
  }
  void draw(const Module& net) {  // as if it had learned
    for (const NamedTensor& p : net.parameters())
      if (p.name.ends_with("lora_B.weight")) copy_into(p.tensor, randn(p.tensor.shape(), rng, p.tensor.dtype()));
  }
  static void merge(Module& net, const std::string& path) {
    linear_at(net, path).replace([](std::unique_ptr<Product> old) { return Lora::merged(std::unique_ptr<Lora>(static_cast<Lora*>(old.release()))); });
  }
};

TEST_F(LoraLayer, ChangesNothingAtFirst) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    Net net(rng, dtype);
    const Tensor before = net(ids);
    put(net, "fc", 2, 0.5), put(net, "head", 3, 2);
    EXPECT_TRUE(test::bit_equal(net(ids), before));
  }
}

TEST_F(LoraLayer, HasTheGradientsOfItsFormula) {
  Net net(rng, Dtype::f64);
  put(net, "fc", 2, 0.5), put(net, "head", 3, 2);
  draw(net);
  const Tensor weights = randn({4, 9}, rng, Dtype::f64);
  backward(sum(net(ids) * weights));
  for (const NamedTensor& p : net.parameters()) {
    const Tensor direction = randn(p.tensor.shape(), rng, Dtype::f64), at = copy(p.tensor);
    const auto moved = [&](double by) {
      const NoGrad evaluated;
      copy_into(p.tensor, at + direction * by);
      return sum(net(ids) * weights).item();
    };
    constexpr double kStep = 1e-6;
    const double slope = (moved(kStep) - moved(-kStep)) / (2 * kStep);
    moved(0);
    EXPECT_NEAR(sum(grad(p.tensor) * direction).item(), slope, 1e-7 * std::max(1.0, std::abs(slope))) << p.name;
  }
}

TEST_F(LoraLayer, LearnsAloneWhereTheRestIsFrozen) {
  Net net(rng, Dtype::f32);
  net.freeze([](const std::string& name) { return !name.starts_with("head"); });
  put(net, "fc", 2, 1);
  std::vector<std::string> names;
  for (const NamedTensor& p : net.parameters()) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"fc.lora_A.weight", "fc.lora_B.weight"}));
  EXPECT_EQ(net.frozen().size(), 3u);
  EXPECT_EQ(net.parameter_count(), 9 * 5 + 5 * 5 + 5 + 2 * (5 + 5));
  draw(net);
  backward(sum(square(net(ids))));
  for (const NamedTensor& t : net.frozen()) EXPECT_FALSE(grad(t.tensor).defined()) << t.name;
  for (const NamedTensor& t : net.parameters()) EXPECT_GT(sum(abs(grad(t.tensor))).item(), 0) << t.name;
}

TEST_F(LoraLayer, MergesIntoWhatWasThere) {
  Net net(rng, Dtype::f32);
  put(net, "fc", 2, 0.5), put(net, "head", 3, 2);
  draw(net);
  const Tensor apart = net(ids), table = copy(net.table.weight);
  EXPECT_LT(max(abs(apart - (linear(linear(net.table(ids), linear_at(net, "fc").product().dense(), net.fc.bias(), Activation::gelu),
                                    linear_at(net, "head").product().dense())))).item(), 1e-5);
  merge(net, "fc"), merge(net, "head");
  EXPECT_LT(max(abs(net(ids) - apart)).item(), 1e-5);
  EXPECT_TRUE(test::bit_equal(net.table.weight, table)) << "a head that shares a table must not change it";
  EXPECT_EQ(net.parameters().size(), 4u);  // the head has a matrix of its own now
  EXPECT_TRUE(net.fc.weight().defined());
}

TEST_F(LoraLayer, RefusesARankBelowOne) {
  Net net(rng, Dtype::f32);
  EXPECT_THROW(put(net, "fc", 0, 1), Error);
}

}  // namespace
}  // namespace grim
