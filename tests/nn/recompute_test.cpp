#include "grimoire/nn/recompute.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

// A layer with two dropouts, in a pass with others before and behind it.
struct Recomputing : ::testing::Test {
  Rng rng{RngMode::philox, 4, "recompute"};
  Module root;
  Linear fc{"fc", root, 6, 6, rng};
  Tensor x = requires_grad(Tensor::full({5, 6}, 0.5));
  int runs = 0;

  std::vector<Tensor> results(bool recompute) {
    zero_grad(x);
    zero_grad(fc.weight());
    Pass pass = Pass::train(3, 1);
    pass.recompute = recompute;
    Tensor y = dropout(x, 0.5, pass);
    for (int i = 0; i < 2; ++i)
      y = recomputed(pass, [this, y](Pass& p) {
        ++runs;
        return dropout(fc(dropout(y, 0.3, p), Activation::tanh), 0.4, p);
      });
    y = sum(dropout(y, 0.5, pass));
    backward(y);
    return {y, Tensor::full({1}, pass.dropouts), grad(x), grad(fc.weight())};
  }
  void expect_same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(test::bit_equal(a[i], b[i])) << i;
  }
};

TEST_F(Recomputing, DrawsTheSameDropoutsAgain) {
  std::vector<Tensor> plain = results(false);
  EXPECT_EQ(runs, 2);
  for (Tensor& t : plain) t = copy(t);  // gradients stay where they are
  expect_same(results(true), plain);
  EXPECT_EQ(runs, 6);
  EXPECT_EQ(plain[1].item(), 6);
}

TEST_F(Recomputing, TapsSeeEverySiteOnceAndItsGradient) {
  const auto seen = [&](bool recompute) {
    std::vector<std::string> log;
    const Tap tap([&](const Site&, const Tensor& y) {
      log.push_back("output");
      EXPECT_TRUE(tracked(y));
      on_grad(y, [&log](Tensor& g) { log.push_back(str("gradient {}", sum(g).item())); });
      return Tensor();
    });
    results(recompute);
    return log;
  };
  const std::vector<std::string> want = seen(false);
  EXPECT_EQ(want.size(), 4u);
  EXPECT_EQ(seen(true), want);
}

// One that is alive in the backward pass alone sees nothing; and one that answers says so at once, since its answer could not be given again.
TEST_F(Recomputing, TapsNeitherSeeTheSecondTimeNorAnswer) {
  int seen = 0;
  Pass pass = Pass::train(3, 1);
  pass.recompute = true;
  const auto layer = [&] { return recomputed(pass, [this](Pass&) { return fc(x); }); };
  const Tensor y = sum(layer());
  {
    const Tap late([&](const Site&, const Tensor&) { return ++seen, Tensor(); });
    backward(y);
  }
  EXPECT_EQ(seen, 0);
  const Tap answering([](const Site&, const Tensor& t) { return t * 2.0; });
  EXPECT_THROW(layer(), Error);
  pass.recompute = false;
  layer();
}

}  // namespace
}  // namespace grim
