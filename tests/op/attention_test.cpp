#include "grimoire/op/attention.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/op/view.h"
#include "grimoire/tensor/random.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

struct Case {
  int64_t B, H, T, S, D;
  AttentionMask mask;
  bool padded;
};

TEST(Attention, MatchesItsTwin) {
  const Case cases[] = {{1, 1, 1, 1, 1, AttentionMask::none, false},   {2, 3, 5, 5, 4, AttentionMask::causal, false},
                        {2, 2, 4, 7, 3, AttentionMask::none, true},    {2, 2, 7, 7, 8, AttentionMask::causal, true},
                        {1, 2, 3, 9, 5, AttentionMask::causal, false}, {1, 1, 70, 70, 17, AttentionMask::causal, false},
                        {1, 2, 40, 1100, 4, AttentionMask::none, false}, {1, 1, 5, 3, 2, AttentionMask::causal, false}};
  for (const Case& c : cases)
    check_op({.name = str("B{} H{} T{} S{} D{}", c.B, c.H, c.T, c.S, c.D),
              .inputs = {{{c.B, c.H, c.T, c.D}}, {{c.B, c.H, c.S, c.D}}, {{c.B, c.H, c.S, c.D}},
                         {.shape = {c.B, c.S}, .low = -1, .high = 3, .dtype = Dtype::boolean}},
              .run = [c](const Inputs& x) {
                return attention(x[0], x[1], x[2], {.mask = c.mask, .key_mask = c.padded ? x[3] : Tensor()});
              },
              .twin = [c](const Inputs& x) {
                return composed_attention(x[0], x[1], x[2], {.mask = c.mask, .key_mask = c.padded ? x[3] : Tensor()});
              }});
}

TEST(Attention, SharesHeadsOfKeysAndValues) {
  for (const auto& [H, G] : {std::pair<int64_t, int64_t>{2, 1}, {6, 2}, {4, 4}})
    for (const int64_t T : {1, 5, 70})
      check_op({.name = str("H{} G{} T{}", H, G, T),
                .inputs = {{{2, H, T, 4}}, {{2, G, T + 3, 4}}, {{2, G, T + 3, 4}}},
                .run = [](const Inputs& x) { return attention(x[0], x[1], x[2], {.mask = AttentionMask::causal}); },
                .twin = [](const Inputs& x) { return composed_attention(x[0], x[1], x[2], {.mask = AttentionMask::causal}); }});
}

TEST(Attention, SeesThroughAWindow) {
  for (const int64_t window : {2, 3, 40, 2000})
    for (const auto& [T, S] : {std::pair<int64_t, int64_t>{1, 7}, {5, 5}, {70, 70}, {3, 9}, {40, 1100}})
      check_op({.name = str("window {} T{} S{}", window, T, S),
                .inputs = {{{1, 2, T, 4}}, {{1, 2, S, 4}}, {{1, 2, S, 4}}},
                .run = [=](const Inputs& x) { return attention(x[0], x[1], x[2], {.mask = AttentionMask::causal, .window = window}); },
                .twin = [=](const Inputs& x) { return composed_attention(x[0], x[1], x[2], {.mask = AttentionMask::causal, .window = window}); }});
}

TEST(Attention, OfAWindowOfOneGivesTheValues) {
  Rng rng(RngMode::philox, 1);
  const Tensor q = randn({1, 2, 5, 4}, rng), v = randn({1, 2, 5, 4}, rng);
  EXPECT_TRUE(test::bit_equal(attention(q, q, v, {.mask = AttentionMask::causal, .window = 1}), v));
}

TEST(Attention, FusedProjectionsAreTheSameHeads) {
  check_op({.name = "self", .inputs = {{{2, 6, 24}}},
            .run = [](const Inputs& x) { return self_attention(x[0], 2, {.mask = AttentionMask::causal}); },
            .twin = [](const Inputs& x) {
              const auto heads = [&](int64_t i) {
                return transpose(reshape(slice(x[0], 2, 8 * i, 8 * i + 8), {2, 6, 2, 4}), 1, 2);
              };
              const Tensor o = composed_attention(heads(0), heads(1), heads(2), {.mask = AttentionMask::causal});
              return reshape(transpose(o, 1, 2), {2, 6, 8});
            }});
}

TEST(Attention, AQueryThatSeesNothingGetsZero) {
  const Tensor q = Tensor::ones({1, 1, 2, 4});
  const Tensor y = attention(q, q, q, {.key_mask = Tensor::zeros({1, 2}, Dtype::boolean)});
  EXPECT_EQ(y.at({0, 0, 1, 2}), 0.0);
}

TEST(Attention, LargeScoresStayFinite) {
  const Tensor q = Tensor::full({1, 1, 3, 4}, 200.0);
  const Tensor y = attention(q, q, q, {.mask = AttentionMask::causal});
  EXPECT_EQ(y.at({0, 0, 2, 0}), 200.0);
}

TEST(Attention, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({1, 2, 3, 4});
  EXPECT_THROW(attention(x, Tensor::zeros({1, 2, 3, 5}), x), Error);
  EXPECT_THROW(attention(x, x, x, {.key_mask = Tensor::zeros({1, 4}, Dtype::boolean)}), Error);
  EXPECT_THROW(attention(x, x, x, {.dropout = 1.0}), Error);
  EXPECT_THROW(attention(x, x, x, {.window = 2}), Error) << "a window is one before a query";
  EXPECT_THROW(attention(Tensor::zeros({1, 3, 3, 4}), x, x), Error) << "two heads for three";
  EXPECT_THROW(self_attention(Tensor::zeros({1, 2, 10}), 2), Error);
}

}  // namespace
}  // namespace grim
