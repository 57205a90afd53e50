#include "grimoire/tensor/random.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/json.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

TEST(Random, TorchModeEqualsTorch) {
  const Json file = Json::parse(read_file(test::golden_file("rng.json")));
  const Json& c = file.at("torch")[0];
  const auto g = [&] { return Rng(RngMode::torch, static_cast<uint64_t>(c.integer("seed"))); };
  const auto expect = [&](const Tensor& x, const char* key) {
    const std::vector<double> values = x.to_vector<double>();
    ASSERT_EQ(values.size(), c.at(key).size());
    for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], c.at(key)[i].as_real()) << key;
  };
  Rng r = g();
  expect(rand({4, 5}, r), "rand(20)");
  r = g();
  expect(randn({5, 7}, r), "randn(35)");
  r = g();
  expect(normal({17}, 1.5, 0.02, r), "normal_(17,1.5,0.02)");
  r = g();
  expect(uniform({5}, -0.25, 0.75, r), "uniform_(5,-0.25,0.75)");
  r = g();
  expect(randint(0, 27, {2, 3}, r), "randint(0,27,6)");
  r = g();
  expect(permutation(10, r), "randperm(10)");
}

TEST(Random, MultinomialEqualsTorch) {
  const Json file = Json::parse(read_file(test::golden_file("rng.json")));
  std::vector<float> row;
  for (const Json& v : file.at("row27").items()) row.push_back(static_cast<float>(v.as_real()));
  for (const Json& c : file.at("multinomial").items()) {
    Rng g(RngMode::torch, static_cast<uint64_t>(c.integer("seed")));
    Rng races = g;
    const Tensor p = Tensor::from(row, {27});
    const Tensor drawn = multinomial(p, 12, g);
    EXPECT_EQ(drawn.shape(), (Shape{12}));
    for (int64_t i = 0; i < 12; ++i) {
      EXPECT_EQ(drawn.at({i}), c.at("cdf, 12 samples in one call")[static_cast<size_t>(i)].as_real());
      EXPECT_EQ(multinomial(p, 1, races).item(), c.at("race, 12 calls")[static_cast<size_t>(i)].as_real());
    }
  }
  Rng g(RngMode::philox, 1);
  const Tensor rows = Tensor::from<double>({0, 1, 0, 0, 0, 2}, {2, 3});
  EXPECT_EQ(multinomial(rows, 4, g).to_vector<int64_t>(), (std::vector<int64_t>{1, 1, 1, 1, 2, 2, 2, 2}));
}

// Values depend on the seed alone: not on threads, nor on how the work was cut.
TEST(Random, PhiloxIsTheSameForAnyNumberOfThreads) {
  for (Dtype dtype : {Dtype::f32, Dtype::f64}) {
    std::vector<std::vector<double>> runs;
    std::vector<std::string> states;
    for (int threads : {1, 2}) {
      device::set_thread_cap(threads);
      Rng g(RngMode::philox, 11, "init");
      g.next_u32();
      const Tensor a = randn({100, 101}, g, dtype);
      EXPECT_EQ(g.words_drawn(),
                dtype == Dtype::f32 ? 4u + 10100u : 4u + 20200u);  // the next tensor begins behind this one
      const Tensor b = rand({3, 5001}, g, dtype);
      std::vector<double> both = a.to_vector<double>();
      for (double v : b.to_vector<double>()) both.push_back(v);
      runs.push_back(both);
      states.push_back(g.state());
    }
    EXPECT_EQ(runs[0], runs[1]);
    EXPECT_EQ(states[0], states[1]);
    Rng g(RngMode::philox, 11, "init");
    g.align();
    g.discard(4);
    std::vector<double> one(10100);  // the sequential fill of base/ gives the same
    if (dtype == Dtype::f64) {
      g.fill_normal(std::span<double>(one));
      one.resize(runs[0].size());
      EXPECT_TRUE(std::equal(one.begin(), one.begin() + 10100, runs[0].begin()));
    }
  }
  device::set_thread_cap(0);
}

TEST(Random, DtypesAndErrors) {
  Rng g(RngMode::philox, 1);
  EXPECT_EQ(randn({3}, g, Dtype::bf16).dtype(), Dtype::bf16);
  EXPECT_EQ(rand({0, 3}, g).numel(), 0);
  EXPECT_EQ(randint(-3, -2, {2}, g).dtype(), Dtype::i64);
  EXPECT_EQ(randint(-3, -2, {2}, g).at({0}), -3.0);
  EXPECT_THROW(rand({3}, g, Dtype::i64), Error);
  EXPECT_THROW(randint(2, 2, {1}, g), Error);
  EXPECT_THROW(uniform({1}, 1, 0, g), Error);
  EXPECT_THROW(normal({1}, 0, -1, g), Error);
  EXPECT_THROW(multinomial(Tensor::ones({2}), 0, g), Error);
  EXPECT_THROW(multinomial(Tensor::zeros({2}), 1, g), Error);
  EXPECT_THROW(multinomial(Tensor::ones({2, 2, 2}), 1, g), Error);
  EXPECT_THROW(permutation(-1, g), Error);
}

}  // namespace
}  // namespace grim
