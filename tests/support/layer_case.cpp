#include "support/layer_case.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/tensor/copy.h"

namespace grim::test {
namespace {

Tensor probe_for(const Tensor& y) { return random_tensor({y.shape()}, y.dtype(), 99); }

struct Built {
  Module root;
  LayerForward forward;
  Inputs inputs;
  std::vector<NamedTensor> checked;  // inputs that take a gradient, then parameters
};

void build(const LayerCase& c, Dtype dtype, Built& b) {
  b.forward = c.build(b.root, dtype);
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const bool follows = c.inputs[i].dtype == Dtype::f64;
    b.inputs.push_back(random_tensor(c.inputs[i], follows ? dtype : c.inputs[i].dtype, 17 + i));
    if (follows && c.inputs[i].gradient) b.checked.push_back({str("input {}", i), requires_grad(b.inputs.back())});
  }
  uint64_t seed = 1000;
  for (const NamedTensor& p : b.root.parameters()) {
    EXPECT_EQ(p.tensor.dtype(), dtype) << c.name << ": parameter " << p.name;
    copy_into(p.tensor, random_tensor({p.tensor.shape(), -0.8, 0.8}, dtype, seed++));
    b.checked.push_back(p);
  }
}

double probed(const Built& b) {
  NoGrad no_grad;
  const Tensor y = b.forward(b.inputs);
  const std::vector<double> numbers = y.to_vector<double>(), weights = probe_for(y).to_vector<double>();
  double sum = 0;
  for (size_t i = 0; i < numbers.size(); ++i) sum += numbers[i] * weights[i];
  return sum;
}

void check_gradient(const LayerCase& c, const Built& b, const NamedTensor& x) {
  constexpr double kStep = 1e-5;
  ASSERT_TRUE(grad(x.tensor).defined()) << c.name << ": " << x.name << " got no gradient";
  const std::vector<double> got = grad(x.tensor).to_vector<double>();
  double scale = 1e-3;
  for (double g : got) scale = std::max(scale, std::abs(g));
  double* const at = x.tensor.data<double>();
  const int64_t n = x.tensor.numel();
  for (int64_t k = 0; k < n; k += std::max<int64_t>(1, n / 32)) {
    const double x0 = at[k];
    const auto slope = [&](double h) {
      at[k] = x0 + h;
      const double up = probed(b);
      at[k] = x0 - h;
      const double down = probed(b);
      at[k] = x0;
      return (up - down) / (2 * h);
    };
    const double expected = (4 * slope(kStep) - slope(2 * kStep)) / 3;
    ASSERT_NEAR(got[static_cast<size_t>(k)], expected, c.grad_tolerance * scale + 1e-8)
        << c.name << ": " << x.name << ", element " << k;
  }
}

}  // namespace

void check_layer(const LayerCase& c) {
  SCOPED_TRACE(c.name);
  Built f64, f32;
  build(c, Dtype::f64, f64);
  const Tensor y = f64.forward(f64.inputs);
  ASSERT_TRUE(tracked(y)) << c.name << ": the result is not recorded";
  backward(y, probe_for(y));
  for (const NamedTensor& x : f64.checked) check_gradient(c, f64, x);

  build(c, Dtype::f32, f32);
  const Tensor y32 = f32.forward(f32.inputs);
  EXPECT_EQ(y32.dtype(), Dtype::f32) << c.name;
  EXPECT_LE(relative_difference(y32, y), c.f32_tolerance) << c.name << ": f32 against f64";
  backward(y32, probe_for(y32));
  for (size_t i = 0; i < f32.checked.size(); ++i)
    EXPECT_LE(relative_difference(grad(f32.checked[i].tensor), grad(f64.checked[i].tensor)), 10 * c.f32_tolerance)
        << c.name << ": gradient of " << f32.checked[i].name << ", f32 against f64";
}

}  // namespace grim::test
