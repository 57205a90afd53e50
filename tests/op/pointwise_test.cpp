#include "grimoire/op/pointwise.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"
#include "support/op_case.h"

namespace grim {
namespace {

using test::check_op;
using test::Inputs;
using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

const std::vector<Shape> kShapes = {{}, {0}, {1}, {2, 0, 3}, {3, 1, 5}, {7, 11}};

TEST(Unary, EveryOpInEveryShape) {
  struct Case {
    const char* name;
    Unary op;
    double low, high;
  };
  const std::vector<Case> cases = {
      {"neg", neg, -3, 3},
      {"abs", abs, -3, 3},
      {"square", square, -3, 3},
      {"sqrt", sqrt, 0.2, 4},
      {"reciprocal", reciprocal, 0.5, 3},
      {"exp", exp, -4, 4},
      {"log", log, 0.1, 9},
      {"sin", sin, -4, 4},
      {"cos", cos, -4, 4},
      {"tanh", tanh, -4, 4},
      {"sigmoid", sigmoid, -6, 6},
      {"relu", relu, -3, 3},
      {"gelu", gelu, -5, 5},
      {"gelu_tanh", gelu_tanh, -5, 5},
      {"silu", silu, -6, 6},
      {"softplus", softplus, -6, 6},
  };
  for (const Case& c : cases)
    for (const Shape& shape : kShapes)
      check_op({.name = str("{} {}", c.name, shape), .inputs = {{shape, c.low, c.high}}, .run = [&](const Inputs& in) {
                  return c.op(in[0]);
                }});
}

TEST(Unary, ValuesAgainstTheCLibrary) {
  struct Case {
    Unary op;
    double (*reference)(double);
    double low, high;
  };
  const std::vector<Case> cases = {
      {neg, [](double x) { return -x; }, -9, 9},
      {abs, [](double x) { return std::abs(x); }, -9, 9},
      {square, [](double x) { return x * x; }, -9, 9},
      {sqrt, [](double x) { return std::sqrt(x); }, 0, 9},
      {reciprocal, [](double x) { return 1 / x; }, 0.1, 9},
      {exp, [](double x) { return std::exp(x); }, -9, 9},
      {log, [](double x) { return std::log(x); }, 0.01, 9},
      {sin, [](double x) { return std::sin(x); }, -9, 9},
      {cos, [](double x) { return std::cos(x); }, -9, 9},
      {tanh, [](double x) { return std::tanh(x); }, -9, 9},
      {sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -9, 9},
      {relu, [](double x) { return std::max(x, 0.0); }, -9, 9},
      {gelu, [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }, -9, 9},
      {gelu_tanh,
       [](double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }, -9, 9},
      {silu, [](double x) { return x / (1 + std::exp(-x)); }, -9, 9},
      {softplus, [](double x) { return std::log1p(std::exp(x)); }, -9, 9},
  };
  for (const Case& c : cases)
    for (int64_t n = 1; n <= 67; ++n) {
      const Tensor x = test::random_tensor({{n}, c.low, c.high}, Dtype::f32, 5);
      const std::vector<double> in = x.to_vector<double>();
      const std::vector<double> y = c.op(x).to_vector<double>(), y64 = c.op(cast(x, Dtype::f64)).to_vector<double>();
      for (size_t i = 0; i < in.size(); ++i) {
        const double expected = c.reference(in[i]);
        ASSERT_NEAR(y[i], expected, 1e-6 * std::max(1.0, std::abs(expected))) << &c - cases.data() << " of " << in[i];
        ASSERT_NEAR(y64[i], expected, 1e-14 * std::max(1.0, std::abs(expected)))
            << &c - cases.data() << " of " << in[i];
      }
    }
}

TEST(Unary, PowAndClamp) {
  for (double p : {0.0, 1.0, 2.0, 3.0, -1.0, 0.5, -0.5, 2.7})
    check_op({.name = str("pow {}", p),
              .inputs = {{{5, 9}, 0.3, 3}},
              .run = [p](const Inputs& in) { return pow(in[0], p); },
              .twin = [p](const Inputs& in) { return exp(log(in[0]) * p); }});
  EXPECT_EQ(pow(Tensor::from({-2.0, 3.0}, {2}), 3).to_vector<double>(), (std::vector<double>{-8, 27}));
  check_op({.name = "clamp", .inputs = {{{5, 9}, -3, 3}}, .run = [](const Inputs& in) { return clamp(in[0], -1, 2); }});
  EXPECT_TRUE(std::isnan(clamp(Tensor::scalar(NAN), 0, 1).item()));
  EXPECT_THROW(clamp(Tensor::zeros({2}), 2, 1), Error);
}

TEST(Unary, LargeTensorsRunInParallelWithTheSameBits) {
  check_op({.name = "gelu", .inputs = {{{300, 401}, -5, 5}}, .run = [](const Inputs& in) { return gelu(in[0]); }});
}

TEST(Unary, SpecialValues) {
  const double inf = INFINITY;
  for (Dtype dtype : {Dtype::f32, Dtype::f64}) {
    const Tensor x = cast(Tensor::from({-inf, inf, double(NAN), 0.0, 1000.0, -1000.0}, {6}), dtype);
    const auto run = [&](Unary op) { return op(x).to_vector<double>(); };
    EXPECT_EQ(run(exp)[0], 0);
    EXPECT_EQ(run(exp)[1], inf);
    EXPECT_TRUE(std::isnan(run(log)[0]));
    EXPECT_EQ(run(log)[3], -inf);
    EXPECT_EQ(run(sigmoid)[5], 0);
    EXPECT_EQ(run(softplus)[4], 1000);
    EXPECT_EQ(run(softplus)[5], 0);
    EXPECT_EQ(run(gelu)[4], 1000);
    EXPECT_NEAR(run(gelu_tanh)[5], 0, 1e-30);
    for (Unary op :
         {Unary(neg), Unary(abs), Unary(exp), Unary(log), Unary(tanh), Unary(relu), Unary(gelu), Unary(softplus)})
      EXPECT_TRUE(std::isnan(run(op)[2]));
  }
  EXPECT_THROW(exp(Tensor::zeros({2}, Dtype::i64)), Error);
}

TEST(Binary, EveryOpBroadcasts) {
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{}, {}},         {{5}, {}},       {{}, {5}},          {{4, 7}, {4, 7}},       {{4, 7}, {7}},    {{7}, {4, 7}},
      {{4, 7}, {4, 1}}, {{4, 1}, {1, 7}}, {{3, 1, 5}, {2, 1}}, {{2, 3, 4, 5}, {3, 1, 5}}, {{0, 3}, {3}}, {{1, 1}, {1}},
  };
  const std::vector<std::pair<const char*, Binary>> ops = {{"add", add}, {"sub", sub},         {"mul", mul},
                                                           {"div", div}, {"minimum", minimum}, {"maximum", maximum}};
  for (const auto& [name, op] : ops)
    for (const auto& [a, b] : shapes)
      check_op({.name = str("{} {} {}", name, a, b), .inputs = {{a, 0.4, 2}, {b, 0.5, 2}},
                .run = [op = op](const Inputs& in) { return op(in[0], in[1]); }});
}

TEST(Binary, EveryTailAndLargeSizes) {
  for (int64_t n = 1; n <= 67; ++n) {
    const Tensor a = test::random_tensor({{n}}, Dtype::f32, 1), b = test::random_tensor({{n}, 0.5, 2}, Dtype::f32, 2);
    for (int64_t i = 0; i < n; ++i) {
      const float x = static_cast<float>(a.at({i})), y = static_cast<float>(b.at({i}));
      ASSERT_EQ((a + b).at({i}), x + y);
      ASSERT_EQ((a - 0.5).at({i}), x - 0.5f);
      ASSERT_EQ((2 / b).at({i}), 2 / y);
      ASSERT_EQ(maximum(a, b).at({i}), std::max(x, y));
    }
  }
  check_op({.name = "bias", .inputs = {{{500, 301}}, {{301}}}, .run = [](const Inputs& in) { return in[0] + in[1]; }});
  check_op({.name = "scale rows", .inputs = {{{500, 301}}, {{500, 1}}}, .run = [](const Inputs& in) {
              return in[0] * in[1];
            }});
}

TEST(Binary, NumbersAtEitherSide) {
  check_op({.name = "numbers", .inputs = {{{5, 7}, 0.5, 2}}, .run = [](const Inputs& in) {
              const Tensor& x = in[0];
              return (1 - x) * 3 + 2 / x - (x - 4) / 5 + 0.5 * x + (1 + x) - x / 2;
            }});
}

TEST(Binary, TiesShareTheGradient) {
  const Tensor a = requires_grad(Tensor::from({1.0, 2.0}, {2})), b = requires_grad(Tensor::from({1.0, 1.0}, {2}));
  backward(maximum(a, b), Tensor::ones({2}, Dtype::f64));
  EXPECT_EQ(grad(a).to_vector<double>(), (std::vector<double>{0.5, 1}));
  EXPECT_EQ(grad(b).to_vector<double>(), (std::vector<double>{0.5, 0}));
  for (Binary op : {Binary(maximum), Binary(minimum)}) {
    EXPECT_TRUE(std::isnan(op(Tensor::scalar(NAN), Tensor::scalar(1)).item()));
    EXPECT_TRUE(std::isnan(op(Tensor::scalar(1), Tensor::scalar(NAN)).item()));
  }
}

TEST(Binary, Integers) {
  const Tensor a = Tensor::from<int64_t>({1, -2, INT64_MAX}, {3}), b = Tensor::from<int64_t>({5, 7, 1}, {3});
  EXPECT_EQ((a + b).to_vector<int64_t>(), (std::vector<int64_t>{6, 5, INT64_MIN}));
  EXPECT_EQ((a - b).at({1}), -9);
  EXPECT_EQ((a * 3).at({1}), -6);
  EXPECT_EQ(maximum(a, b).at({0}), 5);
  EXPECT_EQ((cast(b, Dtype::i32) * cast(b, Dtype::i32)).at({1}), 49);
  EXPECT_THROW(a / b, Error);
  EXPECT_THROW(a + 0.5, Error);
}

TEST(Binary, SaysWhatIsWrong) {
  try {
    add(Tensor::zeros({2, 3}), Tensor::zeros({2, 4}));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::shape);
    EXPECT_NE(std::string(e.what()).find("[add] shapes do not broadcast: got (2, 3) and (2, 4)"), std::string::npos);
  }
  try {
    mul(Tensor::zeros({2}), Tensor::zeros({2}, Dtype::f64));
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("[mul] got f32 and f64"), std::string::npos);
  }
  EXPECT_THROW(add(Tensor::zeros({2}, Dtype::u8), Tensor::zeros({2}, Dtype::u8)), Error);
}

TEST(Compare, EveryRelationAndDtype) {
  for (Dtype dtype : {Dtype::f32, Dtype::f64, Dtype::bf16, Dtype::i64, Dtype::i32, Dtype::u8}) {
    const Tensor a = cast(Tensor::from({1.0, 2.0, 3.0}, {3}), dtype), b = cast(Tensor::from({2.0}, {1}), dtype);
    const auto bits = [](const Tensor& t) {
      EXPECT_EQ(t.dtype(), Dtype::boolean);
      return t.to_vector<int32_t>();
    };
    using V = std::vector<int32_t>;
    EXPECT_EQ(bits(eq(a, b)), (V{0, 1, 0}));
    EXPECT_EQ(bits(ne(a, b)), (V{1, 0, 1}));
    EXPECT_EQ(bits(lt(a, b)), (V{1, 0, 0}));
    EXPECT_EQ(bits(le(a, b)), (V{1, 1, 0}));
    EXPECT_EQ(bits(gt(a, b)), (V{0, 0, 1}));
    EXPECT_EQ(bits(ge(a, b)), (V{0, 1, 1}));
    EXPECT_EQ(bits(eq(a, 2)), (V{0, 1, 0}));
    EXPECT_EQ(bits(ne(a, 2)), (V{1, 0, 1}));
    EXPECT_EQ(bits(lt(a, 2.5)), (V{1, 1, 0}));
    EXPECT_EQ(bits(le(a, 2)), (V{1, 1, 0}));
    EXPECT_EQ(bits(gt(a, 1.5)), (V{0, 1, 1}));
    EXPECT_EQ(bits(ge(a, 2)), (V{0, 1, 1}));
    EXPECT_EQ(bits(logical_not(eq(a, b))), (V{1, 0, 1}));
    EXPECT_EQ(bits(logical_and(gt(a, 1), lt(a, 3))), (V{0, 1, 0}));
    EXPECT_EQ(bits(logical_or(lt(a, 2), gt(a, 2))), (V{1, 0, 1}));
  }
  EXPECT_TRUE(eq(Tensor::scalar(0.1), 0.1).item());
  EXPECT_FALSE(eq(Tensor::scalar(NAN), Tensor::scalar(NAN)).item());
  EXPECT_TRUE(ne(Tensor::scalar(NAN), NAN).item());
  EXPECT_THROW(logical_not(Tensor::zeros({2})), Error);
  EXPECT_THROW(eq(Tensor::zeros({2}), Tensor::zeros({2}, Dtype::f64)), Error);
}

TEST(Where, ChoosesAndBroadcasts) {
  const Tensor c = Tensor::from({true, false, true, false, false, true}, {2, 3});
  for (const auto& [a, b] : std::vector<std::pair<Shape, Shape>>{{{2, 3}, {2, 3}}, {{3}, {2, 1}}, {{}, {4, 2, 3}}})
    check_op({.name = str("where {} {}", a, b), .inputs = {{a}, {b}},
              .run = [&](const Inputs& in) { return where(c, in[0], in[1]); },
              .twin = [&](const Inputs& in) {
                const Tensor w = cast(c, in[0].dtype());
                return in[0] * w + in[1] * (1 - w);
              }});
  EXPECT_EQ(where(c, Tensor::from<int64_t>({7}, {1}), Tensor::from<int64_t>({9}, {1})).to_vector<int64_t>(),
            (std::vector<int64_t>{7, 9, 7, 9, 9, 7}));
  EXPECT_THROW(where(Tensor::zeros({2}), Tensor::zeros({2}), Tensor::zeros({2})), Error);
}

TEST(Where, EveryTailAndWidth) {
  for (Dtype dtype : {Dtype::f32, Dtype::f64, Dtype::bf16, Dtype::i64, Dtype::u8, Dtype::boolean})
    for (int64_t n = 1; n <= 67; ++n) {
      const Tensor c = cast(test::random_tensor({{n}, 0, 2}, Dtype::i64, 4), Dtype::boolean);
      const Tensor a = test::random_tensor({{n}, 0, 9}, dtype, 5), b = test::random_tensor({{n}, 0, 9}, dtype, 6);
      const Tensor one = test::random_tensor({{1}, 0, 9}, dtype, 7);
      for (int64_t i = 0; i < n; ++i) {
        ASSERT_EQ(where(c, a, b).at({i}), c.at({i}) ? a.at({i}) : b.at({i}));
        ASSERT_EQ(where(c, one, b).at({i}), c.at({i}) ? one.item() : b.at({i}));
        ASSERT_EQ(where(c, a, one).at({i}), c.at({i}) ? a.at({i}) : one.item());
      }
    }
  const Tensor x = test::random_tensor({{300, 301}}, Dtype::f32, 1);
  check_op({.name = "parallel", .inputs = {{{300, 301}}},
            .run = [&](const Inputs& in) { return masked_fill(in[0], gt(x, 0), 2); },
            .twin = [&](const Inputs& in) {
              const Tensor w = cast(gt(x, 0), in[0].dtype());
              return in[0] * (1 - w) + w * 2;
            }});
}

TEST(MaskedFill, FillsAndStopsTheGradient) {
  const Tensor mask = Tensor::from({true, false, true}, {1, 3});
  check_op({.name = "masked_fill", .inputs = {{{4, 5, 3}}},
            .run = [&](const Inputs& in) { return masked_fill(in[0], mask, -7); },
            .twin = [&](const Inputs& in) {
              const Tensor w = cast(mask, in[0].dtype());
              return in[0] * (1 - w) - w * 7;
            }});
  EXPECT_EQ(masked_fill(Tensor::ones({2, 3}), mask, -INFINITY).at({1, 2}), -INFINITY);
  EXPECT_THROW(masked_fill(Tensor::ones({3}), Tensor::from({true, true}, {2, 1}), 0), Error);
}

}  // namespace
}  // namespace grim
