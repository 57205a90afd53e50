#include "grimoire/device/quantised.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/device/amx_tiles.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"

namespace grim::device {
namespace {

constexpr uint16_t kScales[] = {0x2c00, 0xa955, 0x1400, 0x0001, 0x0000};  // f16: 1/16, -.0417, 2^-10, 2^-24, 0

// Random bits in ggml's blocks of (N, K).
std::string some_blocks(BlockType type, int64_t N, int64_t K, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::string all(static_cast<size_t>(N * K / kBlock * block_bytes(type)), '\0');
  for (char& c : all) c = static_cast<char>(engine());
  for (size_t at = 0; at < all.size(); at += static_cast<size_t>(block_bytes(type))) std::memcpy(all.data() + at, &kScales[engine() % 5], 2);
  return all;
}

struct Laid {
  Laid(BlockType type, int64_t N, int64_t K, const std::string& blocks) : room(panels_bytes(type, N, K)), panels{type, N, K, room.at} {
    lay_panels(type, blocks.data(), N, K, room.at);
  }
  Room room;
  Panels panels;
};

void multiply(const float* a, int64_t M, const Panels& b, float* c, const Epilogue<float>& epilogue = {}) {
  const PanelsProduct one{b, c, epilogue};
  gemm(a, M, std::span(&one, 1));
}

float half(uint16_t bits) {
  for (const auto& [b, value] : {std::pair{kScales[0], 1 / 16.}, {kScales[1], -1365. / 32768}, {kScales[2], 0x1p-10}, {kScales[3], 0x1p-24}})
    if (b == bits) return static_cast<float>(value);
  return 0;
}

// Number k of row n of ggml's blocks, by the definition.
double number(BlockType type, const std::string& blocks, int64_t K, int64_t n, int64_t k) {
  const char* const block = blocks.data() + (n * (K / kBlock) + k / kBlock) * block_bytes(type);
  uint16_t bits;
  std::memcpy(&bits, block, 2);
  const auto i = static_cast<size_t>(k % kBlock);
  if (type == BlockType::q8_0) return double{half(bits)} * static_cast<int8_t>(block[2 + i]);
  const auto byte = static_cast<uint8_t>(block[2 + i % 16]);
  return double{half(bits)} * ((i < 16 ? byte & 15 : byte >> 4) - 8);
}

std::vector<float> some_rows(int64_t M, int64_t K, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<float> x(static_cast<size_t>(M * K));
  for (float& v : x) v = static_cast<float>(static_cast<double>(engine() >> 40) * 0x1p-23 - 1.0);
  return x;
}

// Rows as the product sees them: by blocks of 32, in 127 steps of the largest.
std::vector<double> rounded(const std::vector<float>& x) {
  std::vector<double> seen(x.size());
  for (size_t b = 0; b < x.size(); b += kBlock) {
    float largest = 0;
    for (size_t i = b; i < b + kBlock; ++i) largest = std::max(largest, std::abs(x[i]));
    for (size_t i = b; i < b + kBlock && largest > 0; ++i) seen[i] = std::nearbyint(x[i] * (127 / largest)) * double{largest / 127};
  }
  return seen;
}

class Quantised : public testing::TestWithParam<BlockType> {};
INSTANTIATE_TEST_SUITE_P(Types, Quantised, testing::Values(BlockType::q8_0, BlockType::q4_0));

TEST_P(Quantised, ColumnsComeBack) {
  for (const auto& [N, K] : {std::pair<int64_t, int64_t>{1, 32}, {16, 64}, {17, 96}, {40, 32}}) {
    const std::string blocks = some_blocks(GetParam(), N, K, 3);
    const Laid laid(GetParam(), N, K, blocks);
    std::vector<float> column(static_cast<size_t>(K));
    for (int64_t n = 0; n < N; ++n) {
      unpack_column(laid.panels, n, column.data());
      for (int64_t k = 0; k < K; ++k) ASSERT_EQ(column[static_cast<size_t>(k)], number(GetParam(), blocks, K, n, k)) << N << " " << n << " " << k;
    }
  }
}

TEST_P(Quantised, AllOfItComesBackInRows) {
  for (const auto& [N, K] : {std::pair<int64_t, int64_t>{1, 32}, {16, 64}, {17, 96}, {70, 320}}) {
    const Laid laid(GetParam(), N, K, some_blocks(GetParam(), N, K, 3));
    std::vector<float> column(static_cast<size_t>(K)), wide(static_cast<size_t>(N * K + 1), NAN);
    std::vector<Bf16> narrow(static_cast<size_t>(N * K));
    unpack_panels(laid.panels, wide.data()), unpack_panels(laid.panels, narrow.data());
    EXPECT_TRUE(std::isnan(wide.back()));
    for (int64_t n = 0; n < N; ++n) {
      unpack_column(laid.panels, n, column.data());
      for (int64_t k = 0; k < K; ++k) {
        const float x = column[static_cast<size_t>(k)];
        ASSERT_EQ(wide[static_cast<size_t>(k * N + n)], x) << N << " " << n << " " << k;
        ASSERT_EQ(narrow[static_cast<size_t>(k * N + n)].bits, Bf16(x).bits) << N << " " << n << " " << k;
      }
    }
  }
}

TEST_P(Quantised, ProductsAreThoseOfTheRoundedRows) {
  for (int64_t M : {1, 2, 3, 7, 8, 9, 20})
    for (const auto& [N, K] : {std::pair<int64_t, int64_t>{1, 32}, {16, 64}, {33, 96}, {100, 320}, {0, 32}}) {
      const std::string blocks = some_blocks(GetParam(), N, K, 5);
      const Laid laid(GetParam(), N, K, blocks);
      std::vector<float> x = some_rows(M, K, 7), y(static_cast<size_t>(M * N), NAN);
      std::fill_n(x.begin(), 32, 0.f);  // a block of nothing
      multiply(x.data(), M, laid.panels, y.data());
      const std::vector<double> seen = rounded(x);
      for (int64_t m = 0; m < M; ++m)
        for (int64_t n = 0; n < N; ++n) {
          double expected = 0, size = 0;
          for (int64_t k = 0; k < K; ++k) {
            const double term = seen[static_cast<size_t>(m * K + k)] * number(GetParam(), blocks, K, n, k);
            expected += term, size += std::abs(term);
          }
          ASSERT_NEAR(y[static_cast<size_t>(m * N + n)], expected, 1e-6 * size) << M << "x" << N << "x" << K << " at " << m << "," << n;
        }
    }
}

// More rows than few: of bf16 numbers where there is AMX.
TEST_P(Quantised, ManyRowsAreThoseOfTheUnroundedNumbersToAPartInAHundred) {
  for (const auto& [M, N, K] : {std::tuple<int64_t, int64_t, int64_t>{65, 1, 32}, {100, 49, 96}, {300, 500, 1088}}) {
    const std::string blocks = some_blocks(GetParam(), N, K, 41);
    const Laid laid(GetParam(), N, K, blocks);
    const std::vector<float> x = some_rows(M, K, 43);
    std::vector<float> y(static_cast<size_t>(M * N), NAN), column(static_cast<size_t>(K));
    multiply(x.data(), M, laid.panels, y.data());
    for (int64_t n = 0; n < N; n += 7) {
      unpack_column(laid.panels, n, column.data());
      for (int64_t m = 0; m < M; m += 3) {
        double expected = 0, squares = 0;
        for (int64_t k = 0; k < K; ++k) {
          const double term = double{x[static_cast<size_t>(m * K + k)]} * column[static_cast<size_t>(k)];
          expected += term, squares += term * term;
        }
        ASSERT_NEAR(y[static_cast<size_t>(m * N + n)], expected, .03 * std::sqrt(squares) + 1e-12) << M << "x" << N << "x" << K << " at " << m << "," << n;
      }
    }
  }
}

TEST_P(Quantised, ARowHasTheSameBitsInAnyCompanyAndOnAnyThreads) {
  constexpr int64_t N = 700, K = 608;
  const Laid laid(GetParam(), N, K, some_blocks(GetParam(), N, K, 11));
  for (const int64_t M : {21, 400}) {
    if (M > 64 && has_amx()) continue;  // a prompt, which is rounded otherwise
    const std::vector<float> x = some_rows(M, K, 13);
    std::vector<float> together(static_cast<size_t>(M * N)), alone(N), threaded(together.size());
    multiply(x.data(), M, laid.panels, together.data());
    for (int64_t m = 0; m < M; ++m) {
      multiply(x.data() + m * K, 1, laid.panels, alone.data());
      ASSERT_EQ(0, std::memcmp(alone.data(), together.data() + m * N, N * sizeof(float))) << m << " of " << M;
    }
    const ThreadCap one(1);
    multiply(x.data(), M, laid.panels, threaded.data());
    EXPECT_EQ(0, std::memcmp(threaded.data(), together.data(), together.size() * sizeof(float)));
  }
}

TEST_P(Quantised, TheEpilogueSeesEveryNumberOnce) {
  constexpr int64_t N = 1000, K = 640;
  const Laid laid(GetParam(), N, K, some_blocks(GetParam(), N, K, 17));
  const auto add = [](const Tile<float>& tile) {
    for (int64_t m = 0; m < tile.m1 - tile.m0; ++m)
      for (int64_t n = 0; n < tile.n1 - tile.n0; ++n) tile.c[m * tile.c_row + n] += static_cast<float>(tile.m0 + m + tile.n0 + n);
  };
  for (const int64_t M : {3, 250}) {
    const std::vector<float> x = some_rows(M, K, 19);
    std::vector<float> plain(static_cast<size_t>(M * N)), finished(plain.size());
    multiply(x.data(), M, laid.panels, plain.data());
    multiply(x.data(), M, laid.panels, finished.data(), epilogue_of<float>(add));
    for (int64_t i = 0; i < M * N; ++i)
      ASSERT_EQ(finished[static_cast<size_t>(i)], plain[static_cast<size_t>(i)] + static_cast<float>(i / N + i % N)) << M << " at " << i;
  }
}

TEST_P(Quantised, FloatsAreRoundedToTheBlocksThatTheyAre) {
  constexpr int64_t N = 37, K = 96;
  std::string blocks = some_blocks(GetParam(), N, K, 23);
  const auto each = static_cast<size_t>(block_bytes(GetParam()));
  for (size_t at = 0; at < blocks.size(); at += each) {
    std::memcpy(blocks.data() + at, &kScales[at / each % 3], 2);  // whose numbers are above the smallest of f16
    blocks[at + 2] = GetParam() == BlockType::q8_0 ? '\x7f' : '\x30';  // the largest, as an encoder has it
    for (size_t i = 0; i < 32 && GetParam() == BlockType::q8_0; ++i)
      if (blocks[at + 2 + i] == '\x80') blocks[at + 2 + i] = 0;
  }
  const Laid laid(GetParam(), N, K, blocks);
  std::vector<float> columns(N * K);
  for (int64_t n = 0; n < N; ++n) unpack_column(laid.panels, n, columns.data() + n * K);
  const Room again(panels_bytes(GetParam(), N, K));
  std::memset(again.at, 0, again.bytes), encode_panels(GetParam(), columns.data(), N, K, again.at);
  const Panels encoded{GetParam(), N, K, again.at};
  std::vector<float> back(K);
  for (int64_t n = 0; n < N; ++n) {
    unpack_column(encoded, n, back.data());
    ASSERT_EQ(back, std::vector<float>(columns.begin() + n * K, columns.begin() + (n + 1) * K)) << n;
  }
}

TEST_P(Quantised, SeveralProductsOfOneAreThoseAlone) {
  constexpr int64_t M = 5, K = 64;
  const Laid wide(GetParam(), 40, K, some_blocks(GetParam(), 40, K, 29)), thin(GetParam(), 3, K, some_blocks(GetParam(), 3, K, 31));
  const std::vector<float> x = some_rows(M, K, 37);
  std::vector<float> a(M * 40), b(M * 3), alone_a(M * 40), alone_b(M * 3);
  const PanelsProduct both[] = {{wide.panels, a.data()}, {thin.panels, b.data()}};
  gemm(x.data(), M, both);
  multiply(x.data(), M, wide.panels, alone_a.data()), multiply(x.data(), M, thin.panels, alone_b.data());
  EXPECT_EQ(a, alone_a);
  EXPECT_EQ(b, alone_b);
}

}  // namespace
}  // namespace grim::device
