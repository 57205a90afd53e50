#include "grimoire/learn/expression.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/str.h"
#include "grimoire/op/pointwise.h"

namespace grim::learn {
namespace {

// A random formula as text, and the same calculation on the tape.
struct Both {
  std::string text;
  Tensor value;
};

Both random_formula(Rng& rng, const std::vector<Tensor>& variables, int depth) {
  if (depth == 0 || rng.bernoulli(0.15)) {
    if (rng.bernoulli(0.25)) {
      const double c = static_cast<double>(rng.randint(1, 40)) / 8;
      return {str("{}", c), Tensor::scalar(c, Dtype::f64)};
    }
    const auto k = static_cast<size_t>(rng.randint(0, static_cast<int64_t>(variables.size())));
    return {std::string(1, static_cast<char>('u' + k)), variables[k]};
  }
  const Both a = random_formula(rng, variables, depth - 1);
  switch (rng.randint(0, 18)) {
    case 0: return {"sin(" + a.text + ")", sin(a.value)};
    case 1: return {"cos(" + a.text + ")", cos(a.value)};
    case 2: return {"tanh(" + a.text + ")", tanh(a.value)};
    case 3: return {"exp(sin(" + a.text + "))", exp(sin(a.value))};
    case 4: return {"ln(1+(" + a.text + ")^2)", log(1 + square(a.value))};
    case 5: return {"sqrt(2+cos(" + a.text + "))", sqrt(2 + cos(a.value))};
    case 6: return {"sigmoid(" + a.text + ")", sigmoid(a.value)};
    case 7: return {"-(" + a.text + ")", neg(a.value)};
    case 13: return {"relu(" + a.text + ")", relu(a.value)};
    case 14: return {"abs(" + a.text + ")", abs(a.value)};
    case 15: return {"tan(sin(" + a.text + "))", sin(sin(a.value)) / cos(sin(a.value))};
    case 16: return {"ln(abs(" + a.text + ")+1)", log(abs(a.value) + 1)};
    case 17: return {"(1.5+sin(" + a.text + "))^cos(" + a.text + ")", exp(cos(a.value) * log(1.5 + sin(a.value)))};
    case 8: return {"tanh(" + a.text + ")^3", pow(tanh(a.value), 3)};
    default: break;
  }
  const Both b = random_formula(rng, variables, depth - 1);
  switch (rng.randint(0, 4)) {
    case 0: return {"(" + a.text + " + " + b.text + ")", a.value + b.value};
    case 1: return {"(" + a.text + " - " + b.text + ")", a.value - b.value};
    case 2: return {"(" + a.text + ") * tanh(" + b.text + ")", a.value * tanh(b.value)};
    default: return {"(" + a.text + ") / (2 + sin(" + b.text + "))", a.value / (2 + sin(b.value))};
  }
}

TEST(Expression, DifferentiatesAsTheTapeDoes) {
  Rng rng(RngMode::philox, 1, "formulas");
  int compared = 0;
  for (int k = 0; k < 1000; ++k) {
    std::vector<Tensor> variables;
    std::map<std::string, double> at;
    for (char name : {'u', 'v', 'w'}) {
      const double v = rng.normal();
      variables.push_back(Tensor::scalar(v, Dtype::f64));
      requires_grad(variables.back());
      at[std::string(1, name)] = v;
    }
    const Both both = random_formula(rng, variables, 4);
    Expression e(both.text);
    const double value = e.differentiate(at).back().value;
    EXPECT_NEAR(value, both.value.item(), 1e-9 * std::max(1.0, std::abs(value))) << both.text;
    if (!tracked(both.value)) continue;
    backward(both.value);
    for (size_t i = 0; i < variables.size(); ++i) {
      const Tensor g = grad(variables[i]);
      const double want = g.defined() ? g.item() : 0;
      EXPECT_NEAR(e.slope_in(std::string(1, static_cast<char>('u' + i))), want, 1e-9 * std::max(1.0, std::abs(want))) << both.text;
      ++compared;
    }
  }
  EXPECT_GT(compared, 2500);
}

TEST(Expression, ReadsAsMathematicsIsWritten) {
  const std::map<std::string, double> at = {{"x", 3}, {"y", 2}};
  const auto value = [&](const char* text) { return Expression(text).value(at); };
  EXPECT_EQ(value("2+3*4^2"), 50);
  EXPECT_EQ(value("-x^2"), -9);
  EXPECT_EQ(value("2^-1"), 0.5);
  EXPECT_EQ(value("2^3^2"), 512);
  EXPECT_EQ(value("8/4/2"), 1);
  EXPECT_EQ(value("8-4-2"), 2);
  EXPECT_EQ(value("3x + 2(x+1)"), 17);
  EXPECT_EQ(value(" ( x - y ) * relu(-1) + abs(-2) "), 2);
  EXPECT_DOUBLE_EQ(value("ln(exp(x))"), 3);
  EXPECT_EQ(value("x"), 3);
  Expression twice("x*x + x");
  twice.differentiate(at);
  EXPECT_EQ(twice.slope_in("x"), 7);
  EXPECT_EQ(Expression("x*x+y").names(), (std::vector<std::string>{"x", "y"}));
}

TEST(Expression, AConstantExponentNeedsNoPositiveBase) {
  for (const auto& [text, slope] : std::map<std::string, double>{{"x^-1", -.25}, {"x^(-2)", .25}, {"x^(1+1)", -4}, {"x^(6/2)", 12}}) {
    Expression e(text);
    e.differentiate({{"x", -2}});
    EXPECT_DOUBLE_EQ(e.slope_in("x"), slope) << text;
  }
}

TEST(Expression, MovingAVariableFindsTheSlopeWhereverItIs) {
  struct Case {
    const char* text;
    double x;
  };
  for (const Case& c : {Case{"ln(x)", 1e-9}, {"sqrt(x)", 1e-12}, {"sin(1e8*x)", 1}, {"exp(x)", 300}, {"x^3", -1e8}, {"tanh(x)", .3}, {"1/x", 1e-5}}) {
    Expression e(c.text);
    e.differentiate({{"x", c.x}});
    const double slope = e.slope_in("x");
    EXPECT_NEAR(Expression(c.text).by_moving("x", {{"x", c.x}}).slope, slope, 1e-3 * std::abs(slope)) << c.text;
  }
  const auto kink = Expression("relu(x)").by_moving("x", {{"x", 0}});
  EXPECT_EQ(kink.down, 0);
  EXPECT_EQ(kink.up, 1);
  const auto edge = Expression("x^1.5").by_moving("x", {{"x", 0}});
  EXPECT_TRUE(std::isnan(edge.slope) && std::isnan(edge.down));
  EXPECT_NEAR(edge.up, 0, 1e-5);
}

TEST(Expression, FaultsAreOneSentence) {
  const auto said = [](const char* text, std::map<std::string, double> at = {{"x", -1}}) -> std::string {
    try {
      Expression(text).differentiate(at);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::usage);
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(said("3*(x+1"), "3*(x+1: column 7: got the end, expected ')'");
  EXPECT_EQ(said("x+*2"), "x+*2: column 3: got '*', expected a number, a name or '('");
  EXPECT_EQ(said("x 2"), "x 2: column 3: got '2', expected an operation or the end");
  EXPECT_EQ(said("tahn(x)"),
            "tahn(x): column 1: got 'tahn', expected a function out of sin, cos, tan, tanh, exp, ln, log, sqrt, abs, relu, sigmoid");
  EXPECT_EQ(said("x+q"), "'q' has no value");
  EXPECT_EQ(said("ln(x)"), "ln(x) has no finite value here");
  EXPECT_EQ(said("1/(x+1)"), "1/(x+1) has no finite value here");
  EXPECT_EQ(said("x \u00a7 2"), "x \u00a7 2: column 3: got '\u00a7', expected an operation or the end");
  EXPECT_EQ(said("sqrt(x+1)"), "sqrt(x+1) has no finite slope here");
  EXPECT_NE(said(std::string(300, '(').c_str()), "");
  EXPECT_NE(said(std::string(300, '-').c_str()), "");
  EXPECT_NE(said(""), "");
}

}  // namespace
}  // namespace grim::learn
