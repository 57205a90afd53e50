// The unit has eight registers of 16 rows of 64 bytes. Four hold 32 x 32 sums; two of A (16 rows of 32 numbers) meet two of B, in each row of which the
// numbers of two rows of B lie in pairs, column by column: 32 x 32 x 32 multiply-adds for 4 KiB that are loaded. Hence both operands are laid into such
// registers' shape first, in blocks that stay in the second cache together with the sums.
// Intel, Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
#include "grimoire/device/amx_product.h"

#if defined(__x86_64__) && defined(__linux__)
#define GRIM_AMX 1
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>

#include "grimoire/device/bf16.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/onednn.h"
#include "grimoire/device/threads.h"

namespace grim::device {

#ifdef GRIM_AMX

bool has_amx() {
  static const bool has = [] {
    constexpr long kAskPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return onednn_has(dnnl_cpu_isa_avx512_core_amx) && syscall(SYS_arch_prctl, kAskPermission, kTileData) == 0;
  }();
  return has;
}

namespace {

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 warns of its own header's _mm512_undefined_epi32
#endif
#define GRIM_AMX_CODE __attribute__((target("avx512f,avx512bw,amx-tile,amx-bf16")))

constexpr int64_t kSide = 32;       // of a block of sums, and the numbers that a step adds up
constexpr int64_t kDepth = 512;     // numbers of K whose 32 columns of B stay in the first cache
constexpr int64_t kRows = 256;      // of A and C that stay in the second
constexpr int64_t kStepBytes = 2 * kSide * kSide;
constexpr int64_t kRowBytes = 64;

struct alignas(64) TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

struct Room {
  explicit Room(int64_t size) : bytes(static_cast<size_t>(size)), at(static_cast<char*>(allocate(bytes))) {}
  ~Room() { release(at, bytes); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  size_t bytes;
  char* at;
};

int64_t whole(int64_t n) { return (n + kSide - 1) / kSide * kSide; }

// The first `n` of 32 numbers, the others 0.
GRIM_AMX_CODE inline __m512i some(const Bf16* p, int64_t n) {
  return _mm512_maskz_loadu_epi16(n >= kSide ? ~__mmask32{0} : (__mmask32{1} << n) - 1, p);
}

// Rows of A, K of them wide: 32 rows after 32, of these the first 16 and the others for every 32 of K.
GRIM_AMX_CODE void lay_a(const Bf16* a, int64_t a_row, int64_t M, int64_t K, char* to) {
  const int64_t deep = whole(K), wide = whole(M);
  for (int64_t m = 0; m < wide; ++m) {
    char* const row = to + m / kSide * kSide * deep * 2 + m % kSide * kRowBytes;
    for (int64_t k = 0; k < deep; k += kSide)
      _mm512_store_si512(row + k / kSide * kStepBytes, m < M ? some(a + m * a_row + k, K - k) : _mm512_setzero_si512());
  }
}

// 32 columns of B whose rows are dense.
GRIM_AMX_CODE void lay_b_rows(const Bf16* b, int64_t b_row, int64_t columns, int64_t K, char* to) {
  const __m512i even = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
  const __m512i odd = _mm512_add_epi16(even, _mm512_set1_epi16(16));
  for (int64_t k = 0; k < whole(K); k += 2) {
    const __m512i x = k < K ? some(b + k * b_row, columns) : _mm512_setzero_si512();
    const __m512i y = k + 1 < K ? some(b + (k + 1) * b_row, columns) : _mm512_setzero_si512();
    char* const row = to + k / kSide * kStepBytes + k % kSide / 2 * kRowBytes;
    _mm512_store_si512(row, _mm512_permutex2var_epi16(x, even, y));
    _mm512_store_si512(row + kStepBytes / 2, _mm512_permutex2var_epi16(x, odd, y));
  }
}

// 16 columns of B that are dense, 32 of K: a square of pairs turned round, in each round halves of a quarter the size change places.
GRIM_AMX_CODE inline void lay_b_square(const Bf16* b, int64_t b_col, int64_t columns, int64_t K, char* to) {
  __m512i x[16], y[16];
  for (int64_t n = 0; n < 16; ++n) x[n] = n < columns ? some(b + n * b_col, K) : _mm512_setzero_si512();
  for (int i = 0; i < 8; ++i) {
    y[2 * i] = _mm512_unpacklo_epi32(x[2 * i], x[2 * i + 1]);
    y[2 * i + 1] = _mm512_unpackhi_epi32(x[2 * i], x[2 * i + 1]);
  }
  for (int i = 0; i < 4; ++i) {
    x[4 * i] = _mm512_unpacklo_epi64(y[4 * i], y[4 * i + 2]);
    x[4 * i + 1] = _mm512_unpackhi_epi64(y[4 * i], y[4 * i + 2]);
    x[4 * i + 2] = _mm512_unpacklo_epi64(y[4 * i + 1], y[4 * i + 3]);
    x[4 * i + 3] = _mm512_unpackhi_epi64(y[4 * i + 1], y[4 * i + 3]);
  }
  for (int i = 0; i < 4; ++i) {  // x[4 j + i]: rows i, i + 4, i + 8, i + 12 of columns 4 j to 4 j + 3
    y[i] = _mm512_shuffle_i32x4(x[i], x[4 + i], 0x88);
    y[4 + i] = _mm512_shuffle_i32x4(x[i], x[4 + i], 0xdd);
    y[8 + i] = _mm512_shuffle_i32x4(x[8 + i], x[12 + i], 0x88);
    y[12 + i] = _mm512_shuffle_i32x4(x[8 + i], x[12 + i], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    _mm512_store_si512(to + i * kRowBytes, _mm512_shuffle_i32x4(y[i], y[8 + i], 0x88));
    _mm512_store_si512(to + (8 + i) * kRowBytes, _mm512_shuffle_i32x4(y[i], y[8 + i], 0xdd));
    _mm512_store_si512(to + (4 + i) * kRowBytes, _mm512_shuffle_i32x4(y[4 + i], y[12 + i], 0x88));
    _mm512_store_si512(to + (12 + i) * kRowBytes, _mm512_shuffle_i32x4(y[4 + i], y[12 + i], 0xdd));
  }
}

GRIM_AMX_CODE void lay_b_columns(const Bf16* b, int64_t b_col, int64_t columns, int64_t K, char* to) {
  for (int64_t k = 0; k < K; k += kSide)
    for (int64_t half = 0; half < 2; ++half)
      lay_b_square(b + half * 16 * b_col + k, b_col, columns - half * 16, K - k, to + k / kSide * kStepBytes + half * kStepBytes / 2);
}

// c (32, 32), rows `c_row` apart, of A and B as they are laid out; added to what is there where `adds`.
GRIM_AMX_CODE inline void multiply(const char* a, const char* b, int64_t steps, float* c, int64_t c_row, bool adds) {
  float* const below = c + 16 * c_row;
  const int64_t row = c_row * 4;
  if (adds) {
    _tile_loadd(0, c, row);
    _tile_loadd(1, c + 16, row);
    _tile_loadd(2, below, row);
    _tile_loadd(3, below + 16, row);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t s = 0; s < steps; ++s, a += kStepBytes, b += kStepBytes) {
    _tile_loadd(6, b, kRowBytes);
    _tile_loadd(4, a, kRowBytes);
    _tile_loadd(7, b + kStepBytes / 2, kRowBytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + kStepBytes / 2, kRowBytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, row);
  _tile_stored(1, c + 16, row);
  _tile_stored(2, below, row);
  _tile_stored(3, below + 16, row);
}

// Sums into C, past the caches where nothing looks at it soon.
GRIM_AMX_CODE void put(const float* sums, int64_t step, const Gemm<Bf16>& g, int64_t m0, int64_t rows, bool past) {
  const __m512 beta = _mm512_set1_ps(g.beta);
  for (int64_t m = 0; m < rows; ++m) {
    float* const c = g.c + (m0 + m) * g.c_row;
    const bool streams = past && reinterpret_cast<uintptr_t>(c) % kRowBytes == 0;
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

// Rows [m, m + rows) of A, numbers [k, k + count) of each, laid out; those of a turned A are turned back first.
void lay_block(const Gemm<Bf16>& g, int64_t m, int64_t rows, int64_t k, int64_t count, char* to) {
  const Bf16* const a = g.a + m * g.a_row + k * g.a_col;
  if (g.a_col == 1) return lay_a(a, g.a_row, rows, count, to);
  const Room room(rows * count * 2);
  auto* const turned = reinterpret_cast<Bf16*>(room.at);
  transpose(a, count, rows, g.a_col, turned, count);
  lay_a(turned, count, rows, count, to);
}

int64_t depth_of(int64_t K) {
  const int64_t pieces = (K + kDepth - 1) / kDepth;
  return whole((K + pieces - 1) / pieces);
}

// The blocks of rows [m, m + rows), one for each piece of K.
void lay_rows(const Gemm<Bf16>& g, int64_t m, int64_t rows, char* to) {
  const int64_t depth = depth_of(g.K);
  for (int64_t k = 0; k < g.K; k += depth) lay_block(g, m, rows, k, std::min(depth, g.K - k), to + k * whole(rows) * 2);
}

// Rows [m0, m0 + g.M), columns [n0, n0 + g.N) of a product, whose C goes past the caches or not. `laid_a`: its rows, or null where each
// strip lays them out for itself.
GRIM_AMX_CODE void strip(const Gemm<Bf16>& g, const Epilogue<float>& epilogue, int64_t m0, int64_t n0, const char* laid_a, bool past) {
  const int64_t depth = depth_of(g.K), deep = whole(g.K), wide = whole(g.N), high = std::min(kRows, whole(g.M));
  const Room a(laid_a ? 0 : high * deep * 2), b(wide * deep * 2), c(high * wide * 4);
  float* const sums = reinterpret_cast<float*>(c.at);
  const auto laid_b = [&](int64_t k, int64_t n) { return b.at + (k * wide + n * whole(std::min(depth, g.K - k))) * 2; };
  for (int64_t k = 0; k < g.K; k += depth)
    for (int64_t n = 0; n < g.N; n += kSide) {
      const int64_t columns = std::min(kSide, g.N - n), count = std::min(depth, g.K - k);
      if (g.b_col == 1) lay_b_rows(g.b + k * g.b_row + n, g.b_row, columns, count, laid_b(k, n));
      else lay_b_columns(g.b + k + n * g.b_col, g.b_col, columns, count, laid_b(k, n));
    }
  const TileShapes shapes;
  for (int64_t m = 0; m < g.M; m += kRows) {
    const int64_t rows = std::min(kRows, g.M - m);
    if (!laid_a) lay_rows(g, m, rows, a.at);
    const char* const rows_of_a = laid_a ? laid_a + m * deep * 2 : a.at;
    _tile_loadconfig(&shapes);
    for (int64_t k = 0; k < g.K; k += depth) {
      const int64_t steps = whole(std::min(depth, g.K - k)) / kSide;
      const char* const block = rows_of_a + k * whole(rows) * 2;
      for (int64_t n = 0; n < wide; n += kSide)
        for (int64_t r = 0; r < rows; r += kSide) multiply(block + r * steps * kRowBytes, laid_b(k, n), steps, sums + r * wide + n, wide, k > 0);
    }
    _tile_release();
    if (g.c) put(sums, wide, g, m, rows, past);
    if (epilogue.run) epilogue.run(epilogue.context, {m0 + m, m0 + m + rows, n0, n0 + g.N, g.c ? g.c + m * g.c_row : sums, g.c ? g.c_row : wide});
  }
}

// An edge of strips: at most `largest`, as even as possible, a multiple of a block's.
int64_t even(int64_t n, int64_t largest) {
  const int64_t pieces = (n + largest - 1) / largest;
  return whole((n + pieces - 1) / pieces);
}

}  // namespace

void amx_gemm(const Gemm<Bf16>& g, const Epilogue<float>& epilogue) {
  constexpr int64_t kTall = 1024, kWide = 384;
  constexpr int64_t kSplitWork = 4 * 1024 * 1024;  // multiply-adds that stay on one thread
  constexpr int64_t kKeptSums = 256 * 1024;        // up to so many the next op may find them in a cache
  constexpr int64_t kSharedBytes = 16 << 20;       // of A, laid out once for all strips
  int64_t tall = even(g.M, kTall), wide = even(g.N, kWide);
  if (tall >= g.M && wide >= g.N && g.M * g.N * g.K > kSplitWork) (g.M > g.N ? tall : wide) = whole((std::max(g.M, g.N) + 1) / 2);
  const int64_t down = (g.M + tall - 1) / tall, across = (g.N + wide - 1) / wide;
  const int64_t deep = whole(g.K), bytes = down * tall * deep * 2;
  const bool shared = across > 1 && bytes <= kSharedBytes;
  const Room a(shared ? bytes : 0);
  const int64_t blocks = (tall + kRows - 1) / kRows;
  for_chunks(shared ? down * blocks : 0, [&](int64_t i) {
    const int64_t m = i / blocks * tall + i % blocks * kRows, end = std::min({m + kRows, (i / blocks + 1) * tall, g.M});
    if (m < end) lay_rows(g, m, end - m, a.at + m * deep * 2);
  });
  for_chunks(down * across, [&](int64_t chunk) {
    const int64_t m = chunk % down * tall, n = chunk / down * wide;
    Gemm<Bf16> part = g;
    part.M = std::min(tall, g.M - m), part.N = std::min(wide, g.N - n);
    part.a += m * g.a_row, part.b += n * g.b_col;
    if (g.c) part.c += m * g.c_row + n;
    strip(part, epilogue, m, n, shared ? a.at + m * deep * 2 : nullptr, g.M * g.N > kKeptSums && !epilogue.run);
  });
}

#else

bool has_amx() { return false; }
void amx_gemm(const Gemm<Bf16>&, const Epilogue<float>&) {}

#endif

}  // namespace grim::device
