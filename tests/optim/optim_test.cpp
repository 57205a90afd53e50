// Optimisers against PyTorch's trajectories, step by step in float64 (tools/golden/optim.py), fed with the gradients it
// used.
#include <cmath>
#include <memory>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/optim/schedule.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {
using Numbers = std::vector<double>;

const Json& golden() {
  static const Json json = Json::parse(read_file(GRIM_SOURCE_DIR "/tests/golden/optim.json"), "optim.json");
  return json;
}
Numbers numbers(const Json& row, std::string_view key) {
  Numbers found;
  for (const Json& n : row.list(key)) found.push_back(n.as_real());
  return found;
}
Tensor tensor(const Json& row, std::string_view key, const Shape& shape) {
  return Tensor::from(numbers(row, key), shape);
}

// The problem of the file: two parameters and their loss.
struct Problem {
  explicit Problem(Dtype dtype = Dtype::f64)
      : w(copy(cast(tensor(golden().at("problem"), "w", {2, 3}), dtype))),
        b(copy(cast(tensor(golden().at("problem"), "b", {3}), dtype))),
        parameters({{"w", w}, {"b", b}}) {}

  Tensor loss() const {
    const Json& p = golden().at("problem");
    const auto constant = [&](const char* key, const Shape& shape) { return cast(tensor(p, key, shape), w.dtype()); };
    const Tensor off = b - constant("d", {3});
    return sum(constant("a", {2, 3}) * square(w - constant("c", {2, 3}))) * 0.5 + sum(square(square(off))) * 0.25 +
           sum(b * (select(w, 0, 0) - select(w, 0, 1)));
  }
  void set_gradients(const Tensor& dw, const Tensor& db) const {  // as a backward would
    parameters.zero_grad();
    backward(sum(w * dw) + sum(b * db));
  }
  Tensor w, b;
  Parameters parameters;
};

std::unique_ptr<Optimizer> make_optimizer(const std::string& name, const Json& s, Parameters& p) {
  const double decay = s.real("weight_decay", 0);
  if (name.starts_with("sgd"))
    return std::make_unique<Sgd>(
        p, SgdOptions{.momentum = s.real("momentum", 0),
                      .form = s.boolean("nesterov", false) ? Momentum::nesterov : Momentum::classic,
                      .dampening = s.real("dampening", 0),
                      .l2 = decay});
  if (name.starts_with("adam")) {
    const Numbers betas = numbers(s, "betas");
    const bool decoupled = name == "adamw";
    return std::make_unique<Adam>(
        p, AdamOptions{.beta1 = betas[0],
                       .beta2 = betas[1],
                       .eps = s.real("eps"),
                       .weight_decay = decoupled ? decay : 0,
                       .l2 = decoupled ? 0 : decay,
                       .second_moment = s.boolean("amsgrad", false) ? SecondMoment::largest : SecondMoment::current});
  }
  if (name == "rmsprop") return std::make_unique<Rms>(p, RmsOptions{.alpha = s.real("alpha"), .eps = s.real("eps")});
  if (name == "adagrad") return std::make_unique<Rms>(p, RmsOptions{.squares = PastSquares::sum, .eps = s.real("eps")});
  throw Error(ErrorKind::input, "no optimiser for " + name);
}

TEST(Optim, EveryTrajectoryOfPyTorch) {
  EXPECT_EQ(golden().list("trajectories").size(), 12u);
  for (const Json& t : golden().list("trajectories")) {
    const std::string& name = t.text("name");
    Problem problem;
    const auto optimizer = make_optimizer(name, t.at("settings"), problem.parameters);
    for (const Json& row : t.list("steps")) {
      problem.set_gradients(tensor(row, "grad.w", {2, 3}), tensor(row, "grad.b", {3}));
      optimizer->step(t.at("settings").real("lr"));
      ASSERT_LE(test::relative_difference(problem.w, tensor(row, "w", {2, 3})), 1e-12)
          << name << ", step " << optimizer->steps();
      ASSERT_LE(test::relative_difference(problem.b, tensor(row, "b", {3})), 1e-12)
          << name << ", step " << optimizer->steps();
    }
  }
}

// The same, differentiating the loss: the gradients must arrive in the flat buffer at every step.
TEST(Optim, EveryTrajectoryWithItsOwnGradients) {
  for (const Json& t : golden().list("trajectories")) {
    Problem problem;
    const auto optimizer = make_optimizer(t.text("name"), t.at("settings"), problem.parameters);
    for (const Json& row : t.list("steps")) {
      const Tensor loss = problem.loss();
      ASSERT_NEAR(loss.item(), row.real("loss"), 1e-10 * std::abs(row.real("loss"))) << t.text("name");
      optimizer->zero_grad();
      backward(loss);
      optimizer->step(t.at("settings").real("lr"));
    }
  }
}

TEST(Optim, ARelativeStepIsInUnitsOfTheParameter) {  // as Adam's own with that learning rate, which its first step is as long as
  const Tensor large = Tensor::from({30.0, -40.0, 0.0, 50.0}, {2, 2}), small = Tensor::from({0.003, -0.004}, {2}), zero = Tensor::zeros({3}, Dtype::f64);
  Parameters parameters({{"large", large}, {"small", small}, {"zero", zero}});
  Adam adam(parameters, {.eps = 0, .relative_step = true});
  backward(sum(large) * 7.0 - sum(small) * 0.1 + sum(zero));
  adam.step(0.01);
  const auto expect = [](const Tensor& got, const Numbers& wanted) {
    for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(got.data<double>()[i], wanted[i], 1e-14 * (1 + std::abs(wanted[i])));
  };
  const double by_large = 0.01 * std::sqrt(5000.0 / 4), by_small = 0.01 * std::sqrt(25e-6 / 2), by_zero = 0.01 * 1e-3;
  expect(large, {30 - by_large, -40 - by_large, -by_large, 50 - by_large});
  expect(small, {0.003 + by_small, -0.004 + by_small});
  expect(zero, {-by_zero, -by_zero, -by_zero});
}

TEST(Optim, ClippingIsPyTorchs) {
  for (const Json& row : golden().list("clip_grad_norm")) {
    Problem problem;
    problem.set_gradients(tensor(row, "grad.w", {2, 3}), tensor(row, "grad.b", {3}));
    const double norm = problem.parameters.gradient_norm(), scale = clip_scale(norm, row.real("max_norm"));
    EXPECT_NEAR(norm, row.real("norm"), 1e-12);
    Sgd sgd(problem.parameters, {});  // a step of 1 shows the clipped gradient
    const Tensor before = copy(problem.w), b_before = copy(problem.b);
    sgd.step(1.0, scale);
    EXPECT_LE(test::relative_difference(before - problem.w, tensor(row, "clipped.w", {2, 3})), 1e-12);
    EXPECT_LE(test::relative_difference(b_before - problem.b, tensor(row, "clipped.b", {3})), 1e-12);
  }
  EXPECT_EQ(clip_scale(50, 0), 1.0);  // no limit
}

TEST(Schedule, EveryValueOfTheFile) {
  const Json& s = golden().at("schedules");
  const auto check = [&](const char* name, const Schedule& schedule) {
    const Numbers steps = numbers(s, "steps"), values = numbers(s.at(name), "values");
    for (size_t i = 0; i < steps.size(); ++i)
      EXPECT_NEAR(learning_rate(schedule, static_cast<int64_t>(steps[i])), values[i], 1e-13 * values[i] + 1e-18)
          << name << " " << steps[i];
  };
  const Json &cosine = s.at("cosine"), &step = s.at("step"), &root = s.at("inverse_sqrt");
  check("cosine", {.decay = Decay::cosine, .lr = cosine.real("lr"), .min_lr = cosine.real("min"),
                   .warmup = cosine.integer("warmup"), .total = cosine.integer("decay")});
  check(
      "step",
      {.decay = Decay::step, .lr = step.real("lr"), .step_every = step.integer("size"), .factor = step.real("gamma")});
  // The paper's peak is at its step `warmup`, counted from 1.
  const double width = root.real("width"), warmup = root.real("warmup");
  check("inverse_sqrt",
        {.decay = Decay::inverse_sqrt, .lr = 1 / std::sqrt(width * warmup), .warmup = root.integer("warmup") - 1});
}

TEST(Schedule, ConstantAndBadArguments) {
  EXPECT_EQ(learning_rate({.lr = 0.5, .warmup = 4}, 1), 0.2);
  EXPECT_EQ(learning_rate({.lr = 0.5, .warmup = 4}, 4), 0.5);
  EXPECT_EQ(learning_rate({.lr = 0.5}, 1000), 0.5);
  EXPECT_EQ(learning_rate({.decay = Decay::inverse_sqrt, .lr = 0.5}, 3), 0.25);
  EXPECT_THROW(learning_rate({.decay = Decay::step, .lr = 1}, 3), Error);
}

TEST(Ema, FollowsTheFile) {
  const Json& e = golden().at("ema");
  const Numbers values = numbers(e, "values"), expected = numbers(e, "ema");
  const Tensor w = Tensor::full({3}, values[0], Dtype::f64);
  const Parameters parameters({{"w", w}});
  Ema ema(parameters, e.real("decay"));
  for (size_t t = 0; t < values.size(); ++t) {
    fill(w, values[t]);
    if (t > 0) ema.update();
    EXPECT_NEAR(ema.average().at({2}), expected[t], 1e-14);
  }
  ema.swap();
  EXPECT_NEAR(w.at({0}), expected.back(), 1e-14);
  EXPECT_NEAR(ema.average().at({0}), values.back(), 1e-14);
  ema.swap();
  EXPECT_NEAR(w.at({1}), values.back(), 1e-14);
  EXPECT_THROW(Ema(parameters, 1.0), Error);
}

}  // namespace
}  // namespace grim
