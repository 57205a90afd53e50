#include "grimoire/nn/init.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/base/json.h"
#include "grimoire/nn/conv1d.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/view.h"

namespace grim {
namespace {

Rng fixed() { return Rng(RngMode::philox, 42, "init"); }

struct Statistics {
  double mean = 0, deviation = 0, largest = 0;
};
Statistics statistics(const Tensor& x) {
  Statistics s;
  const std::vector<double> v = x.to_vector<double>();
  for (double n : v) {
    s.mean += n / static_cast<double>(v.size());
    s.largest = std::max(s.largest, std::abs(n));
  }
  for (double n : v) s.deviation += (n - s.mean) * (n - s.mean) / static_cast<double>(v.size());
  s.deviation = std::sqrt(s.deviation);
  return s;
}

const Json& golden() {
  static const Json json = Json::parse(read_file(GRIM_SOURCE_DIR "/tests/golden/optim.json"), "optim.json");
  return json;
}

TEST(Init, GainsAreThoseOfPyTorch) {
  const Json& gains = golden().at("gains");
  EXPECT_DOUBLE_EQ(gain_of(Gain::linear), gains.real("linear"));
  EXPECT_DOUBLE_EQ(gain_of(Gain::relu), gains.real("relu"));
  EXPECT_DOUBLE_EQ(gain_of(Gain::tanh), gains.real("tanh"));
  EXPECT_DOUBLE_EQ(gain_of(Gain::sigmoid), gains.real("sigmoid"));
}

// The file's numbers are for 30 inputs, 40 outputs; 20 times as many of each divide them by sqrt 20.
TEST(Init, DeviationsAndBoundsAreThoseOfPyTorch) {
  constexpr int64_t kScale = 20;
  const Json& init = golden().at("init");
  const Shape shape{30 * kScale, 40 * kScale};
  const double by = std::sqrt(static_cast<double>(kScale));
  Rng rng = fixed();
  const auto normal = [&](const char* key, const Tensor& x) {
    const Statistics s = statistics(x);
    EXPECT_NEAR(s.deviation * by / init.real(key), 1, 0.005) << key;
    EXPECT_NEAR(s.mean / s.deviation, 0, 0.01) << key;
  };
  const auto uniform = [&](const char* key, const Tensor& x) {
    const Statistics s = statistics(x);
    EXPECT_LE(s.largest * by, init.real(key) * 1.000001) << key;
    EXPECT_GE(s.largest * by, init.real(key) * 0.999) << key;
    EXPECT_NEAR(s.deviation * std::sqrt(3.0) * by / init.real(key), 1, 0.005) << key;
    EXPECT_NEAR(s.mean / s.deviation, 0, 0.01) << key;
  };
  normal("kaiming_normal std", kaiming_normal(shape, Gain::tanh, rng));
  uniform("kaiming_uniform bound", kaiming_uniform(shape, Gain::tanh, rng));
  normal("xavier_normal std", xavier_normal(shape, Gain::tanh, rng));
  uniform("xavier_uniform bound", xavier_uniform(shape, Gain::tanh, rng));
}

TEST(Init, NormalAndUniformHaveTheirScale) {
  Rng rng = fixed();
  EXPECT_NEAR(statistics(normal_init({300, 300}, 0.02, rng)).deviation, 0.02, 0.0002);
  EXPECT_NEAR(statistics(uniform_init({300, 300}, 0.3, rng, Dtype::f64)).largest, 0.3, 0.0005);
  EXPECT_EQ(normal_init({2}, 1, rng, Dtype::f64).dtype(), Dtype::f64);
  EXPECT_EQ(normal_init({0, 3}, 1, rng).numel(), 0);
}

TEST(Init, ConvolutionsCountTheirTaps) {
  Rng rng = fixed();
  EXPECT_NEAR(statistics(conv1d_weight(64, 50, 8, Gain::relu, rng)).deviation, std::sqrt(2.0 / 400), 0.0008);
}

// Radford et al. 2019: with N residual layers (two a block) weights are scaled by 1 / sqrt(N).
TEST(Init, Gpt2ResidualProjections) { EXPECT_DOUBLE_EQ(gpt2_residual_std(12), 0.02 / std::sqrt(24.0)); }

TEST(Init, OrthogonalRowsOrColumns) {
  for (const Shape& shape : {Shape{5, 5}, Shape{3, 8}, Shape{8, 3}, Shape{1, 4}, Shape{60, 40}}) {
    Rng rng = fixed();
    const Tensor q = orthogonal(shape, 1.5, rng, Dtype::f64);
    EXPECT_EQ(q.shape(), shape);
    const Tensor gram = shape[0] <= shape[1] ? matmul(q, transpose(q, 0, 1)) : matmul(transpose(q, 0, 1), q);
    for (int64_t i = 0; i < gram.dim(0); ++i)
      for (int64_t j = 0; j < gram.dim(1); ++j)
        EXPECT_NEAR(gram.at({i, j}), i == j ? 2.25 : 0.0, 1e-12) << shape.to_string();
  }
}

TEST(Init, TheSeedDecides) {
  Rng a = fixed(), b = fixed(), c(RngMode::philox, 43, "init");
  const Shape shape{4, 5};
  const std::vector<float> first = kaiming_normal(shape, Gain::relu, a).to_vector<float>();
  EXPECT_EQ(first, kaiming_normal(shape, Gain::relu, b).to_vector<float>());
  EXPECT_NE(first, kaiming_normal(shape, Gain::relu, c).to_vector<float>());
  EXPECT_NE(first, kaiming_normal(shape, Gain::relu, a).to_vector<float>());  // the stream goes on
}

TEST(Init, SaysWhatIsWrong) {
  Rng rng = fixed();
  EXPECT_THROW(kaiming_normal({3}, Gain::relu, rng), Error);
  EXPECT_THROW(xavier_uniform({}, Gain::relu, rng), Error);
  EXPECT_THROW(orthogonal({2, 2, 2}, 1, rng), Error);
}

}  // namespace
}  // namespace grim
