#include "grimoire/autograd/tape.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/base/str.h"
#include "grimoire/device/memory.h"
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

// --- recomputed ------------------------------------------------------------------------------------------------------

Tensor product(const Tensor& a, const Tensor& b) {
  const Tensor y = copy(a);
  for (int64_t i = 0; i < y.numel(); ++i) y.data<double>()[i] *= b.data<double>()[i];
  return record(y, {a, b}, [a = saved(a), b = saved(b)](const Tensor& dy, Grads dx) {
    if (dx.wants(0)) dx.add(0, product(dy, b));
    if (dx.wants(1)) dx.write(1, [&](const Tensor& d, float beta) {
      for (int64_t i = 0; i < d.numel(); ++i)
        d.data<double>()[i] = (beta == 0 ? 0 : d.data<double>()[i]) + dy.data<double>()[i] * a.data<double>()[i];
    });
  });
}
const Tensor kOnes = Tensor::ones({2}, Dtype::f64);

// Layers x -> x w / 3 + x k + 0.1 w whose inputs are results or need no gradient, weights that all layers share, and a sum that is rounded: its order shows.
struct Layers {
  Tensor x = leaf(1.1), w = leaf(0.7), v = leaf(-0.3), k = Tensor::full({2}, 1 / 7.0, Dtype::f64);
  int runs = 0;
  Tensor layer(const Tensor& in, const Tensor& own) {
    ++runs;
    return plus(plus(times(product(in, w), 1 / 3.0), product(in, k)), product(times(own, 0.1), own));
  }
  template <class Around> std::vector<double> gradients(const Around& around) {
    for (const Tensor& t : {x, w, v}) zero_grad(t);
    const Tensor bias = times(v, 0.9);  // a result that every layer takes
    Tensor y = around([&] { return layer(k, w); });  // what goes in needs no gradient
    y = plus(y, x);
    for (int i = 0; i < 4; ++i) y = around([this, y, bias] { return layer(plus(y, bias), v); });
    backward(product(y, w), kOnes);
    return {y.at({0}), y.at({1}), grad(x).at({0}), grad(w).at({0}), grad(w).at({1}), grad(v).at({0})};
  }
};
Tensor plain(const std::function<Tensor()>& f) { return f(); }
Tensor again(const std::function<Tensor()>& f) { return recomputed(f); }

TEST(Recomputed, SameBitsAsWithout) {
  Layers layers;
  const std::vector<double> want = layers.gradients(plain);
  EXPECT_EQ(layers.runs, 5);
  layers.runs = 0;
  EXPECT_EQ(layers.gradients(again), want);
  EXPECT_EQ(layers.runs, 10);
  const Tensor buffer = Tensor::full({2}, 77, Dtype::f64);  // an optimiser's
  set_grad_buffer(layers.w, buffer);
  EXPECT_EQ(layers.gradients(again), want);
  EXPECT_EQ(buffer.at({0}), want[3]);
}

TEST(Recomputed, NestsAsDeepAsOneLikes) {
  Layers layers;
  const std::vector<double> want = layers.gradients(plain);
  layers.runs = 0;
  EXPECT_EQ(layers.gradients([](const std::function<Tensor()>& f) { return recomputed([f] { return recomputed([f] { return recomputed(f); }); }); }), want);
  EXPECT_EQ(layers.runs, 20);  // once, and again for each of the three
  const auto half_nested = [](const std::function<Tensor()>& f) { return recomputed([f] { return times(plus(again(f), times(again(f), 3)), 0.25); }); };
  const auto half_plain = [](const std::function<Tensor()>& f) { return times(plus(f(), times(f(), 3)), 0.25); };
  EXPECT_EQ(layers.gradients(half_nested), layers.gradients(half_plain));
}

TEST(Recomputed, KeepsNothingButWhatGoesIn) {
  constexpr int64_t kMany = 1 << 16;
  const Tensor x = requires_grad(Tensor::full({kMany}, 1.5, Dtype::f64));
  const auto chain = [](const Tensor& in) {
    Tensor y = in;
    for (int i = 0; i < 10; ++i) y = product(y, y);
    return y;
  };
  const auto held = [&](const auto& around) {
    const int64_t before = device::memory_use().live_bytes;
    const Tensor y = around([&] { return chain(x); });
    return (device::memory_use().live_bytes - before) / (8 * kMany);
  };
  EXPECT_EQ(held(plain), 10);
  device::reset_peak();
  const int64_t before = device::memory_use().peak_bytes;
  EXPECT_EQ(held(again), 1);
  EXPECT_LE((device::memory_use().peak_bytes - before) / (8 * kMany), 2);  // nor while it runs
}

TEST(Recomputed, WithoutGradientsNothingRunsTwice) {
  Layers layers;
  const auto kept = [&](const Tensor& in) { return recomputed([&layers, in] { return layers.layer(in, layers.k); }); };
  {
    const NoGrad no_grad;
    EXPECT_FALSE(tracked(kept(layers.x)));
  }
  layers.w = layers.k;
  EXPECT_FALSE(tracked(kept(layers.k)));  // and none of what it takes has one
  EXPECT_EQ(layers.runs, 2);
  const Tensor same = recomputed([&] { return layers.x; });  // nothing is computed
  backward(same, kOnes);
  EXPECT_EQ(grad(layers.x).at({0}), 1.0);
}

// A leaf's hook is called once, when the last function that takes it has added its share, and those of what lies inside as if it were kept.
TEST(Recomputed, HooksAreCalledOnceAndMayAnswer) {
  for (const bool nested : {false, true}) {
    std::vector<std::string> calls;
    const Tensor x = leaf(2), w = leaf(3), unused = leaf(5);
    on_grad(w, [&](Tensor& g) { calls.push_back("w " + str("{}", g.at({0}))); });
    const auto f = [&](const Tensor& in, const std::string& name) {
      return [&, in, name]() -> Tensor {
        const Tensor inner = product(in, w);
        EXPECT_TRUE(tracked(inner));
        on_grad(inner, [&calls, name](Tensor& g) {
          calls.push_back(name + str(" {}", g.at({0})));
          g = times(g, 10);
        });
        return first_of(times(inner, 1), unused);
      };
    };
    const auto around = [&](const std::function<Tensor()>& g) { return nested ? recomputed([g] { return recomputed(g); }) : recomputed(g); };
    const Tensor y = around(f(around(f(x, "first")), "second"));
    on_grad(y, [&](Tensor& g) { calls.push_back("y " + str("{}", g.at({0}))); });
    std::vector<bool> without;
    backward(y, kOnes, [&](const LeavesWithoutGradient& leaves) { without = {leaves.contains(unused), leaves.contains(w), leaves.contains(x)}; });
    // dy/d(first) = 10 w = 30, into x: 30 * 10 * w = 900; w: 10 * first's value 6, and 300 * 2 from the first.
    EXPECT_EQ(calls, (std::vector<std::string>{"y 1", "second 1", "first 30", "w 660"})) << nested;
    EXPECT_EQ(grad(x).at({0}), 900.0);
    EXPECT_EQ(without, (std::vector<bool>{true, false, false}));
  }
}

TEST(Recomputed, RefusesAFunctionThatDoesAnotherThingTheSecondTime) {
  const Tensor x = leaf(2), other = leaf(3);
  const auto refused = [](const Tensor& y) -> std::string {
    try {
      backward(y, Tensor::ones(y.shape(), Dtype::f64));
      return "nothing";
    } catch (const Error& e) {
      return e.what();
    }
  };
  const auto with = [&](const std::function<Tensor()>& second) { return refused(recomputed([&] { return times(x, 2); }, second)); };
  EXPECT_NE(with([&] { return product(x, other); }).find("took a f64 (2,) that the first had not"), std::string::npos);
  EXPECT_NE(with([&] { return requires_grad(Tensor::ones({3}, Dtype::f64)); }).find("made f64 (3,), expected f64 (2,)"), std::string::npos);
  EXPECT_NE(with([&] { return Tensor::ones({2}, Dtype::f64); }).find("do the same both times"), std::string::npos);
  EXPECT_NE(with([&] { return x; }).find("do the same both times"), std::string::npos);
  EXPECT_NE(with([] { return Tensor(); }).find("made nothing"), std::string::npos);
  Tensor escaped;
  const Tensor y = recomputed([&] { return times(escaped = times(x, 2), 3); });
  EXPECT_NE(refused(plus(y, escaped)).find("inside of a recomputed function"), std::string::npos);
  EXPECT_TRUE(grad_enabled() && !recomputed_later());  // whatever was thrown
  EXPECT_EQ(refused(recomputed([&] { return times(x, 2); })), "nothing");
}

TEST(Tape, SaysWhatIsWrong) {
  const Tensor x = leaf(1);
  EXPECT_THROW(backward(times(x, 2)), Error);  // two elements, no dloss
  EXPECT_THROW(backward(Tensor::zeros({1}, Dtype::f64)), Error);
  EXPECT_THROW(requires_grad(Tensor::zeros({1}, Dtype::i64)), Error);
}

}  // namespace
}  // namespace grim
