#include "grimoire/nn/product.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/model/weights.h"
#include "grimoire/nn/linear.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/optim/parameters.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

// W + B, B a table of its own: what an adapter does, with nothing to save.
struct Added final : Product {
  explicit Added(std::unique_ptr<Product> under) : base(std::move(under)) {
    adopt(*base);
    more = parameter("added", Tensor::zeros(base->dense().shape(), base->dense().dtype()));
  }
  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override {
    return activate(base->apply(x, bias, Activation::none) + matmul(x, more), activation);
  }
  Tensor dense() const override { return base->dense() + more; }
  std::unique_ptr<Product> base;
  Tensor more;
};

struct Net : Module {
  explicit Net(Rng& rng)
      : table("wte", *this, 7, 3, rng, Dtype::f64), fc("fc", *this, 3, 3, rng, Dtype::f64), head("head", *this, std::make_unique<Tied>(table)) {}
  Tensor operator()(const Tensor& ids) const { return head(fc(table(ids), Activation::tanh)); }
  Embedding table;
  Linear fc, head;
};

std::vector<std::string> names_of(const Module& m) {
  std::vector<std::string> names;
  for (const NamedTensor& p : m.parameters()) names.push_back(p.name);
  return names;
}

struct Products : ::testing::Test {
  Rng rng{RngMode::philox, 1, "product"};
  Net net{rng};
  Tensor ids = Tensor::from(std::vector<int64_t>{1, 4, 6}, {3});
};

TEST_F(Products, StandInTheLayersPlace) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of(net), (Names{"wte.weight", "fc.weight", "fc.bias"}));  // the tied head owns nothing
  linear_at(net, "fc").replace([](std::unique_ptr<Product> old) { return std::make_unique<Added>(std::move(old)); });
  EXPECT_EQ(names_of(net), (Names{"wte.weight", "fc.weight", "fc.added", "fc.bias"}));
  linear_at(net, "head").replace([](std::unique_ptr<Product> old) { return std::make_unique<Added>(std::move(old)); });
  EXPECT_EQ(names_of(net), (Names{"wte.weight", "fc.weight", "fc.added", "fc.bias", "head.added"}));
  int64_t seen = 0;
  net.visit_modules([&](const std::string& name, Module&) { seen += name == "fc"; });
  EXPECT_EQ(seen, 3);  // the layer, what was put there, and what is under it
}

TEST_F(Products, AnAdapterOfNothingChangesNothingAndLearns) {
  const Tensor before = net(ids);
  for (const char* path : {"fc", "head"})
    linear_at(net, path).replace([](std::unique_ptr<Product> old) { return std::make_unique<Added>(std::move(old)); });
  EXPECT_TRUE(test::bit_equal(net(ids), before));
  backward(sum(square(net(ids))));
  for (const NamedTensor& p : net.parameters()) {
    ASSERT_TRUE(grad(p.tensor).defined()) << p.name;
    EXPECT_GT(sum(abs(grad(p.tensor))).item(), 0) << p.name;
  }
  // d/dB of x (W + B) is d/dW, activation or none.
  const auto of = [&](const char* name) {
    for (const NamedTensor& p : net.parameters())
      if (p.name == name) return grad(p.tensor);
    return Tensor();
  };
  EXPECT_TRUE(test::bit_equal(of("fc.added"), of("fc.weight")));
  EXPECT_FALSE(net.fc.weight().defined());  // no one tensor any more
  const Tensor eye = Tensor::zeros({net.fc.product().dense().dim(0), net.fc.product().dense().dim(0)}, Dtype::f64);
  for (int64_t i = 0; i < eye.dim(0); ++i) eye.data<double>()[i * eye.dim(0) + i] = 1;
  EXPECT_LT(test::relative_difference(net.fc.product().apply(eye, {}, Activation::none), net.fc.product().dense()), 1e-14);
}

TEST_F(Products, ATiedHeadFollowsItsTable) {
  const Product& p = net.head.product();
  EXPECT_FALSE(p.owns_weight());
  EXPECT_TRUE(net.fc.product().owns_weight());
  EXPECT_EQ(p.layout(), WeightLayout::out_in);
  EXPECT_EQ(p.dense().shape(), Shape({3, 7}));
  const Tensor x = test::random_tensor({{5, 3}, -1, 1}, Dtype::f64, 3);
  for (int64_t i = 0; i < 21; ++i) net.table.weight.data<double>()[i] = static_cast<double>(i % 4) - 1;
  EXPECT_TRUE(test::bit_equal(net.head(x), matmul(x, transpose(net.table.weight, 0, 1))));
}

TEST_F(Products, WhereAHeadIsNotOneMatrixItsLossGoesInChunks) {
  constexpr int64_t N = 1100, V = 7;
  const Tensor x = requires_grad(test::random_tensor({{N, 3}, -1, 1}, Dtype::f64, 3)), targets = Tensor::empty({N}, Dtype::i64);
  for (int64_t i = 0; i < N; ++i) targets.data<int64_t>()[i] = i % 9 == 0 ? -100 : i % V;
  for (Reduction reduction : {Reduction::mean, Reduction::sum}) {
    Net plain(rng), other(rng);
    copy_into(other.table.weight, plain.table.weight);
    linear_at(other, "head").replace([](std::unique_ptr<Product> old) { return std::make_unique<Added>(std::move(old)); });
    const CrossEntropyOptions options{.reduction = reduction};
    const auto loss_and_gradient = [&](const Net& n) {
      zero_grad(x);
      const Tensor loss = head_cross_entropy(n.head, x, targets, options);
      backward(loss);
      return std::pair(loss.item(), copy(grad(x)));
    };
    const auto [fused, fused_gradient] = loss_and_gradient(plain);
    const auto [chunked, chunked_gradient] = loss_and_gradient(other);
    EXPECT_NEAR(fused, chunked, 1e-12 * fused);
    EXPECT_LT(sum(abs(fused_gradient - chunked_gradient)).item(), 1e-12 * sum(abs(fused_gradient)).item());
  }
}

TEST_F(Products, ARowLossOfAReplacedHeadHasOneNumberARow) {
  linear_at(net, "head").replace([](std::unique_ptr<Product> old) { return std::make_unique<Added>(std::move(old)); });
  const Tensor x = test::random_tensor({{600, 3}, -1, 1}, Dtype::f64, 3), targets = Tensor::zeros({600}, Dtype::i64);
  EXPECT_EQ(head_cross_entropy(net.head, x, targets, {.reduction = Reduction::none}).shape(), Shape({600}));
}

TEST_F(Products, AReplacementThatFailsIsSaidAtTheNextUse) {
  EXPECT_THROW(linear_at(net, "fc").replace([](std::unique_ptr<Product>) -> std::unique_ptr<Product> { throw Error(ErrorKind::state, "no"); }), Error);
  EXPECT_THROW(net(ids), Error);
  EXPECT_THROW(linear_at(net, "head").replace([](std::unique_ptr<Product>) { return std::unique_ptr<Product>(); }), Error);
  EXPECT_THROW(net.head.weight(), Error);
}

TEST_F(Products, TwoTensorsOfOneNameAreRefused) {
  for (int i = 0; i < 2; ++i)
    linear_at(net, "fc").replace([](std::unique_ptr<Product> old) { return std::make_unique<Added>(std::move(old)); });
  EXPECT_THROW(Parameters(net.parameters()), Error);
  EXPECT_THROW(save(net, "never-written.safetensors"), Error);
}

TEST_F(Products, PathsThatLeadNowhereAreNamed) {
  try {
    linear_at(net, "fx");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::argument);
    EXPECT_STREQ(e.what(), "[linear] there is no linear layer 'fx' among 2");
    EXPECT_EQ(e.hint(), "did you mean 'fc'?");
  }
  EXPECT_THROW(linear_at(net, "wte"), Error);
  EXPECT_THROW(net.fc.replace([](std::unique_ptr<Product>) { return std::unique_ptr<Product>(); }), Error);
}

}  // namespace
}  // namespace grim
