#include "grimoire/generate/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/model/bigram.h"
#include "grimoire/text/char_tokenizer.h"

namespace grim {
namespace {

const std::vector<float> kLogits = {std::log(0.5f), std::log(0.25f), std::log(0.15f), std::log(0.1f)};

void expect_distribution(const GenerationConfig& config, const std::vector<float>& expected) {
  const std::vector<float> p = shape_distribution(kLogits, config);
  ASSERT_EQ(p.size(), expected.size());
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], expected[i], 1e-6) << i;
}

TEST(Generate, ShapesTheDistribution) {
  expect_distribution({}, {0.5f, 0.25f, 0.15f, 0.1f});
  expect_distribution({.temperature = 0}, {1, 0, 0, 0});
  expect_distribution({.temperature = 0.5}, {0.25f / 0.345f, 0.0625f / 0.345f, 0.0225f / 0.345f, 0.01f / 0.345f});
  expect_distribution({.top_k = 2}, {2 / 3.0f, 1 / 3.0f, 0, 0});
  expect_distribution({.top_p = 0.5}, {1, 0, 0, 0});
  expect_distribution({.top_p = 0.76}, {0.5f / 0.9f, 0.25f / 0.9f, 0.15f / 0.9f, 0});
  expect_distribution({.top_k = 1, .top_p = 0.99}, {1, 0, 0, 0});
  EXPECT_THROW(shape_distribution(kLogits, {.temperature = -1}), Error);
  EXPECT_THROW(shape_distribution(kLogits, {.top_p = 0}), Error);
  EXPECT_THROW(shape_distribution(kLogits, {.top_k = -1}), Error);
}

// Sorted as far as needed, it is what sorting all gives.
TEST(Generate, TheNucleusOfALargeVocabulary) {
  Rng rng(RngMode::philox, 1);
  std::vector<float> logits(3000);
  for (float& x : logits) x = static_cast<float>(2 * rng.normal());
  const std::vector<float> own = softmax_of(logits);
  std::vector<size_t> order(own.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return own[i]; });
  for (const double mass : {0.01, 0.3, 0.7, 0.9, 0.999}) {
    double sum = 0;
    size_t kept = 0;
    while (sum < mass) sum += own[order[kept++]];
    std::vector<float> want(own.size(), 0.0f);
    for (size_t i = 0; i < kept; ++i) want[order[i]] = static_cast<float>(own[order[i]] / sum);
    const std::vector<float> got = shape_distribution(logits, {.top_p = mass});
    for (size_t i = 0; i < own.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-7) << mass << " " << i;
  }
}

class GenerateItems : public ::testing::Test {
 protected:
  GenerateItems() : tokenizer_(CharTokenizer::of_items({"ab"})), model_({.vocab_size = 3, .smoothing = 0}) {
    // . -> a -> b -> a or the end, evenly
    model_.count(Tensor::from<int64_t>({0, 1, 2, 2}, {4, 1}), Tensor::from<int64_t>({1, 2, 1, 0}, {4}));
  }
  CharTokenizer tokenizer_;
  Bigram model_;
};

TEST_F(GenerateItems, StopsAtTheBoundaryTheLimitAndTheStopText) {
  Rng rng(RngMode::philox, 1);
  for (int i = 0; i < 20; ++i) {
    const std::string text = generate(model_, tokenizer_, "", {}, rng);
    EXPECT_EQ(text.size() % 2, 0u);
    EXPECT_EQ(text.substr(0, 2), "ab");
  }
  EXPECT_EQ(generate(model_, tokenizer_, "", {.max_new_tokens = 1}, rng), "a");
  EXPECT_EQ(generate(model_, tokenizer_, "ab", {.max_new_tokens = 1, .stop = {"ba"}}, rng).substr(0, 2), "ab");
  EXPECT_EQ(generate(model_, tokenizer_, "", {.stop = {"b"}}, rng), "a");
  EXPECT_THROW(generate(model_, tokenizer_, "x", {}, rng), Error);
}

TEST_F(GenerateItems, ExplainsEachChoiceWithProbabilitiesThatAddUp) {
  Rng rng(RngMode::philox, 1);
  std::vector<Choice> choices;
  generate(model_, tokenizer_, "", {.explain = true}, rng, {.choice = [&](const Choice& c) { choices.push_back(c); }});
  ASSERT_GE(choices.size(), 3u);
  EXPECT_NEAR(choices[0].probability, 1, 1e-6);
  EXPECT_NEAR(choices[2].probability, 0.5, 1e-6);
  double sum = 0;
  for (const auto& a : choices[2].alternatives) sum += a.probability;
  EXPECT_NEAR(sum, 1, 1e-6);
  choices.clear();
  generate(model_, tokenizer_, "", {.temperature = 0, .max_new_tokens = 3, .explain = true}, rng, {.choice = [&](const Choice& c) { choices.push_back(c); }});
  EXPECT_NEAR(choices[2].probability, 0.5, 1e-6) << "the likeliest was taken, and this is how likely it was";
  EXPECT_EQ(choices[2].alternatives.size(), 2u);
}

TEST_F(GenerateItems, TheSeedDecides) {
  const auto ten = [&](uint64_t seed) {
    Rng rng(RngMode::philox, seed);
    std::string all;
    for (int i = 0; i < 10; ++i) all += generate(model_, tokenizer_, "", {}, rng) + " ";
    return all;
  };
  EXPECT_EQ(ten(1), ten(1));
  EXPECT_NE(ten(1), ten(2));
}

TEST_F(GenerateItems, EndsWhenAskedTo) {
  Rng rng(RngMode::philox, 1);
  int asked = 0;
  EXPECT_EQ(generate(model_, tokenizer_, "ab", {.max_new_tokens = 1000000}, rng, {.stop = [&] { return ++asked > 0; }}), "ab");
  EXPECT_EQ(asked, 1);
}

// Says the same of every token.
struct Constant final : CausalLm {
  explicit Constant(float v) : value(v) {}
  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return 1; }
  int64_t vocabulary() const override { return 3; }
  Tensor logits(const Tensor& tokens, Pass&) const override { return Tensor::full({tokens.dim(0), 3}, value, Dtype::f32); }
  Json config() const override { return {}; }
  float value;
};

TEST_F(GenerateItems, NumbersThatAreNoneAreNamed) {
  Rng rng(RngMode::philox, 1);
  for (const float v : {NAN, INFINITY, -INFINITY}) {
    try {
      generate(Constant(v), tokenizer_, "", {}, rng);
      ADD_FAILURE() << v;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::numeric) << e.what();
      EXPECT_NE(std::string(e.what()).find("[generate] the model"), std::string::npos) << e.what();
    }
  }
  EXPECT_NO_THROW(generate(Constant(3e38f), tokenizer_, "", {}, rng));
}

}  // namespace
}  // namespace grim
