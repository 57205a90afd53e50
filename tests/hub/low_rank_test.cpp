#include "grimoire/hub/low_rank.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"

namespace grim {
namespace {

double furthest(const Tensor& a, const Tensor& b) { return max(abs(cast(a, Dtype::f64) - cast(b, Dtype::f64))).item(); }
double norm(const Tensor& x) { return std::sqrt(sum(square(x)).item()); }

struct LowRanks : ::testing::Test {
  Rng rng{RngMode::philox, 3};
  LowRank drawn(int64_t out, int64_t in, int64_t r, double scale) {
    return {randn({r, in}, rng, Dtype::f64), randn({out, r}, rng, Dtype::f64), scale};
  }
};

TEST_F(LowRanks, HaveTheNormOfTheirProduct) {
  for (const double scale : {2.0, -0.5, 0.0}) {
    const LowRank x = drawn(7, 5, 3, scale);
    EXPECT_NEAR(norm_of(x), norm(product_of(x)), 1e-12 * norm(product_of(x)));
  }
}

// By what it is made of, as by the whole matrix.
TEST_F(LowRanks, AreCutToTheNearestOfARank) {
  for (const auto& [out, in] : {std::pair{7, 5}, {5, 7}, {6, 6}, {2, 9}}) {
    const LowRank x = drawn(out, in, 4, 1.5);
    const Tensor whole = product_of(x);
    double before = 1e300;
    for (int64_t r = 1; r <= 5; ++r) {
      const Nearest thin = nearest_of_rank(x, r), plain = nearest_of_rank(whole, r);
      EXPECT_EQ(thin.update.rank(), r);
      EXPECT_LT(furthest(product_of(thin.update), product_of(plain.update)), 1e-10) << out << " x " << in << ", rank " << r;
      EXPECT_NEAR(thin.kept, plain.kept, 1e-12);
      const double left = norm(whole - product_of(thin.update));
      EXPECT_NEAR(left * left / (norm(whole) * norm(whole)), 1 - thin.kept, 1e-10);
      EXPECT_LE(left, before);
      before = left;
    }
    EXPECT_LT(before, 1e-10);
  }
}

TEST_F(LowRanks, OfNothingAreNothing) {
  const Nearest none = nearest_of_rank(Tensor::zeros({3, 4}), 2);
  EXPECT_EQ(norm_of(none.update), 0);
  EXPECT_EQ(none.kept, 1);
  EXPECT_THROW(nearest_of_rank(Tensor::zeros({3, 4}), 0), Error);
}

struct CombinedTensors : LowRanks {
  TensorMap peft = read_safetensors(std::string(GRIM_SOURCE_DIR) + "/tests/golden/adapters/joined.safetensors");
  std::vector<Tensor> tensors = {peft["x0"], peft["x1"], peft["x2"]};
  std::vector<double> weights = peft["weights"].to_vector<double>();
  Tensor made(Combination how, double density = 0.55) {
    Rng torch(RngMode::torch, 21);
    return combined(tensors, weights, how, density, torch);
  }
};

TEST_F(CombinedTensors, AreThoseOfPeft) {
  EXPECT_LT(furthest(made(Combination::sum), peft["sum"]), 1e-6);
  EXPECT_LT(furthest(made(Combination::ties), peft["ties"]), 1e-6);
  EXPECT_LT(furthest(made(Combination::prune), peft["magnitude_prune"]), 1e-6);
  EXPECT_LT(furthest(made(Combination::dare), peft["dare_linear"]), 1e-6);
  EXPECT_LT(furthest(made(Combination::dare_ties), peft["dare_ties"]), 1e-6);
}

TEST_F(CombinedTensors, AtTheEndsOfDensity) {
  EXPECT_EQ(furthest(made(Combination::dare, 1), made(Combination::sum)), 0);
  EXPECT_EQ(furthest(made(Combination::prune, 1), made(Combination::sum)), 0);
  EXPECT_EQ(norm(made(Combination::ties, 0)), 0);
  EXPECT_EQ(norm(made(Combination::dare, 0)), 0);
  EXPECT_THROW(made(Combination::ties, 1.5), Error);
}

TEST_F(CombinedTensors, MustBeAlike) {
  tensors[1] = Tensor::zeros({7, 5});
  EXPECT_THROW(made(Combination::sum), Error);
  tensors.pop_back();
  EXPECT_THROW(made(Combination::sum), Error);
}

}  // namespace
}  // namespace grim
