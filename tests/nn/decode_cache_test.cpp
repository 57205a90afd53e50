#include "grimoire/nn/decode_cache.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {

// (B, 1, T, 1): text b's tokens are 100 b, 100 b + 1, ... from `first` on.
Tensor keys(const std::vector<int64_t>& texts, const std::vector<int64_t>& first, int64_t T) {
  std::vector<float> all;
  for (size_t i = 0; i < texts.size(); ++i)
    for (int64_t t = 0; t < T; ++t) all.push_back(static_cast<float>(100 * texts[i] + first[i] + t));
  return Tensor::from(all, {std::ssize(texts), 1, T, 1});
}

std::unique_ptr<DecodeCache> cache_of(const std::vector<int64_t>& texts, int64_t tokens) {
  auto cache = std::make_unique<DecodeCache>(2, 100, TextLengths::any);
  const Tensor k = keys(texts, std::vector<int64_t>(texts.size(), 0), tokens);
  for (int64_t layer = 0; layer < 2; ++layer) cache->extend(layer, k, k * -1.0);
  return cache;
}

std::vector<float> of_text(const DecodeCache::KeysAndValues& all, int64_t b) {
  const int64_t length = all.lengths.empty() ? all.k.dim(2) : all.lengths[static_cast<size_t>(b)];
  const auto text = [&](const Tensor& x) { return slice(slice(x, 0, b, b + 1), 2, 0, length).to_vector<float>(); };
  const std::vector<float> k = text(all.k), v = text(all.v);
  for (size_t i = 0; i < k.size(); ++i) EXPECT_EQ(v[i], -k[i]);
  return k;
}

TEST(DecodeCache, ShowsWhatItHoldsWithNothingAdded) {
  const auto cache = cache_of({1, 2}, 3);
  const DecodeCache::KeysAndValues held = cache->held(1);
  EXPECT_EQ(held.v.shape(), Shape({2, 1, 3, 1}));
  EXPECT_EQ(of_text(held, 1), (std::vector<float>{200, 201, 202}));
  cache->cut(2);
  EXPECT_EQ(of_text(cache->held(0), 0), (std::vector<float>{100, 101}));
  cache->clear();
  EXPECT_THROW(cache->held(0), Error);
  EXPECT_THROW(cache->held(2), Error);
}

TEST(DecodeCache, TextsOfUnequalLengthsGoOnEachBehindItsLastToken) {
  DecodeCache cache(2, 100, TextLengths::any);
  std::vector<std::unique_ptr<DecodeCache>> parts;
  parts.push_back(cache_of({1, 2}, 3));
  parts.push_back(cache_of({3}, 1));
  parts.push_back(cache_of({4}, 70));  // beyond the first room
  cache.join(std::move(parts));
  EXPECT_TRUE(cache.unequal());
  EXPECT_EQ(cache.past(), 70);
  EXPECT_EQ(cache.places(2), (std::vector<int64_t>{3, 4, 3, 4, 1, 2, 70, 71}));
  const Tensor k = keys({1, 2, 3, 4}, {3, 3, 1, 70}, 1);
  for (int64_t layer = 0; layer < 2; ++layer) {
    const auto all = cache.extend(layer, k, k * -1.0);
    EXPECT_EQ(of_text(all, 0), (std::vector<float>{100, 101, 102, 103}));
    EXPECT_EQ(of_text(all, 1), (std::vector<float>{200, 201, 202, 203}));
    EXPECT_EQ(of_text(all, 2), (std::vector<float>{300, 301}));
    EXPECT_EQ(of_text(all, 3).back(), 470);
  }
  EXPECT_THROW(cache.cut(3), Error);
}

TEST(DecodeCache, WhatStaysAfterTheLongestLeavesIsWhatItWas) {
  DecodeCache cache(2, 100, TextLengths::any);
  std::vector<std::unique_ptr<DecodeCache>> parts;
  parts.push_back(cache_of({1}, 5));
  parts.push_back(cache_of({2}, 2));
  parts.push_back(cache_of({3}, 9));
  cache.join(std::move(parts));
  cache.reorder(std::vector<int64_t>{1, 0, 1});
  EXPECT_EQ(cache.past(), 5);
  EXPECT_EQ(cache.places(1), (std::vector<int64_t>{2, 5, 2}));
  cache.reorder(std::vector<int64_t>{0, 2});
  EXPECT_FALSE(cache.unequal());
  EXPECT_EQ(cache.places(2), (std::vector<int64_t>{2, 3})) << "for all alike";
  const Tensor k = keys({2, 2}, {2, 2}, 1);
  EXPECT_EQ(of_text(cache.extend(0, k, k * -1.0), 1), (std::vector<float>{200, 201, 202}));
  cache.extend(1, k, k * -1.0);
  cache.cut(1);
  EXPECT_EQ(cache.past(), 1);
}

TEST(DecodeCache, SaysWhatIsWrong) {
  DecodeCache equal(2, 100), any(2, 100, TextLengths::any);
  const auto one = [](int64_t layers) {
    std::vector<std::unique_ptr<DecodeCache>> parts;
    parts.push_back(std::make_unique<DecodeCache>(layers, 100, TextLengths::any));
    return parts;
  };
  EXPECT_THROW(equal.join(one(2)), Error);
  EXPECT_THROW(any.join(one(2)), Error) << "nothing read";
  EXPECT_THROW(any.join(one(3)), Error);
  EXPECT_THROW(any.join({}), Error);
  const auto read = [](DecodeCache& cache, int64_t T) {
    for (int64_t layer = 0; layer < 2; ++layer) cache.extend(layer, keys({1}, {0}, T), keys({1}, {0}, T));
  };
  DecodeCache few(2, 2, TextLengths::any);
  read(few, 2);
  auto long_text = one(2);
  read(*long_text[0], 3);
  EXPECT_THROW(few.join(std::move(long_text)), Error) << "more tokens than the cache holds";
  EXPECT_EQ(few.past(), 2);
  const Tensor k = keys({1}, {0}, 101);
  EXPECT_THROW(any.extend(0, k, k), Error);
  EXPECT_THROW(any.cut(1), Error);
}

}  // namespace
}  // namespace grim
