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
template <class T> void strip(const Gemm<T, Bf16>& g, const Epilogue<float>& epilogue, int64_t m0, int64_t n0, const char* laid_a, bool past) {
  const int64_t depth = depth_of(g.K), span = std::min(amx_whole(g.K), depth * kSpan), wide = amx_whole(g.N);
  const bool spans = span < g.K;
  const int64_t high = std::min(kRows, amx_whole(g.M)), kept = spans ? amx_whole(g.M) : high;
  const Room a(laid_a ? 0 : high * span * 2), b(wide * span * 2), c(kept * wide * 4);
  for (int64_t k0 = 0; k0 < g.K; k0 += span) {
    const int64_t k1 = std::min(g.K, k0 + span);
    const auto laid_b = [&](int64_t k) { return b.at + (k - k0) * wide * 2; };
    for (int64_t k = k0; k < k1; k += depth) amx_lay_b(g.b + k * g.b_row, g.b_row, g.b_col, g.N, std::min(depth, k1 - k), laid_b(k));
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
      if (g.c) put(sums, wide, g, m, rows, past);
      if (epilogue.run) epilogue.run(epilogue.context, {m0 + m, m0 + m + rows, n0, n0 + g.N, g.c ? g.c + m * g.c_row : sums, g.c ? g.c_row : wide});
    }
  }
}

// An edge of strips: at most `largest`, as even as possible, a multiple of a block's.
int64_t even(int64_t n, int64_t largest) {
  const int64_t pieces = (n + largest - 1) / largest;
  return amx_whole((n + pieces - 1) / pieces);
}

template <class T> void multiply(const Gemm<T, Bf16>& g, const Epilogue<float>& epilogue) {
  constexpr int64_t kTall = 1024, kWide = 384;
  constexpr int64_t kSplitWork = 4 * 1024 * 1024;  // multiply-adds that stay on one thread
  constexpr int64_t kKeptSums = 256 * 1024;        // up to so many the next op may find them in a cache
  constexpr int64_t kSharedBytes = 16 << 20;       // of A, laid out once for all strips
  int64_t tall = even(g.M, kTall), wide = even(g.N, kWide);
  if (tall >= g.M && wide >= g.N && g.M * g.N * g.K > kSplitWork) (g.M > g.N ? tall : wide) = amx_whole((std::max(g.M, g.N) + 1) / 2);
  const int64_t down = (g.M + tall - 1) / tall, across = (g.N + wide - 1) / wide;
  const int64_t deep = amx_whole(g.K), bytes = down * tall * deep * 2;
  const bool shared = across > 1 && bytes <= kSharedBytes;
  const Room a(shared ? bytes : 0);
  const int64_t blocks = (tall + kRows - 1) / kRows;
  for_chunks(shared ? down * blocks : 0, [&](int64_t i) {
    const int64_t m = i / blocks * tall + i % blocks * kRows, end = std::min({m + kRows, (i / blocks + 1) * tall, g.M});
    if (m < end) lay_rows(g, m, end - m, 0, g.K, a.at + m * deep * 2);
  });
  for_chunks(down * across, [&](int64_t chunk) {
    const int64_t m = chunk % down * tall, n = chunk / down * wide;
    Gemm<T, Bf16> part = g;
    part.M = std::min(tall, g.M - m), part.N = std::min(wide, g.N - n);
    part.a += m * g.a_row, part.b += n * g.b_col;
    if (g.c) part.c += m * g.c_row + n;
    strip(part, epilogue, m, n, shared ? a.at + m * deep * 2 : nullptr, g.M * g.N > kKeptSums && !epilogue.run);
  });
}

}  // namespace

void amx_gemm(const Gemm<Bf16>& g, const Epilogue<float>& epilogue) { multiply(g, epilogue); }
void amx_gemm(const Gemm<float, Bf16>& g, const Epilogue<float>& epilogue) { multiply(g, epilogue); }

#else

void amx_gemm(const Gemm<Bf16>&, const Epilogue<float>&) {}
void amx_gemm(const Gemm<float, Bf16>&, const Epilogue<float>&) {}

#endif

}  // namespace grim::device
