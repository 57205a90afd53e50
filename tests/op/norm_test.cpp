#include "grimoire/op/norm.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/op/moments.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

Tensor composed_layer_norm(const Inputs& x) {
  const Tensor centred = x[0] - mean(x[0], -1, KeepDims::yes);
  return centred / sqrt(mean(square(centred), -1, KeepDims::yes) + 1e-5) * x[1] + x[2];
}

TEST(LayerNorm, MatchesItsTwin) {
  for (const Shape& shape : {Shape{4, 7}, Shape{2, 3, 16}, Shape{5, 33}, Shape{0, 4}, Shape{9}})
    check_op({.name = shape.to_string(), .inputs = {{shape}, {{shape.back()}}, {{shape.back()}}},
              .run = [](const Inputs& x) { return layer_norm(x[0], x[1], x[2]); }, .twin = composed_layer_norm});
  check_op({.name = "large", .inputs = {{{700, 120}}, {{120}}, {{120}}},
            .run = [](const Inputs& x) { return layer_norm(x[0], x[1], x[2]); }, .twin = composed_layer_norm});
  check_op({.name = "plain", .inputs = {{{3, 5}}}, .run = [](const Inputs& x) { return layer_norm(x[0]); }});
}

TEST(RmsNorm, MatchesItsTwin) {
  check_op({.name = "rms", .inputs = {{{3, 2, 19}}, {{19}}},
            .run = [](const Inputs& x) { return rms_norm(x[0], x[1]); },
            .twin = [](const Inputs& x) { return x[0] / sqrt(mean(square(x[0]), -1, KeepDims::yes) + 1e-6) * x[1]; }});
}

Tensor composed_batch_norm(const Inputs& x, Axes axes, int correction) {
  const Tensor centred = x[0] - mean(x[0], axes, KeepDims::yes);
  return centred / sqrt(var(x[0], axes, correction, KeepDims::yes) + 1e-5) * x[1] + x[2];
}

TEST(BatchNorm, MatchesItsTwinInEveryLayout) {
  for (const auto variance : {BatchNormVariance::biased, BatchNormVariance::unbiased}) {
    const int correction = variance == BatchNormVariance::unbiased ? 1 : 0;
    for (const Shape& shape : {Shape{6, 5}, Shape{2, 37}, Shape{33, 70}})
      check_op({.name = shape.to_string(), .inputs = {{shape}, {{shape[1]}}, {{shape[1]}}},
                .run = [=](const Inputs& x) { return batch_norm(x[0], x[1], x[2], {}, {}, {.variance = variance}); },
                .twin = [=](const Inputs& x) { return composed_batch_norm(x, 0, correction); }});
    check_op({.name = "channels last", .inputs = {{{3, 4, 5}}, {{5}}, {{5}}},
              .run = [=](const Inputs& x) { return batch_norm(x[0], x[1], x[2], {}, {}, {.variance = variance}); },
              .twin = [=](const Inputs& x) { return composed_batch_norm(x, {0, 1}, correction); }});
    check_op({.name = "channels second", .inputs = {{{3, 5, 4}}, {{5}}, {{5}}},
              .run = [=](const Inputs& x) {
                return batch_norm(x[0], x[1], x[2], {}, {}, {.variance = variance, .channels = Channels::second});
              },
              .twin = [=](const Inputs& x) {
                return transpose(composed_batch_norm({transpose(x[0], 1, 2), x[1], x[2]}, {0, 1}, correction), 1, 2);
              }});
  }
}

TEST(BatchNorm, RunningStatisticsAndEvaluation) {
  const Tensor x = Tensor::from<float>({1, 10, 3, 30}, {2, 2});
  const Tensor running_mean = Tensor::zeros({2}), running_var = Tensor::ones({2});
  batch_norm(x, {}, {}, running_mean, running_var, {.momentum = 0.5});
  EXPECT_FLOAT_EQ(running_mean.at({1}), 10);   // half of 0 and 20
  EXPECT_NEAR(running_var.at({0}), 1.5, 1e-4);  // half of 1 and 2, the unbiased variance
  check_op({.name = "eval", .inputs = {{{4, 3}}, {{3}}, {{3}}, {{3}}, {{3}, 0.5, 2.0}},
            .run = [](const Inputs& in) { return batch_norm_eval(in[0], in[1], in[2], in[3], in[4]); }});
}

TEST(GroupNorm, GroupsAndInstances) {
  check_op({.name = "groups", .inputs = {{{2, 6, 3}}, {{6}}, {{6}}},
            .run = [](const Inputs& x) { return group_norm(x[0], 3, x[1], x[2]); },
            .twin = [](const Inputs& x) {
              const Tensor g = reshape(x[0], {2, 3, 6}), centred = g - mean(g, -1, KeepDims::yes);
              const Tensor n = centred / sqrt(mean(square(centred), -1, KeepDims::yes) + 1e-5);
              return reshape(n, {2, 6, 3}) * reshape(x[1], {6, 1}) + reshape(x[2], {6, 1});
            }});
  check_op({.name = "instances", .inputs = {{{2, 3, 5}}, {{3}}, {{3}}},
            .run = [](const Inputs& x) { return instance_norm(x[0], x[1], x[2]); },
            .twin = [](const Inputs& x) { return group_norm(x[0], 3, x[1], x[2]); }});
}

TEST(Norm, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({4, 6});
  EXPECT_THROW(layer_norm(x, Tensor::zeros({4}), {}), Error);
  EXPECT_THROW(batch_norm(Tensor::zeros({1, 6}), {}, {}, {}, {}), Error);
  EXPECT_THROW(batch_norm(Tensor::zeros({6}), {}, {}, {}, {}), Error);
  EXPECT_THROW(group_norm(x, 4, {}, {}), Error);
  EXPECT_THROW(instance_norm(x, {}, {}), Error);
}

}  // namespace
}  // namespace grim
