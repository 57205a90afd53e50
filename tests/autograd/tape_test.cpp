#include "grimoire/autograd/tape.h"

#include <gtest/gtest.h>

#include "grimoire/tensor/copy.h"

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
