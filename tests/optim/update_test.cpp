// What the trajectories do not show: decay groups, penalties, precisions, threads, broken gradients.
#include <cmath>
#include <limits>
#include <memory>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::random_tensor;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// A matrix, a vector and a number, none of them a multiple of the padding.
struct Net {
  explicit Net(Dtype dtype, int64_t rows = 5)
      : matrix(random_tensor({{rows, 7}}, dtype, 1)),
        vector(random_tensor({{3}}, dtype, 2)),
        number(random_tensor({Shape{}}, dtype, 3)),
        parameters({{"matrix", matrix}, {"vector", vector}, {"number", number}}) {}
  void set_gradients(uint64_t seed) const {
    parameters.zero_grad();
    Tensor total = Tensor::zeros({}, matrix.dtype());
    for (const Tensor& p : {matrix, vector, number})
      total = total + sum(p * random_tensor({p.shape()}, p.dtype(), seed++));
    backward(total);
  }
  Tensor matrix, vector, number;
  Parameters parameters;
};

using Make = std::unique_ptr<Optimizer> (*)(Parameters&);
const std::vector<std::pair<const char*, Make>>& optimizers() {
  static const std::vector<std::pair<const char*, Make>> all = {
      {"sgd",
       [](Parameters& p) -> std::unique_ptr<Optimizer> {
         return std::make_unique<Sgd>(p, SgdOptions{.momentum = 0.9, .l2 = 0.1, .l1 = 0.01});
       }},
      {"nesterov",
       [](Parameters& p) -> std::unique_ptr<Optimizer> {
         return std::make_unique<Sgd>(p, SgdOptions{.momentum = 0.9, .form = Momentum::nesterov});
       }},
      {"adamw",
       [](Parameters& p) -> std::unique_ptr<Optimizer> {
         return std::make_unique<Adam>(p, AdamOptions{.weight_decay = 0.1, .l1 = 0.01});
       }},
      {"amsgrad",
       [](Parameters& p) -> std::unique_ptr<Optimizer> {
         return std::make_unique<Adam>(p, AdamOptions{.second_moment = SecondMoment::largest});
       }},
      {"rmsprop", [](Parameters& p) -> std::unique_ptr<Optimizer> { return std::make_unique<Rms>(p, RmsOptions{}); }},
      {"adagrad", [](Parameters& p) -> std::unique_ptr<Optimizer> {
         return std::make_unique<Rms>(p, RmsOptions{.squares = PastSquares::sum});
       }}};
  return all;
}

Tensor trained(Make make, Dtype dtype, int threads, int64_t rows) {
  device::set_thread_cap(threads);
  Net net(dtype, rows);
  const auto optimizer = make(net.parameters);
  for (uint64_t step = 0; step < 4; ++step) {
    net.set_gradients(10 * step);
    optimizer->step(0.01, clip_scale(net.parameters.gradient_norm(), 1.0));
  }
  device::set_thread_cap(0);
  return net.parameters.values();
}

TEST(Optim, FloatFollowsDouble) {
  for (const auto& [name, make] : optimizers())
    EXPECT_LE(test::relative_difference(trained(make, Dtype::f32, 1, 5), trained(make, Dtype::f64, 1, 5)), 2e-5)
        << name;
}

TEST(Optim, OneThreadAndTwoGiveTheSameBits) {
  for (const auto& [name, make] : optimizers())
    for (Dtype dtype : {Dtype::f32, Dtype::f64})
      EXPECT_TRUE(test::bit_equal(trained(make, dtype, 1, 30000), trained(make, dtype, 2, 30000))) << name;
}

TEST(Optim, DecayGroupsLeaveVectorsAlone) {
  Net net(Dtype::f64);
  net.parameters.scale_weight_decay(decay_matrices_only);
  net.set_gradients(1);
  fill(net.parameters.gradients(), 0);
  const Tensor matrix = copy(net.matrix), vector = copy(net.vector), number = copy(net.number);
  Adam adamw(net.parameters, {.weight_decay = 0.5});
  adamw.step(0.1);
  EXPECT_LE(test::relative_difference(net.matrix, matrix * 0.95), 1e-14);
  EXPECT_TRUE(test::bit_equal(net.vector, vector));
  EXPECT_TRUE(test::bit_equal(net.number, number));
  Sgd sgd(net.parameters, {.l2 = 0.5, .l1 = 0.5});  // penalties follow the groups too
  fill(net.parameters.gradients(), 0);
  sgd.step(0.1);
  EXPECT_FALSE(test::bit_equal(net.matrix, matrix * 0.95));
  EXPECT_TRUE(test::bit_equal(net.vector, vector));
}

TEST(Optim, L1PullsTowardsZero) {
  const Tensor w = Tensor::from<double>({2, -3, 0, -0.0}, {4});
  Parameters parameters({{"w", w}});
  Sgd sgd(parameters, {.l1 = 0.5});
  sgd.step(0.1);
  EXPECT_EQ(w.to_vector<double>(), std::vector<double>({2 - 0.05, -3 + 0.05, 0, 0}));
}

TEST(Optim, TheBf16CopyIsTheRoundedMaster) {
  const Tensor matrix = test::random_tensor({{50, 9}}, Dtype::f32, 1), vector = test::random_tensor({{7}}, Dtype::f32, 2);
  const Tensor before = copy(matrix);
  Parameters parameters({{"matrix", matrix}, {"vector", vector}}, Dtype::bf16);
  EXPECT_EQ(matrix.dtype(), Dtype::bf16);
  EXPECT_EQ(vector.dtype(), Dtype::f32) << "vectors are masters themselves";
  const auto masters_hold = [&](const char* when) {
    const WithMasters exact(parameters);
    EXPECT_EQ(matrix.dtype(), Dtype::f32) << when;
    return copy(matrix);
  };
  EXPECT_TRUE(test::bit_equal(masters_hold("at first"), before));
  Sgd sgd(parameters, {.momentum = 0.9});
  Adam adam(parameters, {.weight_decay = 0.1});
  Rms rms(parameters, {});
  Ema ema(parameters, 0.5);
  for (Optimizer* const optimizer : {static_cast<Optimizer*>(&sgd), static_cast<Optimizer*>(&adam), static_cast<Optimizer*>(&rms)})
    for (uint64_t step = 0; step < 3; ++step) {
      parameters.zero_grad();
      backward(sum(matrix * test::random_tensor({matrix.shape()}, Dtype::f32, 10 + step)) + sum(vector * vector));
      const Tensor last = masters_hold("before");
      optimizer->step(0.01);
      const Tensor now = masters_hold("after");
      EXPECT_FALSE(test::bit_equal(now, last));
      EXPECT_TRUE(test::bit_equal(matrix, cast(now, Dtype::bf16)));
      ema.swap();
      EXPECT_TRUE(test::bit_equal(matrix, cast(masters_hold("averaged"), Dtype::bf16)));
      ema.swap();
    }
  {
    const WithMasters exact(parameters);
    fill(matrix, 1.001);
  }
  EXPECT_EQ(matrix.at({0, 0}), 1.0) << "what is loaded is rounded";
  EXPECT_THROW(Parameters({{"x", Tensor::zeros({2, 2}, Dtype::f64)}}, Dtype::bf16), Error);
}

TEST(Parameters, AreOneBufferThatTheTensorsLookInto) {
  Net net(Dtype::f32);
  EXPECT_EQ(net.parameters.count(), 35 + 3 + 1);
  for (const Parameters::Range& r : net.parameters.ranges()) {
    EXPECT_EQ(r.begin % 16, 0);
    EXPECT_EQ(r.tensor.data<float>(), net.parameters.values().data<float>() + r.begin) << r.name;
  }
  EXPECT_LE(test::relative_difference(net.matrix, random_tensor({{5, 7}}, Dtype::f32, 1)), 0.0);  // values were kept
  fill(net.parameters.values(), 4);
  EXPECT_EQ(net.vector.at({2}), 4);
  net.set_gradients(1);
  EXPECT_EQ(grad(net.vector).data<float>(),
            net.parameters.gradients().data<float>() + net.parameters.ranges()[1].begin);
}

TEST(Parameters, PaddingStaysZeroAndCountsForNothing) {
  Net net(Dtype::f32);
  net.set_gradients(1);
  double squares = 0;
  for (const Tensor& p : {net.matrix, net.vector, net.number})
    for (double g : grad(p).to_vector<double>()) squares += g * g;
  EXPECT_NEAR(net.parameters.gradient_norm(), std::sqrt(squares), 1e-6);
  for (const auto& [name, make] : optimizers()) {
    const auto optimizer = make(net.parameters);
    optimizer->step(0.1);
    for (const Parameters::Range& r : net.parameters.ranges())
      for (int64_t i = r.begin + r.tensor.numel(); i < r.end; ++i)
        ASSERT_EQ(net.parameters.values().at({i}), 0) << name << " " << r.name;
  }
}

TEST(Parameters, AGradientThatNeverCameIsZero) {
  Net net(Dtype::f64);
  net.set_gradients(1);
  net.parameters.zero_grad();
  backward(sum(net.vector));  // the others get nothing this time
  EXPECT_NEAR(net.parameters.gradient_norm(), std::sqrt(3.0), 1e-14);
  const Tensor before = copy(net.matrix);
  Sgd(net.parameters, {}).step(1.0);
  EXPECT_TRUE(test::bit_equal(net.matrix, before));
}

// Frozen and thawed, a tensor is another leaf: what it collects elsewhere comes home before it is used.
TEST(Parameters, AGradientThatLeftTheBufferComesBack) {
  Net net(Dtype::f64);
  net.set_gradients(1);
  requires_grad(net.vector, false);
  requires_grad(net.vector);
  net.parameters.zero_grad();
  backward(sum(net.vector) * 2.0);
  EXPECT_NEAR(net.parameters.gradient_norm(), std::sqrt(12.0), 1e-14);
  EXPECT_NEAR(net.parameters.gradient_norm(), std::sqrt(12.0), 1e-14);  // and stays
  const double before = net.vector.at({0});
  Sgd(net.parameters, {}).step(1.0);
  EXPECT_EQ(net.vector.at({0}), before - 2);
  net.parameters.zero_grad();
  backward(sum(net.vector));
  EXPECT_NEAR(net.parameters.gradient_norm(), std::sqrt(3.0), 1e-14);
}

TEST(Parameters, GradientsOfSeveralBackwardsAddUp) {
  Net net(Dtype::f64);
  backward(sum(net.vector));
  backward(sum(net.vector) * 2.0);
  EXPECT_EQ(grad(net.vector).to_vector<double>(), std::vector<double>({3, 3, 3}));
  net.parameters.zero_grad();
  backward(sum(net.vector));
  EXPECT_EQ(grad(net.vector).to_vector<double>(), std::vector<double>({1, 1, 1}));
}

TEST(Parameters, NameTheFirstThatIsBroken) {
  for (double bad : {kNan, kInf, -kInf}) {
    Net net(Dtype::f32);
    net.set_gradients(1);
    EXPECT_EQ(net.parameters.first_bad_gradient(), "");
    EXPECT_EQ(net.parameters.first_bad_value(), "");
    net.parameters.gradients().data<float>()[net.parameters.ranges()[1].begin + 2] = static_cast<float>(bad);
    EXPECT_EQ(net.parameters.first_bad_gradient(), "vector");
    EXPECT_FALSE(std::isfinite(net.parameters.gradient_norm()));
    fill(net.number, bad);
    EXPECT_EQ(net.parameters.first_bad_value(), "number");
  }
  Net large(Dtype::f32);  // finite, though its square is not
  large.set_gradients(1);
  large.parameters.gradients().data<float>()[0] = 1e25f;
  EXPECT_EQ(large.parameters.first_bad_gradient(), "");
  EXPECT_NEAR(large.parameters.gradient_norm() / 1e25, 1, 1e-6);
}

TEST(Optim, ResumesFromItsState) {
  for (const auto& [name, make] : optimizers()) {
    Net whole(Dtype::f32), first(Dtype::f32);
    const auto a = make(whole.parameters), b = make(first.parameters);
    for (uint64_t step = 0; step < 2; ++step) {
      for (Net* net : {&whole, &first}) net->set_gradients(step);
      a->step(0.01);
      b->step(0.01);
    }
    Net second(Dtype::f32);
    copy_into(second.parameters.values(), first.parameters.values());
    const auto c = make(second.parameters);
    for (size_t i = 0; i < b->state().size(); ++i) copy_into(c->state()[i].tensor, b->state()[i].tensor);
    c->set_steps(b->steps());
    whole.set_gradients(9);
    second.set_gradients(9);
    a->step(0.01);
    c->step(0.01);
    EXPECT_TRUE(test::bit_equal(whole.parameters.values(), second.parameters.values())) << name;
  }
}

TEST(Optim, SaysWhatIsWrong) {
  EXPECT_THROW(Parameters({}), Error);
  EXPECT_THROW(Parameters({{"a", Tensor::zeros({2})}, {"b", Tensor::zeros({2}, Dtype::f64)}}), Error);
  EXPECT_THROW(Parameters({{"a", Tensor::zeros({2}, Dtype::i64)}}), Error);
  Net net(Dtype::f32);
  EXPECT_THROW(Sgd(net.parameters, {.momentum = 1.0}), Error);
  EXPECT_THROW(Adam(net.parameters, {.beta1 = -0.1}), Error);
  EXPECT_THROW(Adam(net.parameters, {.beta2 = 1.0}), Error);
  EXPECT_THROW(Rms(net.parameters, {.alpha = 1.0}), Error);
}

}  // namespace
}  // namespace grim
