#include "grimoire/device/amx_tiles.h"

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
#define GRIM_AMX_CODE __attribute__((target("avx512f,avx512bw,avx512bf16,amx-tile,amx-bf16")))

constexpr int64_t kRowBytes = 64;

struct alignas(64) TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// The first `n` of 32 numbers, the others 0.
GRIM_AMX_CODE inline __m512i some(const Bf16* p, int64_t n) {
  return _mm512_maskz_loadu_epi16(n >= kAmxSide ? ~__mmask32{0} : (__mmask32{1} << n) - 1, p);
}

// Rows of A, K of them wide: 32 rows after 32, of these the first 16 and the others for every 32 of K.
GRIM_AMX_CODE void lay_a(const Bf16* a, int64_t a_row, int64_t M, int64_t K, char* to) {
  const int64_t deep = amx_whole(K), wide = amx_whole(M);
  for (int64_t m = 0; m < wide; ++m) {
    char* const row = to + m / kAmxSide * kAmxSide * deep * 2 + m % kAmxSide * kRowBytes;
    for (int64_t k = 0; k < deep; k += kAmxSide)
      _mm512_store_si512(row + k / kAmxSide * kAmxStepBytes, m < M ? some(a + m * a_row + k, K - k) : _mm512_setzero_si512());
  }
}

// 32 columns of B whose rows are dense.
GRIM_AMX_CODE void lay_b_rows(const Bf16* b, int64_t b_row, int64_t columns, int64_t K, char* to) {
  const __m512i even = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
  const __m512i odd = _mm512_add_epi16(even, _mm512_set1_epi16(16));
  for (int64_t k = 0; k < amx_whole(K); k += 2) {
    const __m512i x = k < K ? some(b + k * b_row, columns) : _mm512_setzero_si512();
    const __m512i y = k + 1 < K ? some(b + (k + 1) * b_row, columns) : _mm512_setzero_si512();
    char* const row = to + k / kAmxSide * kAmxStepBytes + k % kAmxSide / 2 * kRowBytes;
    _mm512_store_si512(row, _mm512_permutex2var_epi16(x, even, y));
    _mm512_store_si512(row + kAmxStepBytes / 2, _mm512_permutex2var_epi16(x, odd, y));
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
  for (int64_t k = 0; k < K; k += kAmxSide)
    for (int64_t half = 0; half < 2; ++half)
      lay_b_square(b + half * 16 * b_col + k, b_col, columns - half * 16, K - k, to + k / kAmxSide * kAmxStepBytes + half * kAmxStepBytes / 2);
}

GRIM_AMX_CODE inline __m512 some(const float* p, int64_t n) {
  return _mm512_maskz_loadu_ps(n >= 16 ? ~__mmask16{0} : n > 0 ? (__mmask16{1} << n) - 1 : 0, p);
}
// To nearest even; the 16 of `low`, then the others.
GRIM_AMX_CODE inline __m512i rounded(__m512 low, __m512 high) { return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)); }

// On a constructor g++ 12 forgets the attribute.
GRIM_AMX_CODE void take_registers() {
  static constexpr TileShapes shapes;  // in memory whole: the instruction is said to read one number
  _tile_loadconfig(&shapes);
}
GRIM_AMX_CODE void give_back_registers() { _tile_release(); }

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
  for (int64_t s = 0; s < steps; ++s, a += kAmxStepBytes, b += kAmxStepBytes) {
    _tile_loadd(6, b, kRowBytes);
    _tile_loadd(4, a, kRowBytes);
    _tile_loadd(7, b + kAmxStepBytes / 2, kRowBytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + kAmxStepBytes / 2, kRowBytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, row);
  _tile_stored(1, c + 16, row);
  _tile_stored(2, below, row);
  _tile_stored(3, below + 16, row);
}

}  // namespace

void amx_lay_a(const Bf16* a, int64_t a_row, int64_t a_col, int64_t M, int64_t K, char* to) {
  if (a_col == 1) return lay_a(a, a_row, M, K, to);
  const Room room(M * K * 2);
  Bf16* const turned = room.of<Bf16>();
  transpose(a, K, M, a_col, turned, K);
  lay_a(turned, K, M, K, to);
}

void amx_lay_b(const Bf16* b, int64_t b_row, int64_t b_col, int64_t N, int64_t K, char* to) {
  for (int64_t n = 0; n < N; n += kAmxSide, to += amx_bytes(kAmxSide, K)) {
    const int64_t columns = std::min(kAmxSide, N - n);
    if (b_col == 1) lay_b_rows(b + n, b_row, columns, K, to);
    else lay_b_columns(b + n * b_col, b_col, columns, K, to);
  }
}

GRIM_AMX_CODE void amx_round_a(const float* a, int64_t a_row, int64_t M, int64_t K, char* to) {
  const int64_t deep = amx_whole(K), wide = amx_whole(M);
  for (int64_t m = 0; m < wide; ++m) {
    char* const row = to + m / kAmxSide * kAmxSide * deep * 2 + m % kAmxSide * kRowBytes;
    for (int64_t k = 0; k < deep; k += kAmxSide) {
      const __m512i pair = m < M ? rounded(some(a + m * a_row + k, K - k), some(a + m * a_row + k + 16, K - k - 16)) : _mm512_setzero_si512();
      _mm512_store_si512(row + k / kAmxSide * kAmxStepBytes, pair);
    }
  }
}

GRIM_AMX_CODE void amx_round_b(const float* b, int64_t b_row, int64_t N, int64_t K, char* to) {
  const __m512i pairs = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  for (int64_t n = 0; n < N; n += kAmxSide, to += amx_bytes(kAmxSide, K))
    for (int64_t k = 0; k < amx_whole(K); k += 2)
      for (int64_t half = 0; half < 2; ++half) {
        const int64_t at = n + half * 16;
        const float* const row = b + k * b_row + at;
        const __m512 x = k < K ? some(row, N - at) : _mm512_setzero_ps(), y = k + 1 < K ? some(row + b_row, N - at) : _mm512_setzero_ps();
        _mm512_store_si512(to + k / kAmxSide * kAmxStepBytes + half * kAmxStepBytes / 2 + k % kAmxSide / 2 * kRowBytes,
                           _mm512_permutexvar_epi16(pairs, rounded(x, y)));
      }
}

AmxRegisters::AmxRegisters() { take_registers(); }
AmxRegisters::~AmxRegisters() { give_back_registers(); }

GRIM_AMX_CODE void amx_multiply(const AmxOperand& a, int64_t down, const AmxOperand& b, int64_t across, int64_t steps, float* c, int64_t c_row, bool adds) {
  for (int64_t n = 0; n < across; ++n)
    for (int64_t m = 0; m < down; ++m)
      multiply(a.at + m * a.block_steps * kAmxStepBytes, b.at + n * b.block_steps * kAmxStepBytes, steps, c + m * kAmxSide * c_row + n * kAmxSide, c_row, adds);
}

#else

bool has_amx() { return false; }
void amx_lay_a(const Bf16*, int64_t, int64_t, int64_t, int64_t, char*) {}
void amx_lay_b(const Bf16*, int64_t, int64_t, int64_t, int64_t, char*) {}
void amx_round_a(const float*, int64_t, int64_t, int64_t, char*) {}
void amx_round_b(const float*, int64_t, int64_t, int64_t, char*) {}
AmxRegisters::AmxRegisters() = default;
AmxRegisters::~AmxRegisters() = default;
void amx_multiply(const AmxOperand&, int64_t, const AmxOperand&, int64_t, int64_t, float*, int64_t, bool) {}

#endif

}  // namespace grim::device
