#include "grimoire/op/attention.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
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

// Heads that share keys go together, more of them than a tile has rows; each has its own bias and its own row of sums.
TEST(Attention, OfASingleQueryReadsSharedKeysOnce) {
  Rng rng(RngMode::philox, 1);
  for (const auto& [H, G] : {std::pair<int64_t, int64_t>{6, 2}, {40, 1}}) {
    const Tensor q = randn({2, H, 1, 8}, rng), k = randn({2, G, 30, 8}, rng), v = randn({2, G, 30, 8}, rng), bias = randn({H, 40}, rng);
    for (const int64_t window : {0, 7}) {
      const AttentionOptions o{.mask = AttentionMask::causal, .window = window, .distance_bias = bias, .distance_zero = 35};
      EXPECT_LE(test::relative_difference(attention(q, k, v, o), composed_attention(q, k, v, o)), 1e-5) << H << " " << window;
    }
  }
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

TEST(Attention, OfTextsOneBehindTheOther) {
  struct Texts {
    std::vector<int64_t> queries, keys;
    AttentionMask mask;
  };
  const Texts cases[] = {{{0, 3, 4, 9}, {}, AttentionMask::none}, {{0, 5}, {}, AttentionMask::causal}, {{0, 3, 40, 90}, {}, AttentionMask::causal},
                         {{0, 2, 7}, {0, 6, 7}, AttentionMask::none}, {{0, 1, 2}, {0, 4, 9}, AttentionMask::causal}};
  for (const Texts& c : cases)
    for (const int64_t G : {1, 2}) {
      const int64_t T = c.queries.back(), S = c.keys.empty() ? T : c.keys.back();
      check_op({.name = str("{} texts, {} queries, {} keys, G{}", c.queries.size() - 1, T, S, G), .inputs = {{{1, 2, T, 4}}, {{1, G, S, 4}}, {{1, G, S, 4}}},
                .run = [=](const Inputs& x) { return attention(x[0], x[1], x[2], {.mask = c.mask, .offsets = c.queries, .key_offsets = c.keys}); },
                .twin = [=](const Inputs& x) {
                  std::vector<Tensor> parts;
                  const std::vector<int64_t>& keys = c.keys.empty() ? c.queries : c.keys;
                  for (size_t i = 1; i < c.queries.size(); ++i) {
                    const Tensor k = slice(x[1], 2, keys[i - 1], keys[i]), v = slice(x[2], 2, keys[i - 1], keys[i]);
                    parts.push_back(composed_attention(slice(x[0], 2, c.queries[i - 1], c.queries[i]), k, v, {.mask = c.mask}));
                  }
                  return concat(parts, 2);
                }});
    }
}

TEST(Attention, OfATextAmongOthersIsThatOfTheTextAlone) {
  Rng rng(RngMode::philox, 2);
  const Tensor q = randn({1, 2, 50, 8}, rng), k = randn({1, 2, 50, 8}, rng), v = randn({1, 2, 50, 8}, rng);
  const Tensor all = attention(q, k, v, {.offsets = {0, 0, 13, 50}});  // an empty one among them
  const auto second = [](const Tensor& x) { return slice(x, 2, 13, 50); };
  EXPECT_TRUE(test::bit_equal(second(all), attention(second(q), second(k), second(v))));
}

TEST(Attention, OfATextWithoutKeysIsZero) {
  const Tensor x = Tensor::ones({1, 1, 3, 4});
  const Tensor y = attention(x, x, x, {.offsets = {0, 2, 3}, .key_offsets = {0, 0, 3}});
  EXPECT_EQ(y.at({0, 0, 1, 2}), 0.0);
  EXPECT_EQ(y.at({0, 0, 2, 2}), 1.0);
}

TEST(Attention, OfUnequalLengthsOfKeysIsThatOfEachTextAlone) {
  Rng rng(RngMode::philox, 4);
  const std::vector<int64_t> lengths = {20, 2, 7};
  const Tensor q = randn({3, 4, 2, 8}, rng), k = randn({3, 2, 20, 8}, rng), v = randn({3, 2, 20, 8}, rng), bias = randn({4, 20}, rng);
  for (const AttentionOptions& o : {AttentionOptions{.mask = AttentionMask::causal}, AttentionOptions{.mask = AttentionMask::causal, .window = 3},
                                    AttentionOptions{.mask = AttentionMask::causal, .distance_bias = bias, .distance_zero = 19}}) {
    AttentionOptions unequal = o;
    unequal.key_lengths = lengths;
    const Tensor all = attention(q, k, v, unequal), twin = composed_attention(q, k, v, unequal);
    for (int64_t b = 0; b < 3; ++b) {
      const auto text = [b](const Tensor& x) { return slice(x, 0, b, b + 1); };
      const auto keys = [&](const Tensor& x) { return slice(text(x), 2, 0, lengths[static_cast<size_t>(b)]); };
      EXPECT_TRUE(test::bit_equal(text(all), attention(text(q), keys(k), keys(v), o))) << b;
      EXPECT_TRUE(test::bit_equal(text(twin), composed_attention(text(q), keys(k), keys(v), o))) << b;
    }
  }
}

TEST(Attention, AddsABiasByDistance) {
  struct Biased {
    int64_t B, T, S, zero, width;
    AttentionMask mask;
    std::vector<int64_t> offsets;
  };
  const Biased cases[] = {{2, 5, 5, 4, 9, AttentionMask::none, {}},     {1, 5, 5, 6, 7, AttentionMask::causal, {}}, {2, 1, 7, 6, 7, AttentionMask::causal, {}},
                          {1, 70, 70, 69, 139, AttentionMask::none, {}}, {1, 40, 1100, 1099, 1139, AttentionMask::none, {}},
                          {1, 9, 9, 4, 9, AttentionMask::none, {0, 5, 5, 9}}, {1, 9, 9, 5, 6, AttentionMask::causal, {0, 6, 9}}};
  for (const Biased& c : cases)
    for (const double scale : {0.0, 1.0})
      check_op({.name = str("T{} S{} zero {} of {}", c.T, c.S, c.zero, c.width),
                .inputs = {{{c.B, 2, c.T, 4}}, {{c.B, 2, c.S, 4}}, {{c.B, 2, c.S, 4}}, {{2, c.width}}},
                .run = [=](const Inputs& x) {
                  return attention(x[0], x[1], x[2], {.mask = c.mask, .scale = scale, .offsets = c.offsets, .distance_bias = x[3], .distance_zero = c.zero});
                },
                .twin = [=](const Inputs& x) {
                  std::vector<int64_t> offsets;  // the composed form of one without keys is not asked for
                  for (const int64_t o : c.offsets) if (offsets.empty() || o > offsets.back()) offsets.push_back(o);
                  return composed_attention(x[0], x[1], x[2],
                                            {.mask = c.mask, .scale = scale, .offsets = offsets, .distance_bias = x[3], .distance_zero = c.zero});
                }});
}

TEST(Attention, TheBiasOfADistanceIsAddedThere) {  // one query sees three keys; only the middle one is let through
  const Tensor q = Tensor::zeros({1, 1, 1, 2}), v = Tensor::from<float>({1, 1, 2, 2, 3, 3}, {1, 1, 3, 2});
  const Tensor bias = Tensor::from<float>({-1e9f, 0, -1e9f}, {1, 3});
  EXPECT_EQ(attention(q, v, v, {.mask = AttentionMask::causal, .distance_bias = bias, .distance_zero = 2}).at({0, 0, 0, 0}), 2.0);
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

// Wider heads than a block of the matrix unit, more queries than a tile has, and dropout, of which the twin has none.
TEST(Attention, OfBf16IsThatOfTheSameNumbersInF32) {
  Rng rng(RngMode::philox, 5);
  for (const auto& [T, S, D, p] : {std::tuple<int64_t, int64_t, int64_t, double>{130, 130, 64, 0}, {130, 130, 40, .2}, {40, 1100, 80, .2}, {3, 33, 33, 0}}) {
    const auto rounded = [&](const Shape& shape) { return cast(randn(shape, rng), Dtype::bf16); };
    const Tensor q = rounded({2, 4, T, D}), k = rounded({2, 2, S, D}), v = rounded({2, 2, S, D}), weight = randn({2, 4, T, D}, rng);
    const AttentionOptions o{.mask = AttentionMask::causal, .dropout = p, .key = {.seed = 7}};
    const auto gradients = [&](Dtype dtype) {
      std::vector<Tensor> of = {cast(q, dtype), cast(k, dtype), cast(v, dtype)};
      for (Tensor& x : of) x = requires_grad(x);
      const Tensor y = attention(of[0], of[1], of[2], o);
      backward(sum(y * cast(weight, dtype)));
      return std::vector<Tensor>{y, grad(of[0]), grad(of[1]), grad(of[2])};
    };
    const std::vector<Tensor> narrow = gradients(Dtype::bf16), wide = gradients(Dtype::f32);
    for (size_t i = 0; i < wide.size(); ++i) EXPECT_LE(test::relative_difference(cast(narrow[i], Dtype::f32), wide[i]), 1e-2) << T << " " << D << " " << i;
  }
}

// As a cache holds them: keys turned, more room behind them; a single query, a few, many, and more keys than a tile has.
TEST(Attention, ReadsNarrowKeysAndValuesBesideWideQueries) {
  Rng rng(RngMode::philox, 6);
  for (const auto& [T, S] : {std::pair<int64_t, int64_t>{1, 5}, {1, 1100}, {3, 40}, {70, 1100}})
    for (const bool turned : {true, false}) {
      const Tensor q = randn({2, 6, T, 24}, rng), v = cast(randn({2, 2, S, 24}, rng), Dtype::bf16);
      const Tensor room = cast(randn({2, 2, 24, S + 3}, rng), Dtype::bf16), k_turned = slice(transpose(room, 2, 3), 2, 0, S);
      const Tensor k = turned ? k_turned : contiguous(k_turned);
      for (const int64_t window : {0, 9}) {
        const AttentionOptions o{.mask = AttentionMask::causal, .window = window};
        const Tensor y = attention(q, k, v, o), twin = composed_attention(q, cast(k, Dtype::f32), cast(v, Dtype::f32), o);
        EXPECT_EQ(y.dtype(), Dtype::f32);
        EXPECT_LE(test::relative_difference(y, twin), 1e-2) << T << " " << S << " " << turned;
      }
    }
  const Tensor q = requires_grad(Tensor::ones({1, 1, 2, 4})), k = Tensor::ones({1, 1, 2, 4}, Dtype::bf16);
  EXPECT_THROW(attention(q, k, k), Error);
}

TEST(Attention, AQueryThatSeesNothingGetsZero) {
  const Tensor q = Tensor::ones({1, 1, 2, 4});
  const Tensor y = attention(q, q, q, {.key_mask = Tensor::zeros({1, 2}, Dtype::boolean)});
  EXPECT_EQ(y.at({0, 0, 1, 2}), 0.0);
}

// A tile whose keys are all hidden says nothing of how large scores are: those behind it may lie far below 0.
TEST(Attention, ManyHiddenKeysBeforeLowScoresAreNothing) {
  const int64_t S = 1100, hidden = 1060;
  Rng rng(RngMode::philox, 9);
  const Tensor q = Tensor::full({1, 1, 2, 4}, 8.0), k = Tensor::full({1, 1, S, 4}, -8.0), v = randn({1, 1, S, 4}, rng);
  Tensor mask = Tensor::empty({1, S}, Dtype::boolean);
  for (int64_t s = 0; s < S; ++s) mask.data<bool>()[s] = s >= hidden;
  const AttentionOptions o{.key_mask = mask};
  EXPECT_LE(test::relative_difference(attention(q, k, v, o), composed_attention(q, k, v, o)), 1e-5);
  const auto narrow = [](const Tensor& x) { return cast(x, Dtype::bf16); };
  const Tensor wide_v = cast(narrow(v), Dtype::f32), y = cast(attention(narrow(q), narrow(k), narrow(v), o), Dtype::f32);
  EXPECT_LE(test::relative_difference(y, composed_attention(q, k, wide_v, o)), 1e-2);
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
  EXPECT_THROW(attention(x, x, x, {.offsets = {0, 2}}), Error) << "one query too few";
  EXPECT_THROW(attention(x, x, x, {.offsets = {0, 2, 1, 3}}), Error);
  EXPECT_THROW(attention(x, x, x, {.offsets = {0, 3}, .key_offsets = {0, 1, 3}}), Error) << "another number of texts";
  EXPECT_THROW(attention(x, x, x, {.key_mask = Tensor::ones({1, 3}, Dtype::boolean), .offsets = {0, 3}}), Error);
  EXPECT_THROW(attention(x, x, x, {.key_lengths = {3, 3}}), Error) << "two lengths of one text";
  EXPECT_THROW(attention(x, x, x, {.key_lengths = {2}}), Error) << "fewer keys than queries";
  EXPECT_THROW(attention(x, x, x, {.key_lengths = {4}}), Error);
  EXPECT_THROW(attention(x, x, x, {.offsets = {0, 3}, .key_lengths = {3}}), Error);
  EXPECT_THROW(attention(requires_grad(Tensor::zeros({1, 2, 3, 4})), x, x, {.key_lengths = {3}}), Error) << "a gradient";
  EXPECT_THROW(attention(x, x, x, {.distance_bias = Tensor::zeros({2, 4}), .distance_zero = 2}), Error) << "no column for two places behind";
  EXPECT_THROW(attention(x, x, x, {.distance_bias = Tensor::zeros({1, 5}), .distance_zero = 2}), Error) << "of one head";
}

}  // namespace
}  // namespace grim
