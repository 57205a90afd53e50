// Every layer's gradients, by one helper.
#include <memory>

#include <gtest/gtest.h>

#include "grimoire/nn/attention.h"
#include "grimoire/nn/conv1d.h"
#include "grimoire/nn/dropout.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"
#include "grimoire/nn/recurrent.h"
#include "support/layer_case.h"

namespace grim {
namespace {
using test::check_layer;
using test::Inputs;
using test::owned;

Rng fixed() { return Rng(RngMode::philox, 1); }

TEST(Layers, Linear) {
  for (Activation act : {Activation::none, Activation::relu, Activation::gelu, Activation::gelu_tanh, Activation::tanh,
                         Activation::sigmoid, Activation::silu})
    for (bool biased : {true, false})
      check_layer({.name = str("activation {} bias {}", static_cast<int>(act), biased), .inputs = {{{2, 3, 5}}},
                   .build = [=](Module& root, Dtype d) {
                     return owned<Linear>([act](const Linear& l, const Inputs& x) { return l(x[0], act); }, root,
                                          Tensor::zeros({5, 4}, d), biased ? zero_bias(4, d) : no_bias());
                   }});
}

TEST(Layers, Embedding) {
  check_layer({.name = "embedding",
               .inputs = {{.shape = {2, 4}, .low = 0, .high = 6, .dtype = Dtype::i64}},
               .build = [](Module& root, Dtype d) {
                 return owned<Embedding>([](const Embedding& e, const Inputs& x) { return e(x[0]); }, root,
                                         Tensor::zeros({6, 3}, d));
               }});
}

TEST(Layers, Dropout) {
  check_layer({.name = "dropout", .inputs = {{{3, 7}}, {{3, 7}}}, .build = [](Module&, Dtype) {
                 return [](const Inputs& x) {
                   Pass pass = Pass::train(3, 4);
                   return dropout_add(dropout(x[0], 0.3, pass), x[1], 0.5, pass);
                 };
               }});
}

TEST(Layers, RowNorms) {
  for (NormBias bias : {NormBias::yes, NormBias::no})
    check_layer({.name = "layer norm", .inputs = {{{2, 3, 5}}}, .build = [bias](Module& root, Dtype d) {
                   return owned<LayerNorm>([](const LayerNorm& n, const Inputs& x) { return n(x[0]); }, root, 5, 1e-5,
                                           bias, d);
                 }});
  check_layer({.name = "rms norm", .inputs = {{{2, 3, 5}}}, .build = [](Module& root, Dtype d) {
                 return owned<RmsNorm>([](const RmsNorm& n, const Inputs& x) { return n(x[0]); }, root, 5, 1e-6, d);
               }});
}

TEST(Layers, BatchNorm) {
  for (bool training : {true, false})
    for (BatchNormVariance variance : {BatchNormVariance::biased, BatchNormVariance::unbiased})
      for (Channels channels : {Channels::last, Channels::second})
        for (const Shape& shape : {Shape{6, 4}, Shape{3, 4, 4}})
          check_layer({.name = str("{} training {}", shape, training),
                       .inputs = {{shape}},
                       .build = [=](Module& root, Dtype d) {
                         return owned<BatchNorm>(
                             [training](const BatchNorm& n, const Inputs& x) {
                               return n(x[0], training ? Pass::train(0, 0) : Pass::evaluation());
                             },
                             root, 4, BatchNormOptions{.variance = variance, .channels = channels}, d);
                       }});
}

TEST(Layers, GroupAndInstanceNorm) {
  for (const Shape& shape : {Shape{2, 6}, Shape{2, 6, 4}, Shape{2, 6, 2, 3}})
    check_layer({.name = str("group norm {}", shape), .inputs = {{shape}}, .build = [](Module& root, Dtype d) {
                   return owned<GroupNorm>([](const GroupNorm& n, const Inputs& x) { return n(x[0]); }, root, 2, 6,
                                           1e-5, d);
                 }});
  for (const Shape& shape : {Shape{2, 3, 5}, Shape{2, 3, 2, 3}})
    check_layer({.name = str("instance norm {}", shape), .inputs = {{shape}}, .build = [](Module& root, Dtype d) {
                   return owned<InstanceNorm>([](const InstanceNorm& n, const Inputs& x) { return n(x[0]); }, root, 3,
                                              1e-5, d);
                 }});
}

TEST(Layers, Conv1d) {
  for (bool biased : {true, false})
    check_layer({.name = "conv", .inputs = {{{2, 3, 7}}}, .build = [=](Module& root, Dtype d) {
                   return owned<Conv1d>([](const Conv1d& c, const Inputs& x) { return c(x[0]); }, root,
                                        Tensor::zeros({4, 3, 2}, d), biased ? zero_bias(4, d) : no_bias(),
                                        Conv1dOptions{.dilation = 2, .padding = Padding::causal});
                 }});
}

TEST(Layers, MultiHeadAttention) {
  for (HeadWidth width : {HeadWidth::narrow, HeadWidth::wide})
    for (AttentionMask mask : {AttentionMask::none, AttentionMask::causal})
      for (double p : {0.0, 0.4}) {
        const auto build = [=](auto run, int64_t memory) {
          return [=](Module& root, Dtype d) {
            Rng rng = fixed();
            return owned<MultiHeadAttention>(run, root,
                                             MultiHeadOptions{.width = 6,
                                                              .heads = 2,
                                                              .memory_width = memory,
                                                              .head_width = width,
                                                              .mask = mask,
                                                              .dropout = p,
                                                              .dtype = d},
                                             rng);
          };
        };
        const std::string name =
            str("wide {} causal {} dropout {}", width == HeadWidth::wide, mask == AttentionMask::causal, p);
        check_layer({.name = "self " + name,
                     .inputs = {{{2, 4, 6}}},
                     .build = build(
                         [](const MultiHeadAttention& a, const Inputs& x) {
                           Pass pass = Pass::train(1, 2);
                           return a(x[0], pass);
                         },
                         0)});
        check_layer(
            {.name = "cross, padded " + name,
             .inputs = {{{2, 3, 6}}, {{2, 5, 4}}, {.shape = {2, 5}, .low = -1, .high = 3, .dtype = Dtype::boolean}},
             .build = build(
                 [](const MultiHeadAttention& a, const Inputs& x) {
                   Pass pass = Pass::train(1, 2);
                   return a.cross(x[0], x[1], pass, x[2]);
                 },
                 4)});
      }
}

TEST(Layers, Recurrent) {
  for (Cell cell : {Cell::rnn, Cell::gru, Cell::lstm}) {
    check_layer({.name = str("cell {}", static_cast<int>(cell)),
                 .inputs = {{{2, 3}}, {{2, 4}}, {.shape = {2, 4}, .gradient = cell == Cell::lstm}},
                 .build = [=](Module& root, Dtype d) {
                   Rng rng = fixed();
                   return owned<RecurrentCell>(
                       [](const RecurrentCell& c, const Inputs& x) {
                         return c(x[0], {x[1], x[2]}).h;
                       },
                       root, cell, 3, 4, rng, d);
                 }});
    for (Direction direction : {Direction::forward, Direction::both})
      check_layer(
          {.name = str("stack {} {}", static_cast<int>(cell), static_cast<int>(direction)),
           .inputs = {{{2, 3, 3}}},
           .build = [=](Module& root, Dtype d) {
             Rng rng = fixed();
             return owned<RecurrentStack>(
                 [](const RecurrentStack& s, const Inputs& x) { return s(x[0]); }, root,
                 RecurrentOptions{.cell = cell, .in = 3, .hidden = 4, .layers = 2, .direction = direction, .dtype = d},
                 rng);
           }});
  }
}

}  // namespace
}  // namespace grim
