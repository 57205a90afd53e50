#include "grimoire/device/gemm.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/device/threads.h"

namespace grim::device {
namespace {

template <class T> std::vector<T> noise(int64_t n, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<T> v(static_cast<size_t>(n));
  for (T& x : v) x = static_cast<T>(static_cast<double>(engine() >> 40) * 0x1p-23 - 1.0);
  return v;
}

// Against three plain loops in double, for every layout, with C embedded in wider rows that must stay untouched.
template <class T> void check(int64_t M, int64_t N, int64_t K, bool ta, bool tb, T beta, double tolerance) {
  const std::vector<T> a = noise<T>(M * K, 1), b = noise<T>(K * N, 2);
  const int64_t row = N + 3;
  std::vector<T> c = noise<T>(M * row, 3);
  const std::vector<T> before = c;
  gemm(Gemm<T>{.M = M, .N = N, .K = K, .a = a.data(), .a_row = ta ? 1 : K, .a_col = ta ? M : 1, .b = b.data(),
               .b_row = tb ? 1 : N, .b_col = tb ? K : 1, .c = c.data(), .c_row = row, .beta = beta});
  for (int64_t m = 0; m < M; ++m)
    for (int64_t n = 0; n < row; ++n) {
      double expected = before[static_cast<size_t>(m * row + n)];
      if (n < N) {
        expected *= beta;
        for (int64_t k = 0; k < K; ++k)
          expected += static_cast<double>(a[static_cast<size_t>(ta ? k * M + m : m * K + k)]) *
                      b[static_cast<size_t>(tb ? n * K + k : k * N + n)];
      }
      ASSERT_NEAR(c[static_cast<size_t>(m * row + n)], expected, tolerance * std::sqrt(K + 1.0))
          << M << "x" << N << "x" << K << " at " << m << "," << n << (ta ? " A'" : "") << (tb ? " B'" : "");
    }
}

TEST(Gemm, MatchesPlainLoops) {
  const int64_t shapes[][3] = {{1, 1, 1},    {1, 27, 10},  {32, 27, 200}, {5, 49, 3},   {13, 17, 19},
                               {8, 48, 16},  {3, 0, 4},    {2, 3, 0},     {33, 65, 31}, {120, 130, 140}, {300, 500, 40}};
  for (const auto& s : shapes)
    for (bool ta : {false, true})
      for (bool tb : {false, true})
        for (double beta : {0.0, 1.0}) {
          check<float>(s[0], s[1], s[2], ta, tb, static_cast<float>(beta), 3e-6);
          check<double>(s[0], s[1], s[2], ta, tb, beta, 1e-14);
        }
}

TEST(Gemm, BetaZeroIgnoresGarbage) {
  std::vector<float> a(64 * 64, 1), b(64 * 64, 1), c(64 * 64, NAN);
  gemm(Gemm<float>{.M = 64, .N = 64, .K = 64, .a = a.data(), .a_row = 64, .a_col = 1, .b = b.data(), .b_row = 64,
                   .b_col = 1, .c = c.data(), .c_row = 64});
  for (float v : c) ASSERT_EQ(v, 64.0f);
}

TEST(Gemm, SameBitsForAnyThreadCount) {
  const int64_t M = 520, N = 900, K = 130;
  const std::vector<float> a = noise<float>(M * K, 1), b = noise<float>(K * N, 2);
  std::vector<float> results[3];
  for (int threads : {1, 2, 3}) {
    set_thread_cap(threads);
    std::vector<float>& c = results[threads - 1];
    c.resize(static_cast<size_t>(M * N));
    gemm(Gemm<float>{.M = M, .N = N, .K = K, .a = a.data(), .a_row = K, .a_col = 1, .b = b.data(), .b_row = N, .b_col = 1,
                     .c = c.data(), .c_row = N});
  }
  set_thread_cap(0);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

// Of a size that is left to oneDNN, with pieces at their ends, B and A in all their forms: places far apart against sums in double.
TEST(Gemm, LargeProductsAreCoveredWhole) {
  struct Case {
    int64_t M, N, K;
  };
  for (const Case& s : {Case{1025, 800, 200}, Case{2048, 1000, 100}, Case{512, 2305, 96}, Case{3, 30000, 600}, Case{4000, 16, 1100}})
    for (const bool across : {false, true})
      for (const bool down : {false, true}) {
        const std::vector<float> a = noise<float>(s.M * s.K, 1), b = noise<float>(s.K * s.N, 2);
        const Gemm<float> g{.M = s.M, .N = s.N, .K = s.K, .a = a.data(), .a_row = across ? 1 : s.K, .a_col = across ? s.M : 1,
                            .b = b.data(), .b_row = down ? 1 : s.N, .b_col = down ? s.K : 1};
        std::vector<float> results[2];
        for (int threads : {1, 3}) {
          set_thread_cap(threads);
          std::vector<float>& c = results[threads / 2];
          c.assign(static_cast<size_t>(s.M * s.N), NAN);
          Gemm<float> one = g;
          one.c = c.data();
          one.c_row = s.N;
          gemm(one);
        }
        set_thread_cap(0);
        ASSERT_EQ(results[0], results[1]) << s.M << " " << s.N << " " << s.K;
        for (int64_t i = 0; i < s.M * s.N; i += i % 97 + 61) {
          const int64_t m = i / s.N, n = i % s.N;
          double sum = 0;
          for (int64_t k = 0; k < s.K; ++k)
            sum += static_cast<double>(g.a[m * g.a_row + k * g.a_col]) * static_cast<double>(g.b[k * g.b_row + n * g.b_col]);
          ASSERT_NEAR(results[0][static_cast<size_t>(i)], sum, 2e-4) << s.M << " " << s.N << " " << s.K << " at " << m << ", " << n;
        }
      }
}

TEST(Gemm, EpilogueSeesEveryElementOnce) {
  const int64_t M = 300, N = 800, K = 50;
  const std::vector<float> a = noise<float>(M * K, 1), b = noise<float>(K * N, 2);
  std::vector<float> c(static_cast<size_t>(M * N));
  std::vector<int> seen(c.size());
  const auto count = [&](const Tile<float>& t) {
    for (int64_t m = t.m0; m < t.m1; ++m)
      for (int64_t n = t.n0; n < t.n1; ++n) {
        ++seen[static_cast<size_t>(m * N + n)];
        EXPECT_EQ(t.c + (m - t.m0) * t.c_row + n - t.n0, c.data() + m * N + n);
      }
  };
  gemm(Gemm<float>{.M = M, .N = N, .K = K, .a = a.data(), .a_row = K, .a_col = 1, .b = b.data(), .b_row = N, .b_col = 1,
                   .c = c.data(), .c_row = N}, epilogue_of<float>(count));
  for (int s : seen) ASSERT_EQ(s, 1);
}

// Every layout of bf16 operands against the same numbers in double; with a C, added to it, and without one.
TEST(Gemm, Bf16AddsUpInF32) {
  const auto narrow = [](const std::vector<float>& v) {
    std::vector<Bf16> out;
    for (float x : v) out.emplace_back(x);
    return out;
  };
  using Sizes = std::tuple<int64_t, int64_t, int64_t>;
  for (const auto& [M, N, K] : {Sizes{1, 1, 1}, {1, 64, 33}, {5, 1, 7}, {17, 31, 64}, {64, 64, 64}, {300, 500, 70}, {530, 800, 129}, {40, 70, 1100},
                                {1060, 400, 600}, {3, 4, 0}, {300, 400, 9001}, {520, 40, 9001}})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        const std::vector<Bf16> a = narrow(noise<float>(M * K, 1)), b = narrow(noise<float>(K * N, 2));
        Gemm<Bf16> g{.M = M, .N = N, .K = K, .a = a.data(), .a_row = ta ? 1 : K, .a_col = ta ? M : 1, .b = b.data(), .b_row = tb ? 1 : N, .b_col = tb ? K : 1,
                     .c_row = N};
        std::vector<float> sums(static_cast<size_t>(M * N), 2.0f), seen(sums.size()), again = sums, halves = sums;
        const auto keep = [&](const Tile<float>& t) {
          for (int64_t m = t.m0; m < t.m1; ++m) std::copy_n(t.c + (m - t.m0) * t.c_row, t.n1 - t.n0, seen.data() + m * N + t.n0);
        };
        gemm(g, epilogue_of<float>(keep));
        g.c = sums.data(), g.beta = 1;
        gemm(g);
        g.c = halves.data(), g.beta = .5f;
        gemm(g);
        g.c = again.data(), g.beta = 1;
        set_thread_cap(1);
        gemm(g);
        set_thread_cap(0);
        EXPECT_EQ(sums, again) << "one thread against two";
        for (int64_t i = 0; i < M * N; i += 1 + M * N / 500) {
          double sum = 0;
          for (int64_t k = 0; k < K; ++k)
            sum += static_cast<float>(g.a[i / N * g.a_row + k * g.a_col]) * static_cast<double>(static_cast<float>(g.b[k * g.b_row + i % N * g.b_col]));
          ASSERT_NEAR(seen[static_cast<size_t>(i)], sum, 1e-4) << M << " " << N << " " << K << " " << ta << tb;
          ASSERT_NEAR(sums[static_cast<size_t>(i)], sum + 2, 1e-4) << M << " " << N << " " << K << " " << ta << tb;
          ASSERT_NEAR(halves[static_cast<size_t>(i)], sum + 1, 1e-4) << M << " " << N << " " << K << " " << ta << tb;
        }
      }
}

}  // namespace
// Those of one row, of up to 16 and of more are worked out by different loops, in stripes and panels of different widths.
TEST(GemmRows, ARowHasTheSameBitsBesideAnyOthers) {
  for (const auto& [N, K] : {std::pair<int64_t, int64_t>{1, 9}, {7, 3}, {321, 70}, {2500, 129}, {4097, 65}})
    for (const bool turned : {false, true}) {
      const int64_t M = 40;
      const std::vector<float> a = noise<float>(M * K, 1), b = noise<float>(K * N, 2);
      const auto rows = [&](int64_t first, int64_t count) {
        std::vector<float> c(static_cast<size_t>(count * N), -1.0f);
        gemm_rows(Gemm<float>{.M = count, .N = N, .K = K, .a = a.data() + first * K, .a_row = K, .a_col = 1, .b = b.data(), .b_row = turned ? 1 : N,
                              .b_col = turned ? K : 1, .c = c.data(), .c_row = N});
        return c;
      };
      const std::vector<float> all = rows(0, M);
      for (const int64_t n : {int64_t{0}, N / 2, N - 1}) {
        double expected = 0;
        for (int64_t k = 0; k < K; ++k)
          expected += static_cast<double>(a[static_cast<size_t>(3 * K + k)]) * b[static_cast<size_t>(turned ? n * K + k : k * N + n)];
        EXPECT_NEAR(all[static_cast<size_t>(3 * N + n)], expected, 1e-4) << N << "x" << K << " at " << n;
      }
      for (const int64_t count : {1, 2, 3, 5, 16, 17, 30})
        EXPECT_TRUE(std::ranges::equal(rows(3, count), std::span(all).subspan(static_cast<size_t>(3 * N), static_cast<size_t>(count * N))))
            << count << " rows, " << N << "x" << K << (turned ? " turned" : "");
    }
}

}  // namespace grim::device
