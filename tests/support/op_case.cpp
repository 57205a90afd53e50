#include "support/op_case.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim::test {
namespace {

struct Outcome {
  Tensor y;
  std::vector<Tensor> gradients;  // undefined where the input takes none
};

Inputs make_inputs(const OpCase& c, Dtype dtype) {
  Inputs inputs;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const OpInput& in = c.inputs[i];
    inputs.push_back(random_tensor(in, in.dtype == Dtype::f64 ? dtype : in.dtype, 17 + i));
  }
  return inputs;
}

bool takes_gradient(const OpInput& in) { return in.dtype == Dtype::f64 && in.gradient; }

// The probe is a random weighting of the outputs: a plain sum would not see a wrong Jacobian of softmax or of a norm. Its numbers are bf16's.
Tensor probe_for(const Tensor& y) { return cast(cast(random_tensor({y.shape(), -1.0, 1.0}, Dtype::f64, 99), Dtype::bf16), y.dtype()); }

Outcome run_case(const OpCase& c, const std::function<Tensor(const Inputs&)>& f, const Inputs& inputs) {
  Outcome out;
  if (c.differentiable)
    for (size_t i = 0; i < inputs.size(); ++i)
      if (takes_gradient(c.inputs[i])) requires_grad(inputs[i]);
  const Tensor y = f(inputs);
  if (c.differentiable) {
    EXPECT_TRUE(tracked(y)) << c.name << ": the result is not recorded";
    if (tracked(y)) backward(y, probe_for(y));
  }
  out.y = copy(y);
  for (size_t i = 0; i < inputs.size(); ++i) out.gradients.push_back(takes_gradient(c.inputs[i]) ? grad(inputs[i]) : Tensor());
  return out;
}

void expect_close(const OpCase& c, const char* what, const Outcome& a, const Outcome& b, double tolerance) {
  EXPECT_LE(relative_difference(a.y, b.y), tolerance) << c.name << ": value, " << what;
  for (size_t i = 0; c.differentiable && i < a.gradients.size(); ++i) {
    if (!takes_gradient(c.inputs[i])) continue;
    ASSERT_EQ(a.gradients[i].defined(), b.gradients[i].defined()) << c.name << ": gradient " << i << ", " << what;
    if (!a.gradients[i].defined()) continue;
    EXPECT_LE(relative_difference(a.gradients[i], b.gradients[i]), tolerance)
        << c.name << ": gradient of input " << i << ", " << what << "\n got " << a.gradients[i] << "\n expected "
        << b.gradients[i];
  }
}

double probed(const OpCase& c, const Inputs& inputs) {
  NoGrad no_grad;
  const std::vector<double> y = c.run(inputs).to_vector<double>();
  const std::vector<double> w = probe_for(Tensor::from(y, {static_cast<int64_t>(y.size())})).to_vector<double>();
  double sum = 0;
  for (size_t i = 0; i < y.size(); ++i) sum += y[i] * w[i];
  return sum;
}

void check_gradients(const OpCase& c, const Outcome& analytic) {
  constexpr double kStep = 1e-5;
  Inputs inputs = make_inputs(c, Dtype::f64);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!takes_gradient(c.inputs[i]) || inputs[i].numel() == 0) continue;
    ASSERT_TRUE(analytic.gradients[i].defined()) << c.name << ": input " << i << " got no gradient";
    const std::vector<double> got = analytic.gradients[i].to_vector<double>();
    double scale = 1e-3;
    for (double g : got) scale = std::max(scale, std::abs(g));
    double* x = inputs[i].data<double>();
    const int64_t n = inputs[i].numel(), stride = std::max<int64_t>(1, n / 64);
    for (int64_t k = 0; k < n; k += stride) {
      const double x0 = x[k];
      const auto slope = [&](double h) {
        x[k] = x0 + h;
        const double up = probed(c, inputs);
        x[k] = x0 - h;
        const double down = probed(c, inputs);
        x[k] = x0;
        return (up - down) / (2 * h);
      };
      // Richardson: the h^2 term cancels.
      const double expected = (4 * slope(kStep) - slope(2 * kStep)) / 3;
      ASSERT_NEAR(got[static_cast<size_t>(k)], expected, c.grad_tolerance * scale + 1e-8)
          << c.name << ": gradient of input " << i << ", element " << k;
    }
  }
}

// What is stored in bf16 in training; the gradients collect in f32, as an optimiser has them.
bool is_narrowed(const OpInput& in) { return in.dtype == Dtype::f64 && in.narrow && in.shape.ndim() >= 2; }

void check_bf16(const OpCase& c) {
  const auto inputs = [&](Dtype dtype) {
    Inputs all = make_inputs(c, Dtype::f32);
    for (size_t i = 0; i < all.size(); ++i) {
      if (!is_narrowed(c.inputs[i])) continue;
      all[i] = cast(cast(all[i], Dtype::bf16), dtype);
      if (c.differentiable && takes_gradient(c.inputs[i])) set_grad_buffer(requires_grad(all[i]), Tensor::zeros(all[i].shape()));
      zero_grad(all[i]);
    }
    return all;
  };
  const Outcome narrow = run_case(c, c.run, inputs(Dtype::bf16)), wide = run_case(c, c.run, inputs(Dtype::f32));
  expect_close(c, "bf16 against f32", narrow, wide, c.bf16_tolerance);
  device::set_thread_cap(1);
  const Outcome one = run_case(c, c.run, inputs(Dtype::bf16));
  device::set_thread_cap(0);
  EXPECT_TRUE(bit_equal(one.y, narrow.y)) << c.name << ": bf16, one thread against two";
  for (size_t i = 0; i < one.gradients.size(); ++i)
    EXPECT_TRUE(!one.gradients[i].defined() || bit_equal(one.gradients[i], narrow.gradients[i]))
        << c.name << ": bf16, gradient " << i << ", one thread against two";
}

struct Poison {
  Poison() { device::set_poison(true); }
  ~Poison() { device::set_poison(false); }
};

}  // namespace

Tensor random_tensor(const OpInput& input, Dtype dtype, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<double> values(static_cast<size_t>(input.shape.numel()));
  const double range = input.high - input.low;
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = input.low + range * (static_cast<double>(engine() >> 11) * 0x1.0p-53);
  if (input.distinct) {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = input.low + range * (static_cast<double>(i) + 0.5) / static_cast<double>(values.size());
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[engine() % i]);
  }
  if (!is_float(dtype))
    for (double& v : values) v = std::floor(v);
  return copy(cast(Tensor::from(values, input.shape), dtype));
}

Tensor scattered(const Tensor& x) {
  if (x.ndim() == 0) return x;
  Shape wide = x.shape();
  for (int i = 0; i < wide.ndim() / 2; ++i) std::swap(wide[i], wide[wide.ndim() - 1 - i]);
  wide[0] = wide[0] * 2 + 1;
  Tensor room = Tensor::full(wide, is_float(x.dtype()) ? NAN : 1, x.dtype());
  Tensor y = room;
  Shape strides = room.strides();
  strides[0] *= 2;
  Shape shape = room.shape();
  shape[0] = (wide[0] - 1) / 2;
  for (int i = 0; i < shape.ndim() / 2; ++i) {
    std::swap(shape[i], shape[shape.ndim() - 1 - i]);
    std::swap(strides[i], strides[shape.ndim() - 1 - i]);
  }
  y = Tensor::view_of(room.storage(), room.shape()[0] > 1 ? room.strides()[0] : 0, shape, strides, x.dtype());
  copy_into(y, x);
  return y;
}

double relative_difference(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape())) return INFINITY;
  const std::vector<double> va = a.to_vector<double>(), vb = b.to_vector<double>();
  double worst = 0, scale = 1e-30;
  for (size_t i = 0; i < va.size(); ++i) {
    if (std::isnan(va[i]) && std::isnan(vb[i])) continue;
    if (va[i] == vb[i]) continue;
    const double d = std::abs(va[i] - vb[i]);
    if (!std::isfinite(d)) return INFINITY;
    worst = std::max(worst, d);
  }
  for (double v : vb)
    if (std::isfinite(v)) scale = std::max(scale, std::abs(v));
  return worst / std::max(scale, 1e-3);
}

bool bit_equal(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape()) || a.dtype() != b.dtype()) return false;
  const Tensor x = contiguous(a), y = contiguous(b);
  return std::memcmp(x.raw(), y.raw(), static_cast<size_t>(x.numel() * size_of(x.dtype()))) == 0;
}

void check_op(const OpCase& c) {
  SCOPED_TRACE(c.name);
  Poison poison;
  const Outcome f64 = run_case(c, c.run, make_inputs(c, Dtype::f64));
  if (c.differentiable) check_gradients(c, f64);
  if (c.twin) expect_close(c, "against the twin", f64, run_case(c, c.twin, make_inputs(c, Dtype::f64)), 1e-9);

  Inputs gaps = make_inputs(c, Dtype::f64);
  for (Tensor& x : gaps) x = scattered(x);
  expect_close(c, "non-contiguous inputs", run_case(c, c.run, gaps), f64, 1e-10);

  const auto at_threads = [&](int count) {
    device::set_thread_cap(count);
    const Outcome out = run_case(c, c.run, make_inputs(c, Dtype::f32));
    device::set_thread_cap(0);
    return out;
  };
  const Outcome one = at_threads(1), two = at_threads(2);
  expect_close(c, "f32 against f64", one, f64, c.f32_tolerance);
  EXPECT_TRUE(bit_equal(one.y, two.y)) << c.name << ": one thread against two";
  for (size_t i = 0; i < one.gradients.size(); ++i)
    EXPECT_TRUE(!one.gradients[i].defined() || bit_equal(one.gradients[i], two.gradients[i]))
        << c.name << ": gradient " << i << ", one thread against two";

  if (c.bf16_tolerance > 0 && std::ranges::any_of(c.inputs, is_narrowed)) check_bf16(c);

  if (c.differentiable) {  // a second backward adds to the first
    Inputs inputs = make_inputs(c, Dtype::f64);
    run_case(c, c.run, inputs);
    const Outcome twice = run_case(c, c.run, inputs);
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!twice.gradients[i].defined()) continue;
      Tensor doubled = copy(f64.gradients[i]);
      add_into(doubled, f64.gradients[i]);
      EXPECT_LE(relative_difference(twice.gradients[i], doubled), 1e-12) << c.name << ": accumulation, input " << i;
    }
  }
}

}  // namespace grim::test
