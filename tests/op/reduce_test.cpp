#include "grimoire/op/argmax.h"
#include "grimoire/op/moments.h"
#include "grimoire/op/reduce.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

using test::check_op;
using test::Inputs;

// Every subset of the axes, by bits, on nested loops.
std::vector<double> by_hand(const Tensor& x, unsigned subset, double start, double (*combine)(double, double)) {
  const std::vector<double> in = x.to_vector<double>();
  Shape out;
  for (int i = 0; i < x.ndim(); ++i)
    if (!(subset >> i & 1)) out.push_back(x.shape()[i]);
  std::vector<double> y(static_cast<size_t>(out.numel()), start);
  for (size_t at = 0; at < in.size(); ++at) {
    size_t rest = at, place = 0, step = 1;
    for (int i = x.ndim() - 1; i >= 0; --i) {
      const size_t n = static_cast<size_t>(x.shape()[i]), index = rest % n;
      rest /= n;
      if (subset >> i & 1) continue;
      place += index * step;
      step *= n;
    }
    y[place] = combine(y[place], in[at]);
  }
  return y;
}

Tensor reduce_subset(Tensor (*op)(const Tensor&, const Axes&, KeepDims), const Tensor& x, unsigned subset,
                     KeepDims keep) {
  switch (subset) {
    case 0: return op(x, {}, keep);
    case 1: return op(x, 0, keep);
    case 2: return op(x, 1, keep);
    case 3: return op(x, {0, 1}, keep);
    case 4: return op(x, -1, keep);
    case 5: return op(x, {0, -1}, keep);
    case 6: return op(x, {2, 1}, keep);
    default: return op(x, {0, 1, 2}, keep);
  }
}

TEST(Reduce, EverySubsetOfAxesAgainstLoops) {
  for (const Shape& shape : std::vector<Shape>{{2, 3, 4}, {1, 5, 1}, {7, 1, 9}, {3, 67, 2}, {130, 3, 33}})
    for (Dtype dtype : {Dtype::f32, Dtype::f64, Dtype::i64})
      for (unsigned subset = 0; subset < 8; ++subset) {
        const Tensor x = test::random_tensor({shape, -9, 9}, dtype, 3);
        const double count = static_cast<double>(x.numel());
        const auto expect = [&](const Tensor& y, const std::vector<double>& expected) {
          const std::vector<double> got = y.to_vector<double>();
          ASSERT_EQ(got.size(), expected.size());
          for (size_t i = 0; i < got.size(); ++i)
            ASSERT_NEAR(got[i], expected[i], (dtype == Dtype::f32 ? 1e-6 : 1e-14) * count)
                << shape.to_string() << subset;
        };
        for (KeepDims keep : {KeepDims::no, KeepDims::yes}) {
          const Tensor s = reduce_subset(sum, x, subset, keep);
          EXPECT_EQ(s.ndim(), keep == KeepDims::yes ? 3 : 3 - std::popcount(subset));
          expect(s, by_hand(x, subset, 0, [](double a, double b) { return a + b; }));
          expect(reduce_subset(max, x, subset, keep),
                 by_hand(x, subset, -INFINITY, [](double a, double b) { return std::max(a, b); }));
          expect(reduce_subset(min, x, subset, keep),
                 by_hand(x, subset, INFINITY, [](double a, double b) { return std::min(a, b); }));
        }
      }
}

TEST(Reduce, Gradients) {
  for (unsigned subset = 0; subset < 8; ++subset) {
    const test::OpInput spread{.shape = {3, 4, 5}, .low = -1, .high = 2, .distinct = true};
    check_op({.name = str("sum {}", subset), .inputs = {spread},
              .run = [&](const Inputs& in) { return reduce_subset(sum, in[0], subset, KeepDims::no); }});
    check_op({.name = str("mean {}", subset), .inputs = {spread},
              .run = [&](const Inputs& in) { return reduce_subset(mean, in[0], subset, KeepDims::yes); }});
    check_op({.name = str("max {}", subset), .inputs = {spread},
              .run = [&](const Inputs& in) { return reduce_subset(max, in[0], subset, KeepDims::no); }});
    check_op({.name = str("min {}", subset), .inputs = {spread},
              .run = [&](const Inputs& in) { return reduce_subset(min, in[0], subset, KeepDims::yes); }});
    check_op({.name = str("norm {}", subset), .inputs = {{{3, 4, 5}, 0.3, 2}},
              .run = [&](const Inputs& in) { return reduce_subset(norm, in[0], subset, KeepDims::no); },
              .twin = [&](const Inputs& in) { return sqrt(reduce_subset(sum, square(in[0]), subset, KeepDims::no)); }});
    check_op({.name = str("logsumexp {}", subset), .inputs = {{{3, 4, 5}, -9, 9}},
              .run = [&](const Inputs& in) { return reduce_subset(logsumexp, in[0], subset, KeepDims::no); },
              .twin = [&](const Inputs& in) { return log(reduce_subset(sum, exp(in[0]), subset, KeepDims::no)); }});
  }
  for (int correction : {0, 1})
    check_op({.name = "var", .inputs = {{{3, 4, 5}}},
              .run = [&](const Inputs& in) { return var(in[0], {0, 2}, correction, KeepDims::yes); }});
  for (int axis : {0, 1, -1})
    check_op({.name = "cumsum", .inputs = {{{3, 4, 5}}}, .run = [&](const Inputs& in) { return cumsum(in[0], axis); }});
}

TEST(Reduce, LongRowsAndTallColumnsInParallel) {
  check_op({.name = "whole", .inputs = {{{300001}}}, .run = [](const Inputs& in) { return sum(in[0]); }});
  check_op({.name = "rows", .inputs = {{{301, 1003}}}, .run = [](const Inputs& in) { return mean(in[0], -1); }});
  check_op({.name = "columns", .inputs = {{{1003, 301}}}, .run = [](const Inputs& in) { return sum(in[0], 0); }});
  check_op({.name = "middle", .inputs = {{{5, 1003, 33}}}, .run = [](const Inputs& in) { return mean(in[0], 1); }});
  check_op({.name = "wide", .inputs = {{{3, 100003}}}, .run = [](const Inputs& in) { return sum(in[0], 0); }});
}

TEST(Reduce, ValuesOfEveryBlockingPath) {
  for (const Shape& shape :
       std::vector<Shape>{{1, 300001, 1}, {3, 140000, 1}, {100, 5001, 1}, {1, 1003, 301}, {7, 300, 5000}, {2, 3, 9}}) {
    Tensor x = Tensor::empty(shape, Dtype::i64);  // 0 .. 12 in turns: sums are exact in f32 up to 2^24
    for (int64_t i = 0; i < x.numel(); ++i) x.data<int64_t>()[i] = i % 13;
    const std::vector<double> expected = by_hand(x, 2, 0, [](double a, double b) { return a + b; });
    for (Dtype dtype : {Dtype::f32, Dtype::f64, Dtype::i64})
      EXPECT_EQ(sum(cast(x, dtype), 1).to_vector<double>(), expected) << shape.to_string() << name_of(dtype);
  }
}

TEST(Reduce, VarianceByHand) {
  const Tensor x = Tensor::from({1.0, 2.0, 3.0, 6.0}, {2, 2});
  EXPECT_DOUBLE_EQ(var(x).item(), 14.0 / 3);
  EXPECT_DOUBLE_EQ(var(x, {0, 1}, 0).item(), 14.0 / 4);
  EXPECT_EQ(var(x, 1).to_vector<double>(), (std::vector<double>{0.5, 4.5}));
}

TEST(Reduce, F32SumsStayAccurate) {
  const int64_t N = 1 << 20, C = 3;
  Tensor x = Tensor::empty({N, C});
  for (int64_t i = 0; i < N * C; ++i) x.data<float>()[i] = 1.0f + static_cast<float>(i % 1000) * 1e-3f;
  const Tensor exact = cast(x, Dtype::f64);
  EXPECT_LT(test::relative_difference(sum(x), sum(exact)), 1e-7);
  EXPECT_LT(test::relative_difference(sum(x, 0), sum(exact, 0)), 1e-7);
  EXPECT_LT(test::relative_difference(mean(x, -1), mean(exact, -1)), 1e-7);
}

TEST(Reduce, EmptyAndSingle) {
  EXPECT_EQ(sum(Tensor::zeros({0, 3}), 0).to_vector<double>(), (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(sum(Tensor::zeros({2, 0, 3}), 0).shape(), (Shape{0, 3}));
  EXPECT_EQ(sum(Tensor::zeros({0}, Dtype::i64)).item(), 0);
  EXPECT_TRUE(std::isnan(mean(Tensor::zeros({0})).item()));
  EXPECT_EQ(sum(Tensor::scalar(7)).item(), 7);
  EXPECT_EQ(sum(Tensor::from({true, true, false}, {3})).item(), 2);
  EXPECT_THROW(max(Tensor::zeros({0})), Error);
  EXPECT_THROW(argmax(Tensor::zeros({2, 0}), 1), Error);
  check_op({.name = "scalar", .inputs = {{{}}}, .run = [](const Inputs& in) { return mean(in[0]) + max(in[0]); }});
}

TEST(Reduce, NaNAndInfinity) {
  const Tensor x = Tensor::from({1.0f, NAN, 3.0f, -INFINITY, -INFINITY, -INFINITY}, {2, 3});
  EXPECT_TRUE(std::isnan(max(x, 1).at({0})));
  EXPECT_TRUE(std::isnan(min(x, 1).at({0})));
  EXPECT_EQ(max(x, 1).at({1}), -INFINITY);
  EXPECT_TRUE(std::isnan(max(x, 0).at({1})));
  EXPECT_EQ(logsumexp(x, 1).at({1}), -INFINITY);
  EXPECT_EQ(argmax(x, 1).at({0}), 1);
  EXPECT_EQ(argmin(x, 1).at({0}), 1);
}

TEST(Reduce, TiesShareTheGradientAndZeroNormHasNone) {
  const Tensor x = requires_grad(Tensor::from({2.0, 5.0, 5.0}, {3}));
  backward(max(x));
  EXPECT_EQ(grad(x).to_vector<double>(), (std::vector<double>{0, 0.5, 0.5}));
  const Tensor z = requires_grad(Tensor::zeros({3}, Dtype::f64));
  backward(norm(z));
  EXPECT_EQ(grad(z).to_vector<double>(), (std::vector<double>{0, 0, 0}));
}

TEST(ArgMax, FirstPlaceAlongAnyAxis) {
  const Tensor x = Tensor::from({3.0f, 7.0f, 7.0f, 9.0f, 1.0f, 7.0f}, {2, 3});
  EXPECT_EQ(argmax(x, 1).to_vector<int64_t>(), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(argmax(x, 0).to_vector<int64_t>(), (std::vector<int64_t>{1, 0, 0}));
  EXPECT_EQ(argmin(x, 1).to_vector<int64_t>(), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(argmax(x, 0, KeepDims::yes).shape(), (Shape{1, 3}));
  EXPECT_EQ(argmax(cast(x, Dtype::i64), -1).to_vector<int64_t>(), (std::vector<int64_t>{1, 0}));
  for (const Shape& shape : std::vector<Shape>{{4, 5, 6}, {1, 67, 2}, {300, 3, 50}})
    for (int axis = 0; axis < 3; ++axis) {
      const Tensor r = test::random_tensor({shape}, Dtype::f32, 7);
      const Tensor at = argmax(r, axis, KeepDims::yes), best = max(r, axis, KeepDims::yes);
      for (int64_t i = 0; i < at.shape()[0]; ++i)
        for (int64_t j = 0; j < at.shape()[1]; ++j)
          for (int64_t k = 0; k < at.shape()[2]; ++k) {
            const int64_t a = static_cast<int64_t>(at.at({i, j, k}));
            ASSERT_EQ(r.at({axis == 0 ? a : i, axis == 1 ? a : j, axis == 2 ? a : k}), best.at({i, j, k}));
          }
    }
}

TEST(Reduce, CumsumAndSumTo) {
  const Tensor x = Tensor::from<int64_t>({1, 2, 3, 4}, {2, 2});
  EXPECT_EQ(cumsum(x, 0).to_vector<int64_t>(), (std::vector<int64_t>{1, 2, 4, 6}));
  EXPECT_EQ(cumsum(x, 1).to_vector<int64_t>(), (std::vector<int64_t>{1, 3, 3, 7}));
  const Tensor y = Tensor::ones({2, 3, 4});
  EXPECT_EQ(sum_to(y, {3, 1}).to_vector<double>(), (std::vector<double>{8, 8, 8}));
  EXPECT_EQ(sum_to(y, {}).item(), 24);
  EXPECT_TRUE(sum_to(y, {2, 3, 4}).same(y));
}

TEST(Reduce, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({2, 3});
  EXPECT_THROW(sum(x, 2), Error);
  EXPECT_THROW(sum(x, {0, -2}), Error);
  EXPECT_THROW(mean(Tensor::zeros({2}, Dtype::i64)), Error);
  EXPECT_THROW(var(Tensor::zeros({1})), Error);
  try {
    sum(x, {1, 1});
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("[sum] axis 1 is named twice"), std::string::npos);
  }
}

}  // namespace
}  // namespace grim
