#include "grimoire/device/amx_product.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
#include <type_traits>

#include "grimoire/device/amx_tiles.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"

namespace grim::device {

#ifdef __x86_64__

namespace {

constexpr int64_t kDepth = 512;  // numbers of K whose 32 columns of B stay in the first cache
constexpr int64_t kRows = 256;   // of A and C that stay in the second
constexpr int64_t kSpan = 16;    // such depths of A and B laid out at once

// Sums into C, past the caches where nothing looks at it soon.
template <class T> __attribute__((target("avx512f"))) void put(const float* sums, int64_t step, const Gemm<T, Bf16>& g, int64_t m0, int64_t rows, bool past) {
  const __m512 beta = _mm512_set1_ps(g.beta);
  for (int64_t m = 0; m < rows; ++m) {
    float* const c = g.c + (m0 + m) * g.c_row;
    const bool streams = past && reinterpret_cast<uintptr_t>(c) % 64 == 0;
    for (int64_t n = 0; n < g.N; n += 16) {
      const __mmask16 there = g.N - n >= 16 ? ~__mmask16{0} : (__mmask16{1} << (g.N - n)) - 1;
      __m512 sum = _mm512_load_ps(sums + m * step + n);
      if (g.beta != 0) sum = _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(there, c + n), sum);
      if (streams && g.N - n >= 16) _mm512_stream_ps(c + n, sum);
      else _mm512_mask_storeu_ps(c + n, there, sum);
    }
  }
  if (past) _mm_sfence();  // such stores overtake others, and another thread reads them next
}

int64_t depth_of(int64_t K) {
  const int64_t pieces = (K + kDepth - 1) / kDepth;
  return amx_whole((K + pieces - 1) / pieces);
}

// The blocks of rows [m, m + rows), one for each piece of columns [k0, k1) of K.
template <class T> void lay_rows(const Gemm<T, Bf16>& g, int64_t m, int64_t rows, int64_t k0, int64_t k1, char* to) {
  const int64_t depth = depth_of(g.K);
  for (int64_t k = k0; k < k1; k += depth) {
    const T* const a = g.a + m * g.a_row + k * g.a_col;
    char* const block = to + (k - k0) * amx_whole(rows) * 2;
    if constexpr (std::is_same_v<T, float>) amx_round_a(a, g.a_row, rows, std::min(depth, k1 - k), block);
    else amx_lay_a(a, g.a_row, g.a_col, rows, std::min(depth, k1 - k), block);
  }
}

// Rows [m0, m0 + g.M), columns [n0, n0 + g.N) of a product, whose C goes past the caches or not. `laid_a`: its rows, or null where each
// strip lays them out for itself. Of a long K (the vocabulary's, in the gradient of a head's input) a span is laid out at a time.
template <class T, class LayB>
void strip(const Gemm<T, Bf16>& g, const Epilogue<float>& epilogue, int64_t m0, int64_t n0, const char* laid_a, bool past, const LayB& lay_b) {
  const int64_t depth = depth_of(g.K), span = std::min(amx_whole(g.K), depth * kSpan), wide = amx_whole(g.N);
  const bool spans = span < g.K;
  const int64_t high = std::min(kRows, amx_whole(g.M)), kept = spans ? amx_whole(g.M) : high;
  const Room a(laid_a ? 0 : high * span * 2), b(wide * span * 2), c(kept * wide * 4);
  for (int64_t k0 = 0; k0 < g.K; k0 += span) {
    const int64_t k1 = std::min(g.K, k0 + span);
    const auto laid_b = [&](int64_t k) { return b.at + (k - k0) * wide * 2; };
    for (int64_t k = k0; k < k1; k += depth) lay_b(n0, g.N, k, std::min(depth, k1 - k), laid_b(k));
    for (int64_t m = 0; m < g.M; m += kRows) {
      const int64_t rows = std::min(kRows, g.M - m), whole = amx_whole(rows);
      if (!laid_a) lay_rows(g, m, rows, k0, k1, a.at);
      const char* const rows_of_a = laid_a ? laid_a + (m * amx_whole(g.K) + k0 * whole) * 2 : a.at;
      float* const sums = c.of<float>() + (spans ? m * wide : 0);
      for (int64_t k = k0; k < k1; k += depth) {
        const AmxRegisters registers;
        const int64_t steps = amx_whole(std::min(depth, k1 - k)) / kAmxSide;
        amx_multiply({rows_of_a + (k - k0) * whole * 2, steps}, whole / kAmxSide, {laid_b(k), steps}, wide / kAmxSide, steps, sums, wide, k > 0);
      }
      if (k1 < g.K) continue;
      if (epilogue.run && g.beta == 0) epilogue.run(epilogue.context, {m0 + m, m0 + m + rows, n0, n0 + g.N, sums, wide});
      if (g.c) put(sums, wide, g, m, rows, past);
      if (epilogue.run && g.beta != 0) epilogue.run(epilogue.context, {m0 + m, m0 + m + rows, n0, n0 + g.N, g.c + m * g.c_row, g.c_row});
    }
  }
}

// An edge of strips: at most `largest`, as even as possible, a multiple of a block's.
int64_t even(int64_t n, int64_t largest) {
  const int64_t pieces = (n + largest - 1) / largest;
  return amx_whole((n + pieces - 1) / pieces);
}

constexpr int64_t kTall = 1024, kWide = 384;
constexpr int64_t kSplitWork = 4 * 1024 * 1024;  // multiply-adds that stay on one thread
constexpr int64_t kKeptSums = 256 * 1024;        // up to so many the next op may find them in a cache

struct Strips {
  int64_t tall, wide;
};

// `rows`: a strip's rows are a multiple of it, or all.
Strips strips_of(int64_t M, int64_t N, int64_t K, int64_t rows) {
  const auto whole = [&](int64_t m) { return std::min(amx_whole(M), (m + rows - 1) / rows * rows); };
  Strips s{whole(even(M, kTall)), even(N, kWide)};
  if (s.tall < M || s.wide < N || M * N * K <= kSplitWork) return s;
  if (M > N && whole((M + 1) / 2) < M) s.tall = whole((M + 1) / 2);
  else s.wide = amx_whole((N + 1) / 2);
  return s;
}

// `laid_a`: all rows, laid out by lay_all_rows, or null. lay_b(n, N, k, K, to) lays out so many columns and rows of B, as amx_lay_b.
template <class T, class LayB>
void multiply(const Gemm<T, Bf16>& g, const Epilogue<float>& epilogue, const Strips& s, const char* laid_a, const LayB& lay_b) {
  const int64_t down = (g.M + s.tall - 1) / s.tall, across = (g.N + s.wide - 1) / s.wide;
  for_chunks(down * across, [&](int64_t chunk) {
    const int64_t m = chunk % down * s.tall, n = chunk / down * s.wide;
    Gemm<T, Bf16> part = g;
    part.M = std::min(s.tall, g.M - m), part.N = std::min(s.wide, g.N - n);
    part.a += m * g.a_row;
    if (g.c) part.c += m * g.c_row + n;
    strip(part, epilogue, m, n, laid_a ? laid_a + m * amx_whole(g.K) * 2 : nullptr, g.M * g.N > kKeptSums, lay_b);
  });
}

// Rows in blocks of kRows, the last what is left.
template <class T> void lay_all_rows(const Gemm<T, Bf16>& g, char* to) {
  for_chunks((g.M + kRows - 1) / kRows, [&](int64_t i) {
    lay_rows(g, i * kRows, std::min(kRows, g.M - i * kRows), 0, g.K, to + i * kRows * amx_whole(g.K) * 2);
  });
}

template <class T> auto lay_b_of(const Gemm<T, Bf16>& g) {
  return [&g](int64_t n, int64_t N, int64_t k, int64_t K, char* to) { amx_lay_b(g.b + n * g.b_col + k * g.b_row, g.b_row, g.b_col, N, K, to); };
}

}  // namespace

void amx_gemm(const Gemm<Bf16>& g, const Epilogue<float>& epilogue) {
  constexpr int64_t kSharedBytes = 16 << 20;  // of A, laid out once for all strips
  const int64_t bytes = amx_bytes(g.M, g.K);
  const bool shared = g.N > kWide && bytes <= kSharedBytes;
  const Room a(shared ? bytes : 0);
  if (shared) lay_all_rows(g, a.at);
  multiply(g, epilogue, strips_of(g.M, g.N, g.K, shared ? kRows : kAmxSide), shared ? a.at : nullptr, lay_b_of(g));
}

void amx_gemm_rounded(std::span<const RoundedGemm> products) {
  const Gemm<float, Bf16>& first = products.front().product;
  const Room a(amx_bytes(first.M, first.K));
  lay_all_rows(first, a.at);
  for (const auto& [g, epilogue] : products)
    if (g.N > 0) multiply(g, epilogue, strips_of(g.M, g.N, g.K, kRows), a.at, lay_b_of(g));
}

void amx_gemm_panels(const float* a, int64_t M, std::span<const PanelsProduct> products) {
  const int64_t K = products.front().b.K;
  Gemm<float, Bf16> g{.M = M, .K = K, .a = a, .a_row = K};
  const Room laid(amx_bytes(M, K));
  lay_all_rows(g, laid.at);
  for (const auto& [b, c, epilogue] : products) {
    g.N = b.N, g.c = c, g.c_row = b.N;
    const auto lay_b = [&b = b](int64_t n, int64_t N, int64_t k, int64_t depth, char* to) { amx_unpack_b(b, n, N, k, depth, to); };
    if (b.N > 0) multiply(g, epilogue, strips_of(M, b.N, K, kRows), laid.at, lay_b);
  }
}

#else

void amx_gemm(const Gemm<Bf16>&, const Epilogue<float>&) {}
void amx_gemm_rounded(std::span<const RoundedGemm>) {}
void amx_gemm_panels(const float*, int64_t, std::span<const PanelsProduct>) {}

#endif

}  // namespace grim::device
