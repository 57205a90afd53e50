#include "grimoire/nn/experts.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/sort.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Ids;
using test::Inputs;
using test::ints;

constexpr int64_t C = 6;

struct Plain final : FeedForward {
  Plain(const std::string& name, Module& parent, int64_t inner, Rng& rng)
      : FeedForward(name, parent), fc("fc", *this, C, inner, rng), proj("proj", *this, inner, C, rng) {}
  Tensor operator()(const Tensor& x, Pass&) const override { return proj(fc(x, Activation::gelu)); }
  Linear fc, proj;
};

struct Net : Module {
  explicit Net(const ExpertOptions& o, uint64_t seed = 1)
      : rng(RngMode::philox, seed),
        mixture("mixture", *this, o, C, rng,
                [&](const auto& name, Module& parent, int64_t times) { return std::make_unique<Plain>(name, parent, times * 5, rng); }) {}
  Rng rng;
  Experts mixture;
};

Tensor gradient_of(const Module& net, const std::string& name) {
  Tensor found;
  for (const NamedTensor& p : net.parameters())
    if (p.name == name) found = grad(p.tensor);
  return found;
}

// --- the router ------------------------------------------------------------------------------------------------------

TEST(Router, WeighsByTheChosenScoresOrByAll) {
  const Tensor scores = Tensor::from<float>({2, 1, 0, -1}, {1, 4});
  const Routed chosen = routed(scores, {.experts = 4}, false);
  EXPECT_EQ(ints(chosen.chosen), Ids({0, 1}));
  EXPECT_NEAR(chosen.weights.at({0, 0}), .731058579, 1e-7);
  EXPECT_NEAR(chosen.weights.at({0, 1}), .268941421, 1e-7);
  const Routed all = routed(scores, {.experts = 4, .weights = RouterWeights::all}, false);
  EXPECT_NEAR(all.weights.at({0, 0}), .64391426, 1e-7);
  EXPECT_NEAR(all.weights.at({0, 1}), .23688282, 1e-7);
}

TEST(Router, GradientsOfWeightsAndLosses) {
  for (const auto [N, E, k] : {std::array<int64_t, 3>{1, 1, 1}, {1, 4, 2}, {7, 5, 1}, {9, 8, 2}, {3, 4, 4}, {40, 8, 3}}) {
    const test::OpInput scores = {.shape = {N, E}, .low = -3, .high = 3, .distinct = true};
    for (const RouterWeights form : {RouterWeights::chosen, RouterWeights::all})
      check_op({.name = str("weights {} {} {}", N, E, k), .inputs = {scores},
                .run = [&](const Inputs& x) { return routed(x[0], {.experts = E, .per_token = k, .weights = form}, false).weights; },
                .twin = [&](const Inputs& x) {
                  const Tensor e = exp(x[0]), best = topk(e, k).values;
                  return best / sum(form == RouterWeights::chosen ? best : e, 1, KeepDims::yes);
                }, .bf16_tolerance = 0});
    check_op({.name = str("balance {} {} {}", N, E, k), .inputs = {scores},
              .run = [&](const Inputs& x) { return balance_loss(x[0], routed(x[0], {.experts = E, .per_token = k}, false).routing); },
              .twin = [&](const Inputs& x) {  // Fedus et al. 2021, equations 4 to 6, f over choices
                const Tensor f = mean(sum(one_hot(topk(detach(x[0]), k).indices, E, x[0].dtype()), 1), 0) / double(k);
                return sum(f * mean(softmax(x[0], 1), 0)) * double(E);
              }, .bf16_tolerance = 0});
    check_op({.name = str("z {} {}", N, E), .inputs = {scores},
              .run = [&](const Inputs& x) { return router_z_loss(x[0]); },
              .twin = [&](const Inputs& x) {
                const Tensor z = log(sum(exp(x[0]), 1));
                return mean(z * z);
              }, .bf16_tolerance = 0});
  }
}

TEST(Router, EvenOneHasALossOfExactlyOne) {
  for (const int64_t E : {1, 2, 4, 8, 64})
    for (const int64_t k : {1, 2, 4}) {
      if (k > E) continue;
      for (const double score : {0.0, -3.5, 20.0}) {
        const Tensor scores = Tensor::full({24, E}, score);
        EXPECT_EQ(balance_loss(scores, routed(scores, {.experts = E, .per_token = k}, true).routing).item(), 1.0) << E << " " << k;
      }
    }
}

TEST(Router, OneThatSendsAllToTheSameHasTheLargestLoss) {
  Tensor scores = Tensor::zeros({10, 8});
  for (int64_t n = 0; n < 10; ++n) scores.data<float>()[n * 8 + 3] = scores.data<float>()[n * 8 + 5] = 60;
  EXPECT_NEAR(balance_loss(scores, routed(scores, {.experts = 8}, false).routing).item(), 8.0 / 2, 1e-6);
}

// --- the layer -------------------------------------------------------------------------------------------------------

// y = sum over the chosen of softmax(chosen scores) f_e(x), for every token by itself.
TEST(Experts, GiveWhatTheDefinitionSays) {
  for (const RouterWeights form : {RouterWeights::chosen, RouterWeights::all}) {
    const ExpertOptions o{.experts = 4, .per_token = 2, .shared = 2, .weights = form};
    const Net net(o);
    const Tensor x = test::random_tensor({{3, 7, C}, -4, 4}, Dtype::f32, 2);
    Pass pass;
    const Tensor y = net.mixture(x, pass), rows = reshape(x, {-1, C});
    for (int64_t n = 0; n < 21; ++n) {
      const Tensor row = slice(rows, 0, n, n + 1);
      const Routed to = routed(net.mixture.gate()(row), o, false);
      Tensor want = (*net.mixture.shared())(row, pass);
      for (int64_t j = 0; j < 2; ++j)
        want = want + (*net.mixture.experts()[static_cast<size_t>(ints(to.chosen)[static_cast<size_t>(j)])])(row, pass) * to.weights.at({0, j});
      EXPECT_LT(test::relative_difference(slice(reshape(y, {-1, C}), 0, n, n + 1), want), 1e-5) << n;
    }
  }
}

// J = sum(y p) + a sum of balance + b sum of z over two layers, in float64 by central differences: what backward() gives with the losses that the layers
// add by themselves, in a step of which the pass is three quarters.
TEST(Experts, GradientsHoldTheRoutersLosses) {
  const ExpertOptions o{.experts = 4, .per_token = 2, .balance_loss = 0.8, .z_loss = 0.3};
  Net first(o, 1), second(o, 2);
  const Tensor x = test::random_tensor({{11, C}, -2, 2}, Dtype::f32, 3), p = test::random_tensor({{11, C}}, Dtype::f32, 4);
  const auto y = [&](Pass& pass) { return second.mixture(x + first.mixture(x, pass), pass); };
  Pass train = Pass::train(1, 1);
  {
    const RouterScope share(0.75);
    backward(sum(y(train) * p) * 0.75);
  }
  std::vector<std::pair<Tensor, Tensor>> injected;
  for (Net* net : {&first, &second})
    for (const NamedTensor& t : net->parameters())
      if (const Tensor g = grad(t.tensor); g.defined()) injected.emplace_back(t.tensor, copy(g)), zero_grad(t.tensor);
  // The same, said outright.
  Pass plain;
  const Tensor scores = first.mixture.gate()(x), between = x + first.mixture(x, plain), later = second.mixture.gate()(between);
  const Tensor side = (balance_loss(scores, routed(scores, o, false).routing) + balance_loss(later, routed(later, o, false).routing)) * 0.8 +
                      (router_z_loss(scores) + router_z_loss(later)) * 0.3;
  backward((sum(second.mixture(between, plain) * p) + side) * 0.75);
  ASSERT_EQ(injected.size(), 2 * 17u);
  for (const auto& [tensor, gradient] : injected) EXPECT_LT(test::relative_difference(gradient, grad(tensor)), 1e-5) << str("{}", tensor.shape());
}

TEST(Experts, LossesAreTrainingsAlone) {
  const Net net({.experts = 4, .balance_loss = 100, .z_loss = 100});
  const Tensor x = test::random_tensor({{9, C}}, Dtype::f32, 3);
  const auto gate_gradient = [&](Pass pass) {
    backward(sum(net.mixture(x, pass)));
    const Tensor g = copy(gradient_of(net, "mixture.gate.weight"));
    zero_grad(net.mixture.gate().weight());
    return g;
  };
  const Tensor evaluated = gate_gradient({}), trained = gate_gradient(Pass::train(1, 1));
  EXPECT_GT(test::relative_difference(evaluated, trained), 0.5);
  const RouterScope none(0);
  EXPECT_TRUE(test::bit_equal(gate_gradient(Pass::train(1, 1)), evaluated));
}

TEST(Experts, DropWhatComesTooLateInTrainingAlone) {
  const ExpertOptions o{.experts = 4, .per_token = 1, .capacity = 0.5};
  const Net net(o);
  const Tensor x = test::random_tensor({{32, C}}, Dtype::f32, 3);
  RouterLog log;
  Pass train = Pass::train(1, 1), plain;
  const RouterScope logged(1, &log);
  const Tensor y = net.mixture(x, train), whole = net.mixture(x, plain);
  const int64_t most = 4;  // ceil(0.5 * 32 / 4)
  const Routed to = routed(net.mixture.gate()(x), o, true);
  int64_t dropped = 0;
  for (int64_t n = 0; n < 32; ++n) {
    const bool lost = ints(to.routing.place)[static_cast<size_t>(n)] < 0;
    dropped += lost;
    const Tensor row = slice(y, 0, n, n + 1);
    EXPECT_TRUE(test::bit_equal(row, lost ? Tensor::zeros({1, C}) : slice(whole, 0, n, n + 1)) ||
                test::relative_difference(row, slice(whole, 0, n, n + 1)) < 1e-6) << n;
  }
  for (size_t e = 0; e < 4; ++e) EXPECT_LE(to.routing.load(e), most);
  EXPECT_GE(dropped, 16);
  ASSERT_EQ(log.layers.size(), 1u);
  EXPECT_EQ(log.layers[0].dropped, dropped);
  EXPECT_EQ(log.layers[0].choices, 64);
  EXPECT_EQ(log.layers[0].passes, 2);
}

TEST(Experts, JitterMovesTheChoiceAloneAndIsDrawnByThePass) {
  const ExpertOptions o{.experts = 4, .per_token = 1, .weights = RouterWeights::all, .jitter = 0.5};
  const Net net(o);
  const Tensor x = test::random_tensor({{64, C}}, Dtype::f32, 3);
  const auto y = [&](Pass pass) { return net.mixture(x, pass); };
  EXPECT_TRUE(test::bit_equal(y(Pass::train(1, 1)), y(Pass::train(1, 1))));
  EXPECT_FALSE(test::bit_equal(y(Pass::train(1, 1)), y(Pass::train(1, 2))));
  EXPECT_FALSE(test::bit_equal(y(Pass::train(1, 1)), y({})));
}

TEST(Experts, LogSaysWhatHappened) {
  const Net net({.experts = 2, .per_token = 1});
  const Tensor gate = net.mixture.gate().weight();  // (E, C): the sign of the first number decides
  for (int64_t i = 0; i < gate.numel(); ++i) gate.data<float>()[i] = 0;
  gate.data<float>()[0] = 1, gate.data<float>()[C] = -1;
  Tensor x = Tensor::zeros({4, C});
  for (int64_t n = 0; n < 4; ++n) x.data<float>()[n * C] = n < 3 ? 1 : -1;
  RouterLog log;
  Pass pass;
  {
    const RouterScope logged(1, &log);
    net.mixture(x, pass);
  }
  net.mixture(x, pass);
  ASSERT_EQ(log.layers.size(), 1u);
  const RouterLog::Layer& l = log.layers[0];
  EXPECT_EQ(l.layer, &net.mixture);
  EXPECT_EQ(l.load, Ids({3, 1}));
  EXPECT_EQ(log.busiest(), 1.5);
  const double p = 1 / (1 + std::exp(-2.0)), q = 1 - p;
  EXPECT_NEAR(l.entropy / 4, -p * std::log(p) - q * std::log(q), 1e-6);
  EXPECT_NEAR(log.mean_balance(), 2 * (.75 * (.75 * p + .25 * q) + .25 * (.75 * q + .25 * p)), 1e-6);
  EXPECT_NEAR(l.z, std::pow(std::log(std::exp(1) + std::exp(-1)), 2), 1e-6);
}

TEST(Experts, LoadsAreEvenWhereThatIsAsked) {
  const Net net({.experts = 4, .per_token = 2});
  const Tensor x = test::random_tensor({{16, C}}, Dtype::f32, 3);
  RouterLog log;
  Pass pass;
  const RouterScope logged(1, &log);
  const EvenRouting even;
  net.mixture(x, pass);
  EXPECT_EQ(log.layers[0].load, Ids({8, 8, 8, 8}));
}

TEST(Experts, RefuseMoreThanThereAre) {
  EXPECT_THROW(Net({.experts = 2, .per_token = 3}), Error);
  EXPECT_THROW(Net({.experts = 2, .per_token = 0}), Error);
  EXPECT_THROW(Net({.experts = 0}), Error);
}

TEST(Experts, AreFoundByPath) {
  Net net({.experts = 2, .per_token = 1});
  const auto found = experts_in(net);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].first, "mixture");
  EXPECT_EQ(found[0].second, &net.mixture);
  std::vector<std::string> names;
  for (const NamedTensor& p : net.parameters()) names.push_back(p.name);
  EXPECT_EQ(names[0], "mixture.gate.weight");
  EXPECT_EQ(names[1], "mixture.experts.0.fc.weight");
}

TEST(Experts, TakeNoRowsAndOne) {
  const Net net({.experts = 4});
  Pass pass;
  EXPECT_EQ(net.mixture(Tensor::zeros({0, C}), pass).shape(), Shape({0, C}));
  EXPECT_EQ(net.mixture(Tensor::ones({C}), pass).shape(), Shape({C}));
}

}  // namespace
}  // namespace grim
