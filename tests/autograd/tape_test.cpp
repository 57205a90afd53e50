#include "grimoire/autograd/tape.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/base/str.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

// A tiny op of our own: the tape must be usable without op/.
Tensor times(const Tensor& a, double k) {
  Tensor y = copy(a);
  for (int64_t i = 0; i < y.numel(); ++i) y.data<double>()[i] *= k;
  return record(y, {a}, [k](const Tensor& dy, Grads dx) { dx.add(0, times(dy, k)); });
}
Tensor plus(const Tensor& a, const Tensor& b) {
  Tensor y = copy(a);
  add_into(y, b);
  return record(y, {a, b}, [](const Tensor& dy, Grads dx) {
    dx.add(0, dy);
    dx.add(1, dy);
  });
}
Tensor leaf(double v) { return requires_grad(Tensor::full({2}, v, Dtype::f64)); }

TEST(Tape, AddsUpOverPathsAndOverCalls) {
  const Tensor x = leaf(3);
  for (int round = 1; round <= 2; ++round) {
    const Tensor y = plus(times(x, 2), plus(x, x));
    backward(y, Tensor::ones({2}, Dtype::f64));
    EXPECT_EQ(grad(x).at({0}), 4.0 * round);
  }
  zero_grad(x);
  EXPECT_FALSE(grad(x).defined());
  backward(times(x, 5), Tensor::ones({2}, Dtype::f64));
  EXPECT_EQ(grad(x).at({1}), 5.0);
}

TEST(Tape, SharedGradientIsNotOverwritten) {
  const Tensor x = leaf(1), z = leaf(1);
  const Tensor a = times(x, 1), b = times(z, 1);
  backward(plus(plus(a, b), a), Tensor::ones({2}, Dtype::f64));  // a and b are handed the same dy, then a gets more
  EXPECT_EQ(grad(x).at({0}), 2.0);
  EXPECT_EQ(grad(z).at({0}), 1.0);
}

TEST(Tape, FreesAsItWalksAndRefusesTwice) {
  const Tensor x = leaf(1);
  const Tensor y = times(x, 2);
  backward(y, Tensor::ones({2}, Dtype::f64));
  EXPECT_THROW(backward(y, Tensor::ones({2}, Dtype::f64)), Error);
}

TEST(Tape, NoGradDetachAndHooks) {
  const Tensor x = leaf(1);
  {
    NoGrad no_grad;
    EXPECT_FALSE(tracked(times(x, 2)));
  }
  EXPECT_FALSE(tracked(times(detach(x), 2)));
  const Tensor h = times(x, 2);
  int calls = 0;
  on_grad(h, [&](Tensor& g) { ++calls; g = times(g, 10); });
  on_grad(x, [&](Tensor& g) { ++calls; EXPECT_EQ(g.at({0}), 60.0); });
  backward(times(h, 3), Tensor::ones({2}, Dtype::f64));
  EXPECT_EQ(calls, 2);
}

TEST(Tape, BufferCollectsInPlace) {
  const Tensor x = leaf(1);
  const Tensor buffer = Tensor::full({2}, 77, Dtype::f64);
  set_grad_buffer(x, buffer);
  backward(times(x, 3), Tensor::ones({2}, Dtype::f64));
  EXPECT_EQ(buffer.at({0}), 3.0);
}

// What a hook puts in a gradient's place is what the optimiser's buffer holds, whichever way it got there; and it must fit.
TEST(Tape, HooksReplaceAlsoWhatCollectsInABuffer) {
  const Tensor x = leaf(1), buffer = Tensor::full({2}, 77, Dtype::f64);
  set_grad_buffer(x, buffer);
  double seen = 0;
  on_grad(x, [](Tensor& g) { g = Tensor::full({2}, 100, Dtype::f64); });
  on_grad(x, [&](Tensor& g) { seen = g.at({1}), g = times(g, 0.5); });
  for (int step = 0; step < 2; ++step) {
    zero_grad(x);
    backward(times(x, 3), Tensor::ones({2}, Dtype::f64));
    EXPECT_EQ(seen, 100.0);
    EXPECT_EQ(buffer.at({0}), 50.0);
    EXPECT_EQ(grad(x).raw(), buffer.raw());
  }
  const Tensor y = leaf(1), z = leaf(1);
  on_grad(y, [](Tensor& g) { g = Tensor::ones({3}, Dtype::f64); });
  EXPECT_THROW(backward(times(y, 3), Tensor::ones({2}, Dtype::f64)), Error);
  on_grad(z, [](Tensor& g) { g = Tensor(); });
  EXPECT_THROW(backward(times(z, 3), Tensor::ones({2}, Dtype::f64)), Error);
}

// times, writing its name down when its backward runs.
Tensor logged(const Tensor& a, const std::string& name, std::vector<std::string>& log) {
  return record(copy(a), {a}, [name, &log](const Tensor& dy, Grads dx) {
    log.push_back(name);
    dx.add(0, dy);
  });
}
// a, which passes no gradient on to b.
Tensor first_of(const Tensor& a, const Tensor& b) {
  return record(copy(a), {a, b}, [](const Tensor& dy, Grads dx) { dx.add(0, dy); });
}

// Also where no buffer collects: the next backward adds to the gradient, not to what the hook holds.
TEST(Tape, AnAnswerOfAHookIsCopied) {
  const Tensor x = leaf(1), own = Tensor::full({2}, 10, Dtype::f64), wide = view::expand(Tensor::full({1}, 3, Dtype::f64), {2});
  Tensor answer = own;
  on_grad(x, [&](Tensor& g) { g = answer; });
  backward(times(x, 2), Tensor::ones({2}, Dtype::f64));
  EXPECT_EQ(grad(x).at({0}), 10);
  answer = wide;
  backward(times(x, 2), Tensor::ones({2}, Dtype::f64));
  EXPECT_EQ(grad(x).to_vector<double>(), (std::vector<double>{3, 3}));
  EXPECT_EQ(own.to_vector<double>(), (std::vector<double>{10, 10}));
  backward(times(x, 2), Tensor::ones({2}, Dtype::f64));  // adds into two elements of its own
  EXPECT_EQ(wide.at({0}), 3);
  EXPECT_THROW(on_grad(x, {}), Error);
}

TEST(Tape, ALeafsHookFiresWhileOlderOpsAreStillToCome) {
  std::vector<std::string> log;
  const Tensor early = leaf(1), late = leaf(2), twice = leaf(3);
  for (const auto& [name, x] : {std::pair<std::string, Tensor>{"early", early}, {"late", late}, {"twice", twice}})
    on_grad(x, [&log, name = name](Tensor& g) { log.push_back(str("{} {}", name, g.at({0}))); });
  Tensor h = logged(plus(early, twice), "layer 1", log);  // `twice` stands in the first layer and in the last, as a tied embedding does
  h = logged(plus(h, late), "layer 2", log);
  h = logged(plus(h, plus(twice, twice)), "layer 3", log);
  backward(h, Tensor::ones({2}, Dtype::f64));
  EXPECT_EQ(log, (std::vector<std::string>{"layer 3", "layer 2", "late 1", "layer 1", "early 1", "twice 3"}));
}

TEST(Tape, HooksFireOnceWithTheWholeGradient) {
  const Tensor x = leaf(3);
  std::vector<double> seen;
  on_grad(x, [&](Tensor& g) { seen.push_back(g.at({0})); });
  backward(plus(x, x), Tensor::ones({2}, Dtype::f64));
  backward(plus(plus(x, times(x, 5)), x), Tensor::ones({2}, Dtype::f64));  // adds to what is there
  backward(x, Tensor::ones({2}, Dtype::f64));                              // the loss is the leaf
  EXPECT_EQ(seen, (std::vector<double>{2, 9, 10}));
}

TEST(Tape, WhatBringsNoGradientHoldsNoHookBackAndIsNamedAtTheEnd) {
  std::vector<std::string> log;
  const Tensor x = leaf(1), unreached = leaf(1), outside = leaf(1);
  on_grad(x, [&](Tensor& g) { log.push_back(str("x {}", g.at({0}))); });
  on_grad(unreached, [&](Tensor&) { log.push_back("unreached"); });
  const Tensor start = logged(x, "start", log);
  const Tensor behind = times(plus(times(x, 7), unreached), 2);  // younger than `start`: it is walked first and has nothing to pass on
  int ends = 0;
  backward(first_of(start, behind), Tensor::ones({2}, Dtype::f64), [&](const LeavesWithoutGradient& leaves) {
    ++ends;
    EXPECT_EQ(log.back(), "x 1");  // hooks come before the end
    EXPECT_EQ(leaves.size(), 1u);
    EXPECT_TRUE(leaves.contains(unreached));
    EXPECT_FALSE(leaves.contains(x) || leaves.contains(outside) || leaves.contains(Tensor()));
  });
  EXPECT_EQ(log, (std::vector<std::string>{"start", "x 1"}));
  EXPECT_EQ(ends, 1);
  backward(behind, Tensor::ones({2}, Dtype::f64));  // nothing of it was given up
  EXPECT_EQ(grad(unreached).at({0}), 2.0);
}

TEST(Tape, AGradientMayHaveItsOwnDtype) {
  const Tensor x = leaf(1), buffer = Tensor::full({2}, 77, Dtype::f32);
  set_grad_buffer(x, buffer);
  on_grad(x, [](Tensor& g) { EXPECT_EQ(g.dtype(), Dtype::f32); });
  const auto into = [](const Tensor& a) {  // as ops that write in place
    return record(copy(a), {a}, [](const Tensor& dy, Grads dx) {
      dx.write(0, [&](const Tensor& d, float beta) {
        ASSERT_EQ(d.dtype(), Dtype::f64);
        for (int64_t i = 0; i < 2; ++i) d.data<double>()[i] = (beta == 0 ? 0 : d.data<double>()[i]) + dy.at({i}) / 3;
      });
      dx.scatter(0, [&](const Tensor& d) { d.data<double>()[1] += 1; });
    });
  };
  backward(plus(into(x), times(x, 2)), Tensor::ones({2}, Dtype::f64));
  EXPECT_NEAR(buffer.at({0}), 2 + 1.0 / 3, 1e-6);
  EXPECT_NEAR(buffer.at({1}), 3 + 1.0 / 3, 1e-6);
  EXPECT_THROW(set_grad_buffer(x, Tensor::zeros({2}, Dtype::i64)), Error);
  EXPECT_THROW(set_grad_buffer(x, Tensor::zeros({3}, Dtype::f64)), Error);
}

TEST(Tape, AGradientThatHasArrivedMovesIntoTheBuffer) {
  const Tensor x = leaf(1), buffer = Tensor::full({2}, 77, Dtype::f64);
  backward(times(x, 3), Tensor::ones({2}, Dtype::f64));
  set_grad_buffer(x, buffer);
  EXPECT_EQ(buffer.at({0}), 3.0);
  on_grad(x, [](Tensor& g) { g.rebind(Tensor::full({2}, 5, Dtype::f64)); });  // the handle stays, its memory goes
  backward(times(x, 3), Tensor::ones({2}, Dtype::f64));
  EXPECT_EQ(buffer.at({0}), 5.0);
  EXPECT_EQ(grad(x).raw(), buffer.raw());
}

TEST(Tape, DeepGraphsNeitherOverflowOnBackwardNorWhenDropped) {
  const Tensor x = leaf(1);
  for (bool walk : {true, false}) {
    Tensor y = x;
    for (int i = 0; i < 300000; ++i) y = times(y, 1);
    if (walk) backward(y, Tensor::ones({2}, Dtype::f64));
  }
  EXPECT_EQ(grad(x).at({0}), 1.0);
}

TEST(Tape, SaysWhatIsWrong) {
  const Tensor x = leaf(1);
  EXPECT_THROW(backward(times(x, 2)), Error);  // two elements, no dloss
  EXPECT_THROW(backward(Tensor::zeros({1}, Dtype::f64)), Error);
  EXPECT_THROW(requires_grad(Tensor::zeros({1}, Dtype::i64)), Error);
}

}  // namespace
}  // namespace grim
