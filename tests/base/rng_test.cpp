#include "grimoire/base/rng.h"

#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/json.h"

namespace grim {
namespace {

using Words = std::array<uint32_t, 4>;

// Known answers of Random123's own test file (kat_vectors, philox4x32 10).
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32(0, 0, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32(~0ull, ~0u, ~0u, ~0ull), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32(0x299f31d0a4093822, 0x13198a2e, 0x03707344, 0x85a308d3243f6a88),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, StreamsStepsAndSeedsDiffer) {
  EXPECT_EQ(stream_id(""), 0x811c9dc5u);  // published values of FNV-1a
  EXPECT_EQ(stream_id("foobar"), 0xbf9cf968u);
  std::set<uint32_t> firsts;
  for (uint64_t seed : {1, 2})
    for (const char* stream : {"init", "batch"})
      for (uint32_t step : {0u, 1u}) firsts.insert(Rng(RngMode::philox, seed, stream, step).next_u32());
  EXPECT_EQ(firsts.size(), 8u);
}

Json golden() { return Json::parse(read_file(test::golden_file("rng.json")), "rng.json"); }

std::vector<double> reals(const Json& values) {
  std::vector<double> v;
  for (const Json& x : values.items()) v.push_back(x.as_real());
  return v;
}
template <class T> std::vector<double> widen(const std::vector<T>& x) { return {x.begin(), x.end()}; }

template <class T> std::vector<double> normals(Rng& g, size_t n, T mean = 0, T deviation = 1) {
  std::vector<T> x(n);
  g.fill_normal(std::span<T>(x), mean, deviation);
  return widen(x);
}
template <class T> std::vector<double> uniforms(Rng& g, size_t n, T low = 0, T high = 1) {
  std::vector<T> x(n);
  g.fill_uniform(std::span<T>(x), low, high);
  return widen(x);
}
std::vector<double> integers(Rng& g, int64_t low, int64_t high, int n) {
  std::vector<double> x;
  for (int i = 0; i < n; ++i) x.push_back(static_cast<double>(g.randint(low, high)));
  return x;
}
std::vector<double> coins(Rng& g, double p, int n) {
  std::vector<double> x;
  for (int i = 0; i < n; ++i) x.push_back(g.bernoulli(p));
  return x;
}
void expect_near(const std::vector<double>& ours, const std::vector<double>& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], theirs[i], 1e-14);
}

// float32 bit for bit; float64 through libm, to its last places.
void check_torch_case(const Json& c) {
  const auto g = [&] { return Rng(RngMode::torch, static_cast<uint64_t>(c.integer("seed"))); };
  Rng words = g();
  std::vector<double> u;
  for (int i = 0; i < 704; ++i)
    if (const uint32_t w = words.next_u32(); i < 4 || i == 703) u.push_back(w);
  EXPECT_EQ(u, reals(c.at("u32[0:4], u32[703]")));
  for (size_t n : {1, 3, 16, 20}) {
    Rng r = g();
    EXPECT_EQ(uniforms<float>(r, n), reals(c.at(str("rand({})", n))));
  }
  Rng r = g();
  EXPECT_EQ(uniforms<double>(r, 5), reals(c.at("rand(5).float64")));
  r = g();
  EXPECT_EQ(uniforms<float>(r, 5, -0.25f, 0.75f), reals(c.at("uniform_(5,-0.25,0.75)")));
  r = g();
  const auto bound = static_cast<float>(1 / std::sqrt(30.0));
  EXPECT_EQ(uniforms<float>(r, 20, -bound, bound), reals(c.at("uniform_(20,-1/sqrt(30),1/sqrt(30))")));
  for (size_t n : {1, 5, 15, 16, 17, 20, 35, 100}) {
    r = g();
    EXPECT_EQ(normals<float>(r, n), reals(c.at(str("randn({})", n)))) << n;
  }
  r = g();
  EXPECT_EQ(normals<float>(r, 17, 1.5f, 0.02f), reals(c.at("normal_(17,1.5,0.02)")));
  for (size_t n : {5, 20}) {
    r = g();
    expect_near(normals<double>(r, n), reals(c.at(str("randn({}).float64", n))));
  }
}

TEST(TorchRng, UniformsAndNormalsEqualTorch) {
  const Json file = golden();
  for (const Json& c : file.at("torch").items()) check_torch_case(c);
}

TEST(TorchRng, IntegersPermutationsAndCoinsEqualTorch) {
  const Json file = golden();
  for (const Json& c : file.at("torch").items()) {
    const auto g = [&] { return Rng(RngMode::torch, static_cast<uint64_t>(c.integer("seed"))); };
    for (const std::string& key : c.keys()) {
      long long low, high;
      if (std::sscanf(key.c_str(), "randint(%lld,%lld,6)", &low, &high) != 2) continue;
      Rng r = g();
      const std::vector<double> expected = reals(c.at(key));
      EXPECT_EQ(integers(r, low, high, static_cast<int>(expected.size())), expected) << key;
    }
    EXPECT_EQ(widen(g().permutation(10)), reals(c.at("randperm(10)")));
    std::vector<double> head = widen(g().permutation(1000));
    head.resize(10);
    EXPECT_EQ(head, reals(c.at("randperm(1000)[:10]")));
    Rng r = g();
    EXPECT_EQ(coins(r, 0.3, 20), reals(c.at("bernoulli_(0.3)x20")));
    r = g();
    EXPECT_EQ(coins(r, 1 - 0.2, 20), reals(c.at("dropout(ones(20),0.2) kept")));
  }
}

std::vector<float> row27(const Json& file) {
  std::vector<float> row;
  for (double v : reals(file.at("row27"))) row.push_back(static_cast<float>(v));
  return row;
}

TEST(TorchRng, BothMultinomialsEqualTorch) {
  const Json file = golden();
  const std::vector<float> row = row27(file);
  for (const Json& c : file.at("multinomial").items()) {
    Rng race(RngMode::torch, static_cast<uint64_t>(c.integer("seed"))), cumulative = race;
    std::vector<double> a, b;
    for (int i = 0; i < 12; ++i) a.push_back(static_cast<double>(race.multinomial(row)));
    for (int i = 0; i < 12; ++i)
      b.push_back(static_cast<double>(cumulative.multinomial(row, MultinomialForm::cumulative)));
    EXPECT_EQ(a, reals(c.at("race, 12 calls")));
    EXPECT_EQ(b, reals(c.at("old single-sample cdf, 12 calls")));
  }
}

// One generator through calls of every kind: how many words each takes, and the spare normal that waits.
TEST(TorchRng, MixedCallsKeepStep) {
  const Json file = golden();
  const std::vector<float> row = row27(file);
  for (const Json& c : file.at("mixed").items()) {
    Rng g(RngMode::torch, static_cast<uint64_t>(c.integer("seed")));
    for (const Json& step : c.at("steps").items()) {
      const std::string& call = step.text("call");
      const std::vector<double> expected = reals(step.at("values"));
      const size_t n = expected.size();
      const uint64_t before = g.words_drawn();
      if (call.starts_with("randn") && call.ends_with(".float64")) expect_near(normals<double>(g, n), expected);
      else if (call.starts_with("randn")) EXPECT_EQ(normals<float>(g, n), expected) << call;
      else if (call.ends_with(".float64")) EXPECT_EQ(uniforms<double>(g, n), expected);
      else if (call.starts_with("randint")) EXPECT_EQ(integers(g, 0, 32033, 4), expected);
      else if (call.starts_with("randperm")) EXPECT_EQ(widen(g.permutation(7)), expected);
      else if (call.starts_with("bernoulli")) EXPECT_EQ(coins(g, 0.5, 6), expected);
      else if (call.starts_with("multinomial")) EXPECT_EQ(static_cast<double>(g.multinomial(row)), expected[0]);
      else if (call.starts_with("rand(")) EXPECT_EQ(uniforms<float>(g, n), expected);
      else FAIL() << "unknown call " << call;
      EXPECT_EQ(g.words_drawn() - before, static_cast<uint64_t>(step.integer("words"))) << call;
    }
  }
}

TEST(PythonShuffle, EqualsPython) {
  const Json file = golden();
  for (const Json& c : file.at("python").items()) {
    const auto seed = static_cast<uint64_t>(c.integer("seed"));
    EXPECT_EQ(widen(python_shuffle(seed, 10)), reals(c.at("shuffle(range(10))")));
    std::vector<double> head = widen(python_shuffle(seed, 32033));
    head.resize(5);
    EXPECT_EQ(head, reals(c.at("shuffle(range(32033))[:5]")));
  }
  EXPECT_TRUE(python_shuffle(1, 0).empty());
}

// Mean and variance of 200,000 draws, to five standard errors.
TEST(PhiloxRng, MomentsAreRight) {
  constexpr size_t n = 200000;
  Rng g(RngMode::philox, 7, "test");
  const auto check = [](const std::vector<double>& x, double mean, double variance, double fourth) {
    double m = 0, v = 0;
    for (double a : x) m += a / n;
    for (double a : x) v += (a - mean) * (a - mean) / n;
    EXPECT_NEAR(m, mean, 5 * std::sqrt(variance / n));
    EXPECT_NEAR(v, variance, 5 * std::sqrt((fourth - variance * variance) / n));
  };
  check(uniforms<float>(g, n), 0.5, 1 / 12.0, 1 / 80.0);
  check(uniforms<double>(g, n), 0.5, 1 / 12.0, 1 / 80.0);
  check(normals<float>(g, n), 0, 1, 3);
  check(normals<double>(g, n, 0, 1), 0, 1, 3);
  std::vector<double> one_by_one(n);
  for (double& x : one_by_one) x = g.normal();
  check(one_by_one, 0, 1, 3);
  check(coins(g, 0.3, n), 0.3, 0.21, 0.7 * 0.0081 + 0.3 * 0.2401);
  check(integers(g, -1, 2, n), 0, 2 / 3.0, 2 / 3.0);
}

TEST(PhiloxRng, IntegersStayInRangeAlsoAtTheEdges) {
  Rng g(RngMode::philox, 1);
  for (int i = 0; i < 1000; ++i) {
    const int64_t x = g.randint(INT64_MIN, INT64_MAX);
    EXPECT_LT(x, INT64_MAX);
    EXPECT_EQ(g.randint(5, 6), 5);
    EXPECT_LT(g.uniform(), 1.0f);
  }
}

TEST(PhiloxRng, PermutationsHoldEveryItem) {
  Rng g(RngMode::philox, 3);
  std::vector<int64_t> order = g.permutation(1000), sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int64_t> all(1000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_NE(order, all);
  EXPECT_EQ(sorted, all);
}

TEST(PhiloxRng, MultinomialFollowsTheWeights) {
  Rng g(RngMode::philox, 5);
  const std::vector<float> weights{0, 1, 3, 0};
  for (MultinomialForm form : {MultinomialForm::race, MultinomialForm::cumulative}) {
    int count[4] = {};
    for (int i = 0; i < 20000; ++i) ++count[g.multinomial(weights, form)];
    EXPECT_EQ(count[0] + count[3], 0);
    EXPECT_NEAR(count[2] / 20000.0, 0.75, 0.016);
  }
}

TEST(Rng, PiecesOfABlockEqualTheWhole) {
  Rng whole(RngMode::philox, 9), pieces = whole;
  const std::vector<double> all = normals<float>(whole, 40);
  std::vector<double> joined;
  for (size_t n : {4, 16, 20})
    for (double v : normals<float>(pieces, n)) joined.push_back(v);
  EXPECT_EQ(all, joined);
  EXPECT_EQ(whole.state(), pieces.state());
}

TEST(Rng, AtStepIsRandomAccess) {
  const Rng g(RngMode::philox, 9, "batch");
  Rng direct(RngMode::philox, 9, "batch", 17), placed = g.at_step(17);
  EXPECT_EQ(placed.next_u64(), direct.next_u64());
  EXPECT_THROW(g.at_step(-1), Error);
  EXPECT_THROW(Rng(RngMode::torch, 1).at_step(0), Error);
}

TEST(Rng, StateComesBackExactly) {
  for (RngMode mode : {RngMode::philox, RngMode::torch}) {
    Rng g(mode, 0x123456789abcull, "stream", 4);
    normals<float>(g, 3);  // leaves a spare normal in torch mode
    uniforms<float>(g, 1001);
    Rng back = Rng::from_state(g.state());
    EXPECT_EQ(back.state(), g.state());
    EXPECT_EQ(normals<float>(back, 5), normals<float>(g, 5));
    EXPECT_EQ(back.next_u64(), g.next_u64());
    EXPECT_LT(g.state().size(), 80u);
  }
}

TEST(Rng, AlignGoesForward) {
  Rng g(RngMode::philox, 9);
  g.align();
  EXPECT_EQ(g.words_drawn(), 0u);
  g.next_u32();
  g.align();
  EXPECT_EQ(g.words_drawn(), 4u);
  EXPECT_EQ(g.next_u32(), philox4x32(9, stream_id(""), 0, 1)[0]);
}

TEST(Rng, DiscardSkipsWords) {
  for (RngMode mode : {RngMode::philox, RngMode::torch}) {
    Rng a(mode, 5), b(mode, 5);
    for (int i = 0; i < 1300; ++i) a.next_u32();
    b.discard(1300);
    EXPECT_EQ(a.next_u32(), b.next_u32());
  }
}

TEST(Rng, SaysWhatIsWrong) {
  Rng g(RngMode::philox, 1);
  EXPECT_THROW(g.randint(3, 3), Error);
  EXPECT_THROW(g.bernoulli(1.5), Error);
  EXPECT_THROW(g.permutation(-1), Error);
  EXPECT_THROW(g.multinomial(std::vector<float>{0, 0}), Error);
  EXPECT_THROW(g.multinomial(std::vector<float>{1, -1}), Error);
  EXPECT_THROW(g.multinomial(std::vector<float>{1, NAN}), Error);
  EXPECT_THROW(g.multinomial(std::vector<float>{}), Error);
  EXPECT_THROW(python_shuffle(1, -1), Error);
  for (const char* bad : {"", "philox", "philox 1 2 3", "philox 1 2 3 x", "philox 1 2 3 4 5", "philox 1 9999999999 3 4",
                          "mystery 1 2 3 4", "torch 1 99999999999999 0 0", "torch 1 2 2 0", "philox  1 2 3 4"})
    EXPECT_THROW(Rng::from_state(bad), Error) << bad;
}

}  // namespace
}  // namespace grim
