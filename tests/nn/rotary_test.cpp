#include "grimoire/nn/rotary.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/nn/init.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

// From elementary ops.
Tensor composed(const Tensor& x, const Tensor& cos, const Tensor& sin) {
  const int64_t half = cos.dim(1), D = x.dim(3);
  const Tensor a = slice(x, 3, 0, half), b = slice(x, 3, half, 2 * half);
  return concat({a * cos - b * sin, b * cos + a * sin, slice(x, 3, 2 * half, D)}, 3);
}

TEST(Rotary, MatchesItsTwin) {
  struct Case {
    int64_t B, H, T, D, R;
  };
  for (const Case& c : {Case{1, 1, 1, 2, 2}, {2, 3, 5, 8, 8}, {1, 2, 7, 10, 6}, {2, 2, 3, 34, 34}, {1, 1, 40, 64, 64}, {3, 1, 2, 7, 4}})
    check_op({.name = str("B{} H{} T{} D{} R{}", c.B, c.H, c.T, c.D, c.R),
              .inputs = {{{c.B, c.H, c.T, c.D}}},
              .run = [c](const Inputs& x) {
                const Turns t = turns_of({.size = c.R}, 3, c.T, x[0].dtype());
                return rotary(x[0], t.cos, t.sin);
              },
              .twin = [c](const Inputs& x) {
                const Turns t = turns_of({.size = c.R}, 3, c.T, x[0].dtype());
                return composed(x[0], t.cos, t.sin);
              }});
}

TEST(Rotary, TurnsEachTextByItsOwnPositions) {
  Rng rng(RngMode::philox, 2);
  const Tensor x = normal_init({2, 3, 2, 8}, 1, rng);
  const std::vector<int64_t> positions = {5, 6, 0, 1};
  const Turns t = turns_of({.size = 6}, positions);
  const Tensor y = rotary(x, reshape(t.cos, {2, 2, 3}), reshape(t.sin, {2, 2, 3}));
  for (const auto& [text, first] : {std::pair<int64_t, int64_t>{0, 5}, {1, 0}}) {
    const Turns own = turns_of({.size = 6}, first, 2);
    EXPECT_TRUE(test::bit_equal(slice(y, 0, text, text + 1), rotary(slice(x, 0, text, text + 1), own.cos, own.sin)));
  }
}

// Gradients go back through turns that make longer, too.
TEST(Rotary, MatchesItsTwinWithYarn) {
  const auto turns = [](Dtype dtype) { return turns_of({.size = 6, .scaling = RotaryScaling::yarn, .factor = 4, .trained = 64}, 3, 5, dtype); };
  check_op({.name = "yarn",
            .inputs = {{{2, 3, 5, 8}}},
            .run = [&](const Inputs& x) { return rotary(x[0], turns(x[0].dtype()).cos, turns(x[0].dtype()).sin); },
            .twin = [&](const Inputs& x) { return composed(x[0], turns(x[0].dtype()).cos, turns(x[0].dtype()).sin); }});
}

// What it is for: q . k depends on the distance alone.
TEST(Rotary, ProductsKnowTheDistanceAndNothingElse) {
  Rng rng(RngMode::philox, 1);
  const Tensor q = normal_init({1, 1, 1, 16}, 1, rng), k = normal_init({1, 1, 1, 16}, 1, rng);
  const auto product = [&](int64_t at_q, int64_t at_k) {
    const Turns a = turns_of({.size = 16}, at_q, 1), b = turns_of({.size = 16}, at_k, 1);
    const std::vector<double> x = rotary(q, a.cos, a.sin).to_vector<double>(), y = rotary(k, b.cos, b.sin).to_vector<double>();
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
    return sum;
  };
  EXPECT_NEAR(product(5, 2), product(905, 902), 1e-4);
  EXPECT_GT(std::abs(product(5, 2) - product(5, 3)), 1e-2);
}

// A head of 128 with base 10000 and 4096 positions: the slope runs from pair 20 to 46, of 20.94 and 45.03.
TEST(Rotary, YarnKeepsWhatTurnsOftenAndStretchesWhatNeverCameRound) {
  const RotaryOptions plain{.size = 128}, o{.size = 128, .scaling = RotaryScaling::yarn, .factor = 4, .trained = 4096};
  const std::vector<float> f = rotary_frequencies(plain), g = rotary_frequencies(o);
  ASSERT_EQ(g.size(), 64u);
  for (size_t i = 0; i < g.size(); ++i) {
    const double mix = std::clamp((static_cast<double>(i) - 20) / 26, 0.0, 1.0);
    EXPECT_NEAR(g[i], f[i] * (1 - mix * 0.75), 1e-6 * f[i]) << i;
  }
  RotaryOptions exact = o;
  exact.truncate = false;
  EXPECT_EQ(rotary_frequencies(exact)[20], f[20]);
  EXPECT_LT(rotary_frequencies(exact)[21], f[21]);
  EXPECT_EQ(rotary_frequencies(exact)[46], f[46] / 4);
  EXPECT_GT(rotary_frequencies(exact)[45], f[45] / 4);
  EXPECT_EQ(rotary_frequencies({.size = 128, .scaling = RotaryScaling::dynamic, .factor = 4}), f);
}

TEST(Rotary, YarnMakesQueriesAndKeysLonger) {
  RotaryOptions o{.size = 8, .scaling = RotaryScaling::yarn, .factor = 4, .trained = 64};
  EXPECT_EQ(rotary_attention_factor({.size = 8, .factor = 4}), 1);
  EXPECT_NEAR(rotary_attention_factor(o), 1.1386294361119891, 1e-15);
  for (const double given : {0.0, 0.5}) {
    o.attention_factor = given;
    const Turns t = turns_of(o, 3, 5, Dtype::f64);
    const std::vector<double> cos = t.cos.to_vector<double>(), sin = t.sin.to_vector<double>();
    for (size_t i = 0; i < cos.size(); ++i) EXPECT_NEAR(std::hypot(cos[i], sin[i]), given > 0 ? given : 1.1386294361119891, 1e-12);
  }
}

TEST(Rotary, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({1, 2, 3, 4}), table = Tensor::zeros({3, 2});
  EXPECT_THROW(rotary(x, Tensor::zeros({2, 2}), Tensor::zeros({2, 2})), Error);
  EXPECT_THROW(rotary(x, Tensor::zeros({3, 3}), Tensor::zeros({3, 3})), Error);
  EXPECT_THROW(rotary(x, table, Tensor::zeros({3, 2}, Dtype::f64)), Error);
  EXPECT_THROW(rotary(x, Tensor::zeros({2, 3, 2}), Tensor::zeros({2, 3, 2})), Error) << "two texts' angles for one";
  EXPECT_THROW(rotary(Tensor::zeros({2, 3, 4}), table, table), Error);
  EXPECT_THROW(turns_of({.size = 3}, 0, 1), Error);
}

}  // namespace
}  // namespace grim
