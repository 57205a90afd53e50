#include "grimoire/op/attention.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/op/view.h"
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
  EXPECT_THROW(self_attention(Tensor::zeros({1, 2, 10}), 2), Error);
}

}  // namespace
}  // namespace grim
