// Blocks of 256: how far their best values are from the numbers, beside llama.cpp's own, and that what is written is what is read.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "grimoire/base/ggml_blocks.h"
#include "support/golden.h"

namespace grim {
namespace {

struct Kind {
  const char* name;
  int64_t bytes;
  void (*encode)(const float*, const float*, char*, int64_t);
  void (*decode)(const char*, void*, int64_t);
};
constexpr Kind kKinds[] = {{"Q4_K", 144, ggml::encode_q4_k, ggml::decode_q4_k},
                           {"Q5_K", 176, ggml::encode_q5_k, ggml::decode_q5_k},
                           {"Q6_K", 210, ggml::encode_q6_k, ggml::decode_q6_k}};

// tools/golden/k_quants.py has the same.
std::vector<float> noise(size_t count, uint64_t state) {
  std::vector<float> all(count);
  for (float& x : all) {
    double total = 0;
    for (int i = 0; i < 4; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      total += static_cast<double>(state >> 40) * 0x1p-24 - 0.5;
    }
    x = static_cast<float>(total);
  }
  return all;
}

std::vector<float> there_and_back(const Kind& kind, const std::vector<float>& x, const std::vector<float>& importance) {
  std::string bytes(x.size() / 256 * static_cast<size_t>(kind.bytes), '\xff');
  std::vector<float> back(x.size());
  kind.encode(x.data(), importance.empty() ? nullptr : importance.data(), bytes.data(), std::ssize(x));
  kind.decode(bytes.data(), back.data(), std::ssize(x));
  return back;
}

TEST(KQuants, AreNoFurtherFromTheNumbersThanLlamaCpps) {
  const Json golden = golden_file("k_quants/errors.json");
  const auto rows = static_cast<size_t>(golden.integer("rows")), columns = static_cast<size_t>(golden.integer("columns"));
  std::vector<float> x = noise(rows * columns, 1), column = noise(columns, 2), importance;
  for (size_t i = 0; i < columns; ++i) {
    x[3 * columns + i] += 0.5f, x[5 * columns + i] *= 0.001f;
    if (i % 16 == 0) x[7 * columns + i] *= 20;
    column[i] = std::pow(std::abs(column[i]), 3.f) + 1e-4f;
  }
  for (size_t r = 0; r < rows; ++r) importance.insert(importance.end(), column.begin(), column.end());
  for (const Json& c : golden.at("cases").items()) {
    const Kind& kind = *std::ranges::find_if(kKinds, [&](const Kind& k) { return c.text("type") == k.name; });
    const std::vector<float> weights = c.boolean("importance", false) ? importance : std::vector<float>();
    const std::vector<float> back = there_and_back(kind, x, weights);
    double apart = 0, norm = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double v = weights.empty() ? 1 : weights[i], off = x[i] - back[i];
      apart += v * off * off, norm += v * x[i] * x[i];
    }
    const double error = std::sqrt(apart / norm);
    EXPECT_LE(error, c.real("error")) << c.dump();
    EXPECT_GE(error, .8 * c.real("error")) << "too good to be true: " << c.dump();
  }
}

TEST(KQuants, HoldWhatTheyHave) {
  for (const Kind& kind : kKinds) {
    const std::vector<float> zeros(512, 0.f), flat(256, -3.f), far = {1e4f};
    EXPECT_EQ(there_and_back(kind, zeros, {}), zeros);
    for (const float y : there_and_back(kind, flat, {})) EXPECT_NEAR(y, -3, .03) << kind.name;
    std::vector<float> one(256, 0.f);
    one[77] = 5;
    EXPECT_NEAR(there_and_back(kind, one, {})[77], 5, .02) << kind.name;
    EXPECT_NEAR(there_and_back(kind, one, std::vector<float>(256, 0.f))[77], 5, .02) << kind.name << ": of no importance";
    const std::vector<float> once = there_and_back(kind, noise(1024, 5), {}), twice = there_and_back(kind, once, {});
    double apart = 0, norm = 0;
    for (size_t i = 0; i < once.size(); ++i) apart += std::pow(once[i] - twice[i], 2), norm += std::pow(once[i], 2);
    EXPECT_LE(apart, 1e-4 * norm) << kind.name << ": a second rounding is small beside the first, which is 49e-4 of Q4_K";
  }
}

TEST(KQuants, TernaryBlocksHoldThreeValuesToTheBit) {
  std::vector<float> x = noise(512, 9);
  for (float& v : x) v = std::abs(v) < .3f ? 0 : std::copysign(.0625f, v);
  std::string bytes(2 * 66, '\0');
  std::vector<float> back(x.size());
  ggml::encode_tq2_0(x.data(), bytes.data(), 512), ggml::decode_tq2_0(bytes.data(), back.data(), 512);
  EXPECT_EQ(back, x);
}

}  // namespace
}  // namespace grim
