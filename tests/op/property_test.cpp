// What must hold of every reduction, norm and pointwise function whatever the numbers: scaling by powers of two, shifting, permuting,
// duplicating, constants, single rows and columns, nothing at all, infinities, neighbours of 2^53. Each property is a row of data.
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/moments.h"
#include "grimoire/op/norm.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/sort.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

enum class Holds { exactly, rounding, no };  // bit for bit, within a few units in the last place, not at all

// Each function works on rows, the last axis. x times 2^k gives the result times 2^(k degree); x twice in a row gives it times `twice`.
struct Rowwise {
  const char* name;
  std::function<Tensor(const Tensor&)> run;
  double degree;
  Holds scale, permute;
  double twice;       // 0: not stated
  double of_constant; // the result for rows of one value v, in units of v^degree; NaN: not stated
};

std::vector<Rowwise> rowwise(int64_t C) {
  const double n = static_cast<double>(C), not_stated = std::nan("");
  return {
      {"sum", [](const Tensor& x) { return sum(x, -1); }, 1, Holds::exactly, Holds::rounding, 2, n},
      {"mean", [](const Tensor& x) { return mean(x, -1); }, 1, Holds::exactly, Holds::rounding, 1, 1},
      {"max", [](const Tensor& x) { return max(x, -1); }, 1, Holds::exactly, Holds::exactly, 1, 1},
      {"min", [](const Tensor& x) { return min(x, -1); }, 1, Holds::exactly, Holds::exactly, 1, 1},
      {"norm", [](const Tensor& x) { return norm(x, -1); }, 1, Holds::exactly, Holds::rounding, std::sqrt(2.0), std::sqrt(n)},
      {"sqrt var", [](const Tensor& x) { return sqrt(var(x, -1, 0)); }, 1, Holds::no, Holds::rounding, 1, 0},
      {"cumsum", [](const Tensor& x) { return cumsum(x, -1); }, 1, Holds::exactly, Holds::no, 0, not_stated},
      {"argmax", [](const Tensor& x) { return cast(argmax(x, -1), x.dtype()); }, 0, Holds::exactly, Holds::no, 1, 0},
      {"layer_norm", [](const Tensor& x) { return layer_norm(x, {}, {}, 0); }, 0, Holds::rounding, Holds::no, 0, not_stated},
      {"rms_norm", [](const Tensor& x) { return rms_norm(x, {}, 0); }, 0, Holds::rounding, Holds::no, 0, not_stated},
      {"batch_norm", [](const Tensor& x) { return batch_norm(transpose(x, 0, 1), {}, {}, {}, {}, {.eps = 0}); }, 0, Holds::rounding,
       Holds::no, 0, not_stated},
  };
}

Tensor times_power(const Tensor& x, double k) {  // exact, in steps that stay in range
  Tensor y = x;
  for (; k > 60; k -= 60) y = y * std::ldexp(1.0, 60);
  for (; k < -60; k += 60) y = y * std::ldexp(1.0, -60);
  return y * std::exp2(k);
}

void expect_holds(Holds how, const Tensor& got, const Tensor& expected, const std::string& what) {
  if (how == Holds::exactly) EXPECT_TRUE(test::bit_equal(got, expected)) << what << "\n" << got << "\n" << expected;
  const double unit = got.dtype() == Dtype::f32 ? 1.2e-7 : 2.3e-16;
  if (how == Holds::rounding) EXPECT_LT(test::relative_difference(got, expected), 16 * unit) << what << "\n" << got << "\n" << expected;
}

TEST(Property, ScaleByPowersOfTwo) {
  for (Dtype dtype : {Dtype::f64, Dtype::f32})
    for (int64_t C : {1, 5, 33, 200})
      for (const Rowwise& f : rowwise(C)) {
        if (C == 1 && f.degree == 0) continue;  // a norm of one value is a constant: below
        const Tensor x = test::random_tensor({{4, C}, -3, 5, dtype, true, true}, dtype, 7), y = f.run(x);
        for (double k : dtype == Dtype::f64 ? std::vector<double>{-900, -600, -300, -1, 1, 300, 600, 900} : std::vector<double>{-90, -60, -1, 1, 60, 110})
          expect_holds(f.scale, f.run(times_power(x, k)), times_power(y, k * f.degree), str("{} of {} {} at 2^{}", f.name, C, name_of(dtype), k));
      }
  // A variance scales by the square, as far as the square can be told.
  const Tensor x = test::random_tensor({{4, 33}, -3, 5, Dtype::f64}, Dtype::f64, 7);
  for (double k : {-450.0, -300.0, 300.0, 450.0})
    expect_holds(Holds::exactly, var(times_power(x, k), -1), times_power(var(x, -1), 2 * k), str("var at 2^{}", k));
}

TEST(Property, GradientsOfNormsKeepTheirScale) {
  for (double k : {-900.0, -300.0, 0.0, 300.0, 900.0}) {
    const Tensor x = times_power(Tensor::from<double>({3, -4, 12}, {1, 3}), k);
    requires_grad(x);
    backward(sum(norm(x, -1)));
    expect_holds(Holds::rounding, grad(x), Tensor::from<double>({3 / 13.0, -4 / 13.0, 12 / 13.0}, {1, 3}), str("norm at 2^{}", k));
    const Tensor z = times_power(Tensor::from<double>({3, -4, 12, 5}, {1, 4}), k), w = Tensor::from<double>({1, 0, 0, 0}, {4});
    const Tensor one = Tensor::from<double>({3, -4, 12, 5}, {1, 4});
    for (const Tensor& t : {z, one}) requires_grad(t), backward(sum(layer_norm(t, w, {}, 0)));
    expect_holds(Holds::rounding, times_power(grad(z), k), grad(one), str("layer_norm at 2^{}", k));
  }
}

TEST(Property, PermutedAndDuplicatedRows) {
  for (const Rowwise& f : rowwise(37)) {
    const Tensor x = test::random_tensor({{3, 37}, -3, 5, Dtype::f64, true, true}, Dtype::f64, 11), y = f.run(x);
    expect_holds(f.permute, f.run(flip(x, 1)), y, str("{} permuted", f.name));
    if (f.twice > 0) expect_holds(Holds::rounding, f.run(concat({x, x}, 1)), y * f.twice, str("{} duplicated", f.name));
  }
}

TEST(Property, AConstantHasNoSpread) {
  for (Dtype dtype : {Dtype::f64, Dtype::f32})
    for (double v : {0.1, 0.7, 1e6 + 0.1, -3e-5, 1e30})
      for (int64_t C : {2, 3, 7, 768}) {
        const Tensor x = Tensor::full({2, C}, v, dtype), exact = Tensor::scalar(x.at({0, 0}), dtype);
        for (const Rowwise& f : rowwise(C))
          if (!std::isnan(f.of_constant))
            expect_holds(f.of_constant == 0 ? Holds::exactly : Holds::rounding, std::string(f.name) == "norm" && v < 0 ? -f.run(x) : f.run(x),
                         Tensor::full({2}, f.of_constant == 0 ? 0 : exact.item() * f.of_constant, dtype), str("{} of {} times {}", f.name, C, v));
        const Tensor bias = Tensor::full({C}, 0.25, dtype);
        EXPECT_TRUE(test::bit_equal(layer_norm(x, {}, bias), Tensor::full({2, C}, 0.25, dtype))) << v << " " << C << " " << name_of(dtype);
        EXPECT_TRUE(test::bit_equal(batch_norm(transpose(x, 0, 1), {}, {}, {}, {}), Tensor::zeros({C, 2}, dtype))) << v << " " << C << " " << name_of(dtype);
      }
}

TEST(Property, ShiftedFarFromZero) {
  const Tensor x = Tensor::from<double>({0, 1, 2, 5, 3, 1}, {1, 6});
  for (double shift : {1e6, 1e12, 9007199254740984.0, -1e15}) {
    expect_holds(Holds::rounding, var(x + shift, -1), var(x, -1), str("var, shift {}", shift));
    expect_holds(Holds::rounding, layer_norm(x + shift, {}, {}, 0), layer_norm(x, {}, {}, 0), str("layer_norm, shift {}", shift));
  }
}

TEST(Property, OneColumnAndNothing) {
  const Tensor one = Tensor::from<double>({-2.5, 4}, {2, 1}), none = Tensor::empty({3, 0}, Dtype::f64);
  EXPECT_TRUE(test::bit_equal(norm(one, -1), Tensor::from<double>({2.5, 4}, {2})));
  EXPECT_TRUE(test::bit_equal(layer_norm(one), Tensor::zeros({2, 1}, Dtype::f64)));
  EXPECT_THROW(var(one, -1), Error) << "one element leaves nothing after the correction";
  EXPECT_TRUE(test::bit_equal(sum(none, -1), Tensor::zeros({3}, Dtype::f64)));
  EXPECT_TRUE(test::bit_equal(norm(none, -1), Tensor::zeros({3}, Dtype::f64)));
  EXPECT_TRUE(std::isnan(mean(none, -1).at({0})));
  EXPECT_THROW(max(none, -1), Error);
  EXPECT_THROW(min(none, -1), Error);
  EXPECT_THROW(var(none, -1), Error);
  EXPECT_EQ(cumsum(none, -1).shape(), Shape({3, 0}));
  EXPECT_EQ(softmax(none, -1).shape(), Shape({3, 0}));
}

TEST(Property, InfinitiesShareASoftmax) {
  for (Dtype dtype : {Dtype::f64, Dtype::f32})
    for (const std::vector<double>& row : std::vector<std::vector<double>>{{kInf, 2, 50}, {kInf, kInf, 0}, {-kInf, 3, kInf}, {kInf, kInf, kInf}}) {
      const Tensor x = cast(Tensor::from(row, {1, 3}), dtype);
      const double count = static_cast<double>(std::count(row.begin(), row.end(), kInf));
      std::vector<double> share;
      for (double v : row) share.push_back(v == kInf ? 1 / count : 0);
      const Tensor expected = cast(Tensor::from(share, {1, 3}), dtype);
      requires_grad(x);
      const Tensor y = logsumexp(x, -1);
      EXPECT_EQ(y.item(), kInf);
      backward(sum(y));
      EXPECT_TRUE(test::bit_equal(grad(x), expected)) << grad(x);
      EXPECT_TRUE(test::bit_equal(softmax(detach(x), -1), expected)) << softmax(detach(x), -1);
      EXPECT_LT(test::relative_difference(exp(log_softmax(detach(x), -1)), expected), 1e-6);
      for (int64_t target : {0, 1, 2}) {  // the loss is that of log_softmax
        zero_grad(x);
        const Tensor loss = cross_entropy(x, Tensor::from<int64_t>({target}, {1}));
        EXPECT_NEAR(std::exp(-loss.item()), share[static_cast<size_t>(target)], 1e-6);
        backward(loss);
        EXPECT_LT(test::relative_difference(grad(x) + cast(one_hot(Tensor::from<int64_t>({target}, {1}), 3, dtype), dtype), expected), 1e-6);
      }
    }
  const Tensor nothing = Tensor::full({1, 3}, -kInf, Dtype::f64);
  requires_grad(nothing);
  const Tensor y = logsumexp(nothing, -1);
  EXPECT_EQ(y.item(), -kInf);
  backward(sum(y));
  EXPECT_TRUE(test::bit_equal(grad(nothing), Tensor::zeros({1, 3}, Dtype::f64))) << "no element can raise it";
}

TEST(Property, InfinitiesInReductions) {
  const Tensor up = Tensor::from<double>({1, kInf, -2}, {1, 3}), both = Tensor::from<double>({kInf, -kInf, 0}, {1, 3});
  EXPECT_EQ(sum(up).item(), kInf);
  EXPECT_EQ(norm(up).item(), kInf);
  EXPECT_EQ(max(both).item(), kInf);
  EXPECT_EQ(min(both).item(), -kInf);
  EXPECT_TRUE(std::isnan(sum(both).item()));
  EXPECT_TRUE(std::isnan(var(up).item()));
  EXPECT_TRUE(std::isnan(layer_norm(up).at({0, 0})));
}

// The mean of numbers near the end of the range is a number, though their sum is none.
TEST(Property, MeansAtTheEndOfTheRange) {
  const double top = std::numeric_limits<double>::max();
  EXPECT_EQ(mean(Tensor::full({7}, top, Dtype::f64)).item(), top);
  EXPECT_EQ(mean(Tensor::full({7}, 3e38, Dtype::f32)).item(), static_cast<double>(3e38f));
  EXPECT_EQ(mean(Tensor::full({2, 7}, top, Dtype::f64), 0).at({3}), top);
}

TEST(Property, WholeNumbersBeyondTwoTo53) {
  const int64_t big = (int64_t{1} << 53) + 1;
  const Tensor x = Tensor::from<int64_t>({big - 1, big, big - 2}, {3});
  EXPECT_EQ(sum(x).to_vector<int64_t>()[0], 3 * big - 3);
  EXPECT_EQ(max(x).to_vector<int64_t>()[0], big);
  EXPECT_EQ(argmax(x, 0).to_vector<int64_t>()[0], 1);
  for (const Tensor& one : {max(x), max(x, 0), slice(x, 0, 1, 2)}) EXPECT_NE(to_string(one).find("9007199254740993"), std::string::npos) << to_string(one);
  EXPECT_EQ(sort(x, 0).values.to_vector<int64_t>(), (std::vector<int64_t>{big - 2, big - 1, big}));
  EXPECT_EQ(cumsum(x, 0).to_vector<int64_t>()[1], 2 * big - 1);
  // Beside a number: 2^53 is one of them, the halves are none.
  const double two53 = 9007199254740992.0;
  EXPECT_EQ(sum(eq(x, two53)).item(), 1);
  EXPECT_EQ(sum(gt(x, two53)).item(), 1);
  EXPECT_EQ(sum(le(x, two53)).item(), 2);
  const Tensor small = Tensor::from<int32_t>({-2, 0, 3}, {3});
  const std::vector<std::tuple<double, double, double>> counts = {{0.5, 2, 2},  {0, 1, 2},   {-2.5, 0, 0},         {kInf, 3, 3},
                                                                  {-kInf, 0, 0}, {4e9, 3, 3}, {2147483647.5, 3, 3}};
  for (const auto& [number, less, at_most] : counts) {
    EXPECT_EQ(sum(lt(small, number)).item(), less) << number;
    EXPECT_EQ(sum(le(small, number)).item(), at_most) << number;
    EXPECT_EQ(sum(ge(small, number)).item(), 3 - less) << number;
    EXPECT_EQ(sum(gt(small, number)).item(), 3 - at_most) << number;
    EXPECT_EQ(sum(ne(small, number)).item() + sum(eq(small, number)).item(), 3) << number;
  }
  for (const auto& f : std::vector<Tensor (*)(const Tensor&, double)>{lt, le, gt, ge, eq}) EXPECT_EQ(sum(f(small, std::nan(""))).item(), 0);
}

TEST(Property, LongSumsKeepTheirDigits) {
  const int64_t n = 20'000'000;
  const Tensor ones = Tensor::ones({n});
  EXPECT_EQ(sum(ones).item(), n);
  EXPECT_EQ(cumsum(ones, 0).at({n - 1}), n);
  const Tensor tenths = Tensor::full({100000, 1}, 0.1);
  requires_grad(tenths);
  const Tensor running = cumsum(tenths, 0);
  EXPECT_EQ(running.at({99999, 0}), static_cast<float>(100000 * static_cast<double>(0.1f)));
  backward(sum(running));
  EXPECT_EQ(grad(tenths).at({0, 0}), 100000);
  // Into one place: an embedding's row, an index, a scatter.
  const Tensor ids = Tensor::zeros({n}, Dtype::i64), table = Tensor::zeros({2, 1});
  EXPECT_EQ(scatter_add(Tensor::zeros({2}), 0, ids, ones).at({0}), n);
  requires_grad(table);
  backward(sum(embedding(table, ids)));
  EXPECT_EQ(grad(table).at({0, 0}), n);
  zero_grad(table);
  backward(sum(index_select(table, 0, ids)));
  EXPECT_EQ(grad(table).at({0, 0}), n);
  // Down a column.
  const Tensor column = Tensor::full({n / 4, 1}, 1.5), weight = Tensor::ones({1}), bias = Tensor::zeros({1});
  requires_grad(bias);
  const Tensor y = batch_norm(column, weight, bias, {}, {});
  EXPECT_EQ(y.at({n / 4 - 1, 0}), 0);
  backward(sum(y));
  EXPECT_EQ(grad(bias).at({0}), n / 4);
}

// f and f' as x goes to either infinity.
TEST(Property, LimitsOfPointwiseFunctions) {
  struct Limits {
    const char* name;
    Tensor (*run)(const Tensor&);
    double low, high, slope_low, slope_high;
  };
  const std::vector<Limits> functions = {
      {"neg", neg, kInf, -kInf, -1, -1},    {"abs", abs, kInf, kInf, -1, 1},   {"square", square, kInf, kInf, -kInf, kInf},
      {"reciprocal", reciprocal, 0, 0, 0, 0}, {"exp", exp, 0, kInf, 0, kInf},    {"tanh", tanh, -1, 1, 0, 0},
      {"sigmoid", sigmoid, 0, 1, 0, 0},     {"relu", relu, 0, kInf, 0, 1},     {"gelu", gelu, 0, kInf, 0, 1},
      {"gelu_tanh", gelu_tanh, 0, kInf, 0, 1}, {"silu", silu, 0, kInf, 0, 1},    {"softplus", softplus, 0, kInf, 0, 1},
  };
  for (Dtype dtype : {Dtype::f64, Dtype::f32})
    for (const Limits& f : functions)
      for (int length : {1, 40}) {  // a scalar and whole vectors
        const Tensor x = cast(concat({Tensor::full({length}, -kInf, Dtype::f64), Tensor::full({length}, kInf, Dtype::f64)}, 0), dtype);
        requires_grad(x);
        const Tensor y = f.run(x);
        backward(y, Tensor::ones(y.shape(), dtype));
        for (int at : {0, length - 1, length, 2 * length - 1}) {
          EXPECT_EQ(y.at({at}), at < length ? f.low : f.high) << f.name << " " << name_of(dtype);
          EXPECT_EQ(grad(x).at({at}), at < length ? f.slope_low : f.slope_high) << "slope of " << f.name << " " << name_of(dtype);
        }
      }
  EXPECT_EQ(sqrt(Tensor::full({1}, kInf)).item(), kInf);
  EXPECT_EQ(log(Tensor::full({1}, kInf)).item(), kInf);
  EXPECT_EQ(log(Tensor::full({1}, 0)).item(), -kInf);
}

}  // namespace
}  // namespace grim
