#include "grimoire/train/divergence.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/nn/products.h"
#include "grimoire/train/rolling.h"
#include "support/golden_model.h"

namespace grim {
namespace {

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/";

class DivergenceOf : public ::testing::Test {
 protected:
  static std::unique_ptr<CausalLm> model() { return test::golden_causal_lm(kGolden + "gpt/config.json", kGolden + "gpt/model.safetensors"); }
  const Ids ids_ = [] {
    const Json golden = Json::parse(read_file(kGolden + "likelihood.json"));
    Ids ids;
    for (const Json& id : golden.at("ids").items()) ids.push_back(id.as_integer());
    return ids;
  }();
};

TEST_F(DivergenceOf, AModelFromItselfIsNothing) {
  const auto one = model(), other = model();
  const Divergence d = divergence(*one, *other, ids_, 8);
  EXPECT_EQ(d.tokens, std::ssize(ids_) - 1);
  EXPECT_EQ(d.kl, 0);
  EXPECT_EQ(d.kl_most, 0);
  EXPECT_EQ(d.same_word, 1);
  EXPECT_EQ(d.nats, d.changed_nats);
  EXPECT_NEAR(d.nats, evaluate_rolling(*one, ids_, 8, 8).nll_nats, 1e-6);
}

TEST_F(DivergenceOf, AChangedModelIsTheSumOverItsWords) {
  const auto one = model(), other = model();
  const NoGrad evaluated;
  const NamedTensor last = other->parameters().back();
  for (int64_t i = 0; i < last.tensor.numel(); i += 2) last.tensor.data<float>()[i] += .3f;
  const Divergence d = divergence(*one, *other, ids_, 6);
  double kl = 0, most = 0;
  int64_t same = 0;
  const auto targets = std::ssize(ids_) - 1;
  for (const RollingWindow& w : rolling_windows(targets, 6, 6)) {
    const Tensor x = Tensor::from(Ids(ids_.begin() + w.start, ids_.begin() + w.start + 6), {1, 6});
    Pass a = Pass::evaluation(), b = Pass::evaluation();
    const std::vector<float> z = one->logits(x, a).to_vector<float>(), y = other->logits(x, b).to_vector<float>();
    const auto V = static_cast<size_t>(one->vocabulary());
    for (size_t t = 6 - static_cast<size_t>(w.counted); t < 6; ++t) {
      double zs = 0, ys = 0, sum = 0;
      for (size_t v = 0; v < V; ++v) zs += std::exp(double{z[t * V + v]}), ys += std::exp(double{y[t * V + v]});
      for (size_t v = 0; v < V; ++v) {
        const double p = std::exp(double{z[t * V + v]}) / zs, q = std::exp(double{y[t * V + v]}) / ys;
        sum += p * std::log(p / q);
      }
      kl += sum, most = std::max(most, sum);
      const auto best = [&](const std::vector<float>& all) { return std::max_element(all.begin() + t * V, all.begin() + (t + 1) * V) - all.begin(); };
      same += best(z) == best(y);
    }
  }
  EXPECT_GT(d.kl, 1e-4);
  EXPECT_NEAR(d.kl, kl / static_cast<double>(targets), 1e-6);
  EXPECT_NEAR(d.kl_most, most, 1e-5);
  EXPECT_NEAR(d.same_word, static_cast<double>(same) / static_cast<double>(targets), 1e-9);
  EXPECT_LE(d.kl_99, d.kl_most);
}

TEST_F(DivergenceOf, RefusesWhatDoesNotFit) {
  const auto one = model();
  EXPECT_THROW(divergence(*one, *one, std::span(ids_).first(1), 8), Error);
  EXPECT_THROW(divergence(*one, *one, ids_, 17), Error);
}

}  // namespace
}  // namespace grim
