// Counted n-grams by hand: symbols 0, 1, 2; what followed which pair.
#include "grimoire/model/ngram.h"

#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/model/bigram.h"
#include "grimoire/tensor/random.h"

namespace grim {
namespace {

// After 0 1: 2 and 1; after 1 2: 0; after 1 1: 0; after 0 0: 1 twice. A target that does not count.
std::unique_ptr<Ngram> counted(Shorter shorter, double k) {
  auto model = std::make_unique<Ngram>(NgramConfig{.vocab_size = 3, .context = 2, .smoothing = k, .shorter = shorter});
  const std::vector<int64_t> x = {0, 0, 0, 1, 1, 2, 0, 0, 0, 1, 1, 1, 2, 2}, y = {1, 2, 0, 1, 1, 0, kIgnore};
  model->count(Tensor::from(x, {7, 2}), Tensor::from(y, {7}));
  return model;
}

void expect(const std::unique_ptr<Ngram>& model, std::vector<int64_t> before, const std::vector<double>& wanted) {
  std::vector<double> p(3);
  model->probabilities(before.data() + before.size(), static_cast<int64_t>(before.size()), p.data());
  for (size_t w = 0; w < 3; ++w) EXPECT_NEAR(p[w], wanted[w], 1e-15) << w;
}

TEST(Ngram, InterpolatesWithShorterContexts) {
  const auto model = counted(Shorter::interpolate, 1);
  expect(model, {}, {1.0 / 3, 10.0 / 21, 4.0 / 21});             // ([2, 3, 1] + 1/3) / 7
  expect(model, {1}, {1.0 / 3, 31.0 / 84, 25.0 / 84});           // ([1, 1, 1] + those) / 4
  expect(model, {0, 1}, {1.0 / 9, 115.0 / 252, 109.0 / 252});    // ([0, 1, 1] + those) / 3
  expect(model, {2, 2}, {2.0 / 3, 5.0 / 21, 2.0 / 21});          // never seen: as after 2, ([1, 0, 0] + the first) / 2
  expect(counted(Shorter::interpolate, 0), {2, 2}, {1, 0, 0});
  expect(counted(Shorter::interpolate, 0), {0, 1}, {0, 0.5, 0.5});
}

TEST(Ngram, BacksOffWhereNothingWasSeen) {
  expect(counted(Shorter::backoff, 0), {0, 1}, {0, 0.5, 0.5});
  expect(counted(Shorter::backoff, 1), {0, 1}, {0.2, 0.4, 0.4});
  expect(counted(Shorter::backoff, 0), {2, 2}, {1, 0, 0});                     // as after 2
  expect(counted(Shorter::backoff, 1), {2, 1}, {1.0 / 3, 1.0 / 3, 1.0 / 3});   // as after 1
}

TEST(Ngram, AloneItIsTheRowOfItsContext) {
  expect(counted(Shorter::none, 1), {0, 1}, {0.2, 0.4, 0.4});
  expect(counted(Shorter::none, 1), {2, 2}, {1.0 / 3, 1.0 / 3, 1.0 / 3});
  expect(counted(Shorter::none, 0), {2, 2}, {1.0 / 3, 1.0 / 3, 1.0 / 3});  // nothing is known
}

TEST(Ngram, OfContextOneIsTheBigram) {
  Rng rng(RngMode::philox, 3);
  const Tensor x = randint(0, 5, {200, 1}, rng), y = randint(0, 5, {200}, rng);
  for (const double k : {0.5, 1.0}) {
    Ngram ngram({.vocab_size = 5, .context = 1, .smoothing = k, .shorter = Shorter::none});
    Bigram bigram({.vocab_size = 5, .smoothing = k});
    ngram.count(x, y), bigram.count(x, y);
    Pass pass = Pass::evaluation();
    EXPECT_NEAR(ngram.loss(x, y, pass).item(), bigram.loss(x, y, pass).item(), 1e-6);
  }
}

TEST(Ngram, SumsToOneInLogits) {
  const auto model = counted(Shorter::interpolate, 0.3);
  Pass pass = Pass::evaluation();
  const std::vector<int64_t> x = {0, 1, 2, 1};
  const Tensor y = model->logits(Tensor::from(x, {2, 2}), pass);
  for (int64_t n = 0; n < 2; ++n) {
    double sum = 0;
    for (int64_t w = 0; w < 3; ++w) sum += std::exp(y.at({n, w}));
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

TEST(Ngram, ConfigComesBackOrIsRefused) {
  const NgramConfig c{.vocab_size = 5, .context = 3, .smoothing = 0.25, .shorter = Shorter::backoff};
  EXPECT_EQ(NgramConfig::from_json(c.to_json()).to_json().dump(), c.to_json().dump());
  EXPECT_EQ(c.buffer_bytes(), 8.0 * (5 + 25 + 125 + 625));
  const auto refused = [](Json config, const char* key, Json value) {
    config.set(key, std::move(value));
    try {
      Rng rng(RngMode::philox, 1);
      build_model(config, rng);
      return std::string("taken");
    } catch (const Error& e) {
      return e.kind() == ErrorKind::input ? std::string(e.what()) : "of another kind";
    }
  };
  EXPECT_NE(refused(c.to_json(), "smoothing", -1.0).find("smoothing"), std::string::npos);
  EXPECT_NE(refused(c.to_json(), "shorter", "never").find("shorter"), std::string::npos);
  EXPECT_NE(refused(c.to_json(), "context", 60).find("a shorter context"), std::string::npos);
}

}  // namespace
}  // namespace grim
