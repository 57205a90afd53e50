#include "grimoire/device/quantised.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>

#include "grimoire/base/error.h"
#include "grimoire/base/ggml_blocks.h"
#include "grimoire/base/half.h"
#include "grimoire/device/amx_product.h"
#include "grimoire/device/amx_tiles.h"
#include "grimoire/device/bf16.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/onednn.h"
#include "grimoire/device/threads.h"

namespace grim::device {
namespace {

constexpr int64_t kPanel = 16, kMostRows = 8, kPairRows = 6;  // columns of a panel; rows that meet it at once, and two of them

int64_t quant_bytes(BlockType type) { return type == BlockType::q8_0 ? kBlock : kBlock / 2; }  // of a column's block
int64_t panel_bytes(BlockType type, int64_t K) { return (kPanel * (quant_bytes(type) + 2) * (K / kBlock) + 63) / 64 * 64; }
const uint16_t* scales_of(const char* panel, BlockType type, int64_t K) {
  return reinterpret_cast<const uint16_t*>(panel + kPanel * quant_bytes(type) * (K / kBlock));
}

// --- rows of x, rounded ----------------------------------------------------------------------------------------------

// x = scale q; `shift` takes back what the quants are counted from: -128 or -8 times the sum of q.
struct Rows {
  int8_t* q;       // (M, K)
  float* scale;    // (M, K / 32)
  int32_t* shift;  // likewise
};

constexpr float kNothing = 0x1p-100f;  // a block whose numbers are all smaller is 0

void round_row_plainly(const float* x, int64_t K, int32_t zero, int8_t* q, float* scale, int32_t* shift) {
  for (int64_t b = 0; b < K / kBlock; ++b, x += kBlock, q += kBlock) {
    float largest = 0;
    for (int64_t i = 0; i < kBlock; ++i) largest = std::max(largest, std::abs(x[i]));
    const float times = largest > kNothing ? 127 / largest : 0;
    int32_t sum = 0;
    for (int64_t i = 0; i < kBlock; ++i) {
      q[i] = static_cast<int8_t>(std::nearbyint(x[i] * times));
      sum += q[i];
    }
    scale[b] = largest > kNothing ? largest / 127 : 0;
    shift[b] = -zero * sum;
  }
}

#ifdef __x86_64__
#define GRIM_AVX2 __attribute__((target("avx2,fma,f16c")))

// The same numbers, eight at a time.
GRIM_AVX2 void round_row_avx2(const float* x, int64_t K, int32_t zero, int8_t* q, float* scale, int32_t* shift) {
  const __m256 sign = _mm256_set1_ps(-0.f);
  const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7), ones = _mm256_set1_epi16(1), bytes = _mm256_set1_epi8(1);
  for (int64_t b = 0; b < K / kBlock; ++b, x += kBlock, q += kBlock) {
    __m256 v[4], most = _mm256_setzero_ps();
    for (int i = 0; i < 4; ++i) {
      v[i] = _mm256_loadu_ps(x + 8 * i);
      most = _mm256_max_ps(_mm256_andnot_ps(sign, v[i]), most);
    }
    __m128 top = _mm_max_ps(_mm256_castps256_ps128(most), _mm256_extractf128_ps(most, 1));
    top = _mm_max_ps(top, _mm_movehl_ps(top, top));
    const float largest = _mm_cvtss_f32(_mm_max_ss(top, _mm_movehdup_ps(top)));
    const __m256 times = _mm256_set1_ps(largest > kNothing ? 127 / largest : 0);
    __m256i n[4];
    for (int i = 0; i < 4; ++i) n[i] = _mm256_cvtps_epi32(_mm256_mul_ps(v[i], times));
    const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3])), in_order);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(q), packed);
    const __m256i pairs = _mm256_madd_epi16(_mm256_maddubs_epi16(bytes, packed), ones);
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    scale[b] = largest > kNothing ? largest / 127 : 0;
    shift[b] = -zero * _mm_cvtsi128_si32(sum);
  }
}
#endif

// --- one panel and a few rows ----------------------------------------------------------------------------------------

// y[r * y_row + n] for 16 columns and rows [r, r + count) of x.
using PanelProduct = void (*)(const char* panel, int64_t K, const Rows& x, int64_t r, float* y, int64_t y_row);

template <BlockType type, int64_t count> void multiply_plainly(const char* panel, int64_t K, const Rows& x, int64_t r, float* y, int64_t y_row) {
  const auto* q = reinterpret_cast<const uint8_t*>(panel);
  const uint16_t* const scales = scales_of(panel, type, K);
  float sums[count][kPanel] = {};
  for (int64_t b = 0; b < K / kBlock; ++b, q += kPanel * quant_bytes(type))
    for (int64_t m = 0; m < count; ++m) {
      const int8_t* const a = x.q + (r + m) * K + b * kBlock;
      const float scale = x.scale[(r + m) * (K / kBlock) + b];
      for (int64_t n = 0; n < kPanel; ++n) {
        int32_t sum = x.shift[(r + m) * (K / kBlock) + b];
        for (int64_t k = 0; k < quant_bytes(type); ++k) {
          const int32_t byte = q[k / 4 * 4 * kPanel + n * 4 + k % 4];
          sum += type == BlockType::q8_0 ? byte * a[k] : (byte & 15) * a[k] + (byte >> 4) * a[k + kBlock / 2];
        }
        sums[m][n] = std::fma(static_cast<float>(sum), half_to_float(scales[b * kPanel + n]) * scale, sums[m][n]);
      }
    }
  for (int64_t m = 0; m < count; ++m) std::copy_n(sums[m], kPanel, y + m * y_row);
}

#ifdef __x86_64__

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // as in amx_tiles.cpp
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#define GRIM_AMX __attribute__((target("avx512f,avx512bw,avx512bf16,f16c")))
#define GRIM_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
inline int32_t four(const int8_t* p) {
  int32_t v;
  std::memcpy(&v, p, 4);
  return v;
}

// `panels` of them, one behind the other: each number of x that is read meets all.
template <BlockType type, int64_t count, int64_t panels>
GRIM_VNNI void multiply_vnni(const char* panel, int64_t K, const Rows& x, int64_t r, float* y, int64_t y_row) {
  constexpr int64_t kLoads = type == BlockType::q8_0 ? 8 : 4;
  constexpr int64_t kStreamed = 4, kAhead = 64;  // rows that wait for memory; 64-byte lines that are asked for early
  const int64_t blocks = K / kBlock, next = panel_bytes(type, K);
  const int8_t* const a = x.q + r * K;
  const float* const scale = x.scale + r * blocks;
  const int32_t* const shift = x.shift + r * blocks;
  const __m512i low_half = _mm512_set1_epi8(15);
  __m512 sums[panels][count];
  for (auto& of_panel : sums)
    for (__m512& sum : of_panel) sum = _mm512_setzero_ps();
  for (int64_t b = 0; b < blocks; ++b) {
    __m512i sum[panels][count];
    for (auto& of_panel : sum)
      for (int64_t m = 0; m < count; ++m) of_panel[m] = _mm512_set1_epi32(shift[m * blocks + b]);
#pragma GCC unroll 8
    for (int64_t j = 0; j < kLoads; ++j) {
      const int8_t* const at = a + b * kBlock + 4 * j;
      __m512i w[panels], high[panels];
#pragma GCC unroll 2
      for (int64_t p = 0; p < panels; ++p) {
        const char* const q = panel + p * next + (b * kLoads + j) * 64;
        w[p] = _mm512_load_si512(q);
        if constexpr (count * panels <= kStreamed) _mm_prefetch(q + kAhead * 64, _MM_HINT_T0);
        if constexpr (type == BlockType::q4_0) {
          high[p] = _mm512_and_si512(_mm512_srli_epi16(w[p], 4), low_half);
          w[p] = _mm512_and_si512(w[p], low_half);
        }
      }
#pragma GCC unroll 8
      for (int64_t m = 0; m < count; ++m) {
        const __m512i v = _mm512_set1_epi32(four(at + m * K));
#pragma GCC unroll 2
        for (int64_t p = 0; p < panels; ++p) sum[p][m] = _mm512_dpbusd_epi32(sum[p][m], w[p], v);
        if constexpr (type == BlockType::q4_0) {
          const __m512i u = _mm512_set1_epi32(four(at + m * K + kBlock / 2));
#pragma GCC unroll 2
          for (int64_t p = 0; p < panels; ++p) sum[p][m] = _mm512_dpbusd_epi32(sum[p][m], high[p], u);
        }
      }
    }
#pragma GCC unroll 2
    for (int64_t p = 0; p < panels; ++p) {
      const __m512 d = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(scales_of(panel + p * next, type, K) + b * kPanel)));
#pragma GCC unroll 8
      for (int64_t m = 0; m < count; ++m)
        sums[p][m] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[p][m]), _mm512_mul_ps(d, _mm512_set1_ps(scale[m * blocks + b])), sums[p][m]);
    }
  }
  for (int64_t p = 0; p < panels; ++p)
    for (int64_t m = 0; m < count; ++m) _mm512_storeu_ps(y + m * y_row + p * kPanel, sums[p][m]);
}
template <BlockType type, int64_t count> constexpr PanelProduct one_vnni = multiply_vnni<type, count, 1>;
template <BlockType type> constexpr PanelProduct kPairVnni = multiply_vnni<type, kPairRows, 2>;

// Eight columns at a time. Products of bytes are added in pairs to 16 bits, which hold 2 * 127 * 128: of Q8_0 the quants' signs go over to x.
template <BlockType type, int64_t count>
GRIM_AVX2 void multiply_avx2(const char* panel, int64_t K, const Rows& x, int64_t r, float* y, int64_t y_row) {
  constexpr int64_t kLoads = type == BlockType::q8_0 ? 8 : 4;
  const uint16_t* const scales = scales_of(panel, type, K);
  const int64_t blocks = K / kBlock;
  const __m256i ones = _mm256_set1_epi16(1), low_half = _mm256_set1_epi8(15), middle = _mm256_set1_epi8(-128);
  for (int64_t half = 0; half < 2; ++half) {
    const auto* q = reinterpret_cast<const __m256i*>(panel) + half;
    __m256 sums[count];
    for (int64_t m = 0; m < count; ++m) sums[m] = _mm256_setzero_ps();
    for (int64_t b = 0; b < blocks; ++b, q += 2 * kLoads) {
      __m256i sum[count];
      for (int64_t m = 0; m < count; ++m) sum[m] = type == BlockType::q8_0 ? _mm256_setzero_si256() : _mm256_set1_epi32(x.shift[(r + m) * blocks + b]);
      for (int64_t j = 0; j < kLoads; ++j) {
        const __m256i w = _mm256_load_si256(q + 2 * j);
        const int8_t* const at = x.q + r * K + b * kBlock + 4 * j;
        if constexpr (type == BlockType::q8_0) {
          const __m256i signed_w = _mm256_xor_si256(w, middle), size = _mm256_abs_epi8(signed_w);
          for (int64_t m = 0; m < count; ++m) {
            const __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(_mm256_set1_epi32(four(at + m * K)), signed_w));
            sum[m] = _mm256_add_epi32(sum[m], _mm256_madd_epi16(pairs, ones));
          }
        } else {
          const __m256i low = _mm256_and_si256(w, low_half), high = _mm256_and_si256(_mm256_srli_epi16(w, 4), low_half);
          for (int64_t m = 0; m < count; ++m) {
            const __m256i pairs = _mm256_add_epi16(_mm256_maddubs_epi16(low, _mm256_set1_epi32(four(at + m * K))),
                                                   _mm256_maddubs_epi16(high, _mm256_set1_epi32(four(at + m * K + kBlock / 2))));
            sum[m] = _mm256_add_epi32(sum[m], _mm256_madd_epi16(pairs, ones));
          }
        }
      }
      const __m256 d = _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(scales + b * kPanel + half * 8)));
      for (int64_t m = 0; m < count; ++m)
        sums[m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[m]), _mm256_mul_ps(d, _mm256_set1_ps(x.scale[(r + m) * blocks + b])), sums[m]);
    }
    for (int64_t m = 0; m < count; ++m) _mm256_storeu_ps(y + m * y_row + half * 8, sums[m]);
  }
}

// Numbers 2 i and 2 i + 1 of 16 columns lie side by side in row i of a block's 16, first of the left 16 columns, then of the right ones: as the quants do,
// but for their width. d (q - 128) is exact in f32.
template <BlockType type> GRIM_AMX void unpack_block(const char* quants, const uint16_t* scales, char* to) {
  constexpr int kZero = type == BlockType::q8_0 ? 128 : 8;
  const __m512i pairs = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __m512 d = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(scales))), zero = _mm512_mul_ps(d, _mm512_set1_ps(kZero));
  const __m512i mask = _mm512_set1_epi32(type == BlockType::q8_0 ? 255 : 15);
  const auto put = [&](__m512i bytes, int64_t row) GRIM_AMX {  // the lowest bits of two bytes of each column
    const __m512 x = _mm512_fmsub_ps(_mm512_cvtepi32_ps(_mm512_and_si512(bytes, mask)), d, zero);
    const __m512 y = _mm512_fmsub_ps(_mm512_cvtepi32_ps(_mm512_and_si512(_mm512_srli_epi32(bytes, 8), mask)), d, zero);
    _mm512_store_si512(to + row * 64, _mm512_permutexvar_epi16(pairs, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(y, x))));
  };
  for (int64_t j = 0; j < quant_bytes(type) / 4; ++j) {
    const __m512i w = _mm512_load_si512(quants + j * 64), upper = _mm512_srli_epi32(w, 16);
    put(w, 2 * j), put(upper, 2 * j + 1);
    if (type == BlockType::q4_0) put(_mm512_srli_epi32(w, 4), 2 * j + 8), put(_mm512_srli_epi32(upper, 4), 2 * j + 9);
  }
}

#endif

struct Kernels {
  void (*round)(const float* x, int64_t K, int32_t zero, int8_t* q, float* scale, int32_t* shift);
  PanelProduct rows[kMostRows];  // of 1 .. 8
  PanelProduct pair;             // two panels and kPairRows rows, as many as there are registers for; or none
};
#define GRIM_ROWS(round, f, pair, type) {round, {f<type, 1>, f<type, 2>, f<type, 3>, f<type, 4>, f<type, 5>, f<type, 6>, f<type, 7>, f<type, 8>}, pair<type>}
#define GRIM_BOTH(round, f, pair) {GRIM_ROWS(round, f, pair, BlockType::q8_0), GRIM_ROWS(round, f, pair, BlockType::q4_0)}
template <BlockType> constexpr PanelProduct kNoPair = nullptr;

const Kernels& kernels(BlockType type) {
  static const Kernels* const best = [] {
    static constexpr Kernels plain[] = GRIM_BOTH(round_row_plainly, multiply_plainly, kNoPair);
#ifdef __x86_64__
    static constexpr Kernels vnni[] = GRIM_BOTH(round_row_avx2, one_vnni, kPairVnni), avx2[] = GRIM_BOTH(round_row_avx2, multiply_avx2, kNoPair);
    if (onednn_has(dnnl_cpu_isa_avx512_core_vnni)) return vnni;
    if (onednn_has(dnnl_cpu_isa_avx2)) return avx2;
#endif
    return plain;
  }();
  return best[static_cast<int>(type)];
}

}  // namespace

// --- laying and unpacking --------------------------------------------------------------------------------------------

int64_t panels_bytes(BlockType type, int64_t N, int64_t K) { return (N + kPanel - 1) / kPanel * panel_bytes(type, K); }

namespace {

// `blocks`: of as many columns as there are from the panel's first on, at most 16.
void lay_panel(BlockType type, const char* blocks, int64_t there, int64_t K, char* panel) {
  const int64_t count = K / kBlock, bytes = quant_bytes(type), each = block_bytes(type);
  const char nothing = type == BlockType::q8_0 ? '\x80' : '\x88';  // 0, and twice
  char* const scales = panel + kPanel * bytes * count;
  for (int64_t n = 0; n < kPanel; ++n)
    for (int64_t b = 0; b < count; ++b) {
      const char* const from = blocks + (n * count + b) * each;
      char* const to = panel + kPanel * bytes * b + n * 4;
      if (n < there) std::memcpy(scales + (b * kPanel + n) * 2, from, 2);
      else std::memset(scales + (b * kPanel + n) * 2, 0, 2);
      for (int64_t k = 0; k < bytes; ++k)
        to[k / 4 * 4 * kPanel + k % 4] = n >= there ? nothing : type == BlockType::q8_0 ? static_cast<char>(from[2 + k] ^ '\x80') : from[2 + k];
    }
}

// f(first column, columns there are, panel) for every panel.
template <class F> void each_panel(BlockType type, int64_t N, int64_t K, char* at, F&& f) {
  parallel_for((N + kPanel - 1) / kPanel, 16, [&](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p) f(p * kPanel, std::min(kPanel, N - p * kPanel), at + p * panel_bytes(type, K));
  });
}

}  // namespace

void lay_panels(BlockType type, const char* blocks, int64_t N, int64_t K, char* at) {
  const int64_t column = K / kBlock * block_bytes(type);
  each_panel(type, N, K, at, [&](int64_t n, int64_t there, char* panel) { lay_panel(type, blocks + n * column, there, K, panel); });
}

void encode_panels(BlockType type, const float* columns, int64_t N, int64_t K, char* at) {
  const auto encode = type == BlockType::q8_0 ? ggml::encode_q8_0 : ggml::encode_q4_0;
  each_panel(type, N, K, at, [&](int64_t n, int64_t there, char* panel) {
    const Room blocks(there * (K / kBlock) * block_bytes(type));
    encode(columns + n * K, blocks.at, there * K);
    lay_panel(type, blocks.at, there, K, panel);
  });
}

#ifdef __x86_64__
void amx_unpack_b(const Panels& b, int64_t n, int64_t N, int64_t k, int64_t K, char* to) {
  const auto unpack = b.type == BlockType::q8_0 ? unpack_block<BlockType::q8_0> : unpack_block<BlockType::q4_0>;
  const int64_t step = kPanel * quant_bytes(b.type);
  for (int64_t column = 0; column < N; column += 2 * kPanel, to += amx_bytes(kAmxSide, K))
    for (int64_t half = 0; half < 2; ++half) {
      char* const there = to + half * kAmxStepBytes / 2;
      const int64_t first = n + column + half * kPanel;
      const char* const panel = b.at + first / kPanel * panel_bytes(b.type, b.K);
      for (int64_t at = 0; at < K / kBlock; ++at) {
        const int64_t block = k / kBlock + at;
        if (first < b.N) unpack(panel + block * step, scales_of(panel, b.type, b.K) + block * kPanel, there + at * kAmxStepBytes);
        else std::memset(there + at * kAmxStepBytes, 0, kAmxStepBytes / 2);
      }
    }
}
#else
void amx_unpack_b(const Panels&, int64_t, int64_t, int64_t, int64_t, char*) {}
#endif

void unpack_column(const Panels& b, int64_t n, float* to) {
  const int64_t bytes = quant_bytes(b.type);
  const char* const panel = b.at + n / kPanel * panel_bytes(b.type, b.K);
  const uint16_t* const scales = scales_of(panel, b.type, b.K) + n % kPanel;
  for (int64_t block = 0; block < b.K / kBlock; ++block, to += kBlock) {
    const float d = half_to_float(scales[block * kPanel]);
    const auto* const q = reinterpret_cast<const uint8_t*>(panel) + kPanel * bytes * block + n % kPanel * 4;
    for (int64_t k = 0; k < bytes; ++k) {
      const int byte = q[k / 4 * 4 * kPanel + k % 4];
      if (b.type == BlockType::q8_0) {
        to[k] = static_cast<float>(byte - 128) * d;
      } else {
        to[k] = d * static_cast<float>((byte & 15) - 8);
        to[k + kBlock / 2] = d * static_cast<float>((byte >> 4) - 8);
      }
    }
  }
}

namespace {

// Numbers k of a block and of a panel's 16 columns, four k at a time: put(k, 16 numbers).
template <BlockType type, class Put> void each_row_of_block(const uint8_t* q, const float* d, const Put& put) {
  for (int64_t k = 0; k < quant_bytes(type); ++k) {
    float row[kPanel], upper[kPanel];
    for (int64_t n = 0; n < kPanel; ++n) {
      const int byte = q[k / 4 * 4 * kPanel + n * 4 + k % 4];
      row[n] = d[n] * static_cast<float>(type == BlockType::q8_0 ? byte - 128 : (byte & 15) - 8);
      upper[n] = d[n] * static_cast<float>((byte >> 4) - 8);
    }
    put(k, row);
    if (type == BlockType::q4_0) put(k + kBlock / 2, upper);
  }
}

template <BlockType type, class T> void unpack_panel_plainly(const char* panel, int64_t K, int64_t there, T* to, int64_t to_row) {
  const auto* q = reinterpret_cast<const uint8_t*>(panel);
  const uint16_t* scales = scales_of(panel, type, K);
  for (int64_t b = 0; b < K / kBlock; ++b, q += kPanel * quant_bytes(type), scales += kPanel, to += kBlock * to_row) {
    float d[kPanel];
    for (int64_t n = 0; n < kPanel; ++n) d[n] = half_to_float(scales[n]);
    each_row_of_block<type>(q, d, [&](int64_t k, const float* row) {
      if constexpr (std::is_same_v<T, float>) std::copy_n(row, there, to + k * to_row);
      else narrow(row, there, to + k * to_row);
    });
  }
}

#ifdef __x86_64__
#define GRIM_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

// To the nearest bf16, halves to even; the numbers are finite.
GRIM_AVX512 inline __m256i narrowed(__m512 x) {
  const __m512i bits = _mm512_castps_si512(x), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16));
}

template <BlockType type, class T> GRIM_AVX512 void unpack_panel_avx512(const char* panel, int64_t K, int64_t there, T* to, int64_t to_row) {
  constexpr int kZero = type == BlockType::q8_0 ? 128 : 8;
  const char* q = panel;
  const uint16_t* scales = scales_of(panel, type, K);
  const __mmask16 columns = static_cast<__mmask16>((1u << there) - 1);
  const __m512i mask = _mm512_set1_epi32(type == BlockType::q8_0 ? 255 : 15), zero = _mm512_set1_epi32(kZero);
  for (int64_t b = 0; b < K / kBlock; ++b, q += kPanel * quant_bytes(type), scales += kPanel, to += kBlock * to_row) {
    const __m512 d = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(scales)));
    const auto put = [&](__m512i bits, int64_t k) GRIM_AVX512 {
      const __m512 x = _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_and_si512(bits, mask), zero)));
      if constexpr (std::is_same_v<T, float>) _mm512_mask_storeu_ps(to + k * to_row, columns, x);
      else _mm256_mask_storeu_epi16(to + k * to_row, columns, narrowed(x));
    };
    for (int64_t j = 0; j < quant_bytes(type) / 4; ++j) {
      const __m512i w = _mm512_loadu_si512(q + j * 64);
      put(w, 4 * j), put(_mm512_srli_epi32(w, 8), 4 * j + 1), put(_mm512_srli_epi32(w, 16), 4 * j + 2), put(_mm512_srli_epi32(w, 24), 4 * j + 3);
      if constexpr (type == BlockType::q4_0) {
        constexpr int64_t kUpper = kBlock / 2;
        put(_mm512_srli_epi32(w, 4), kUpper + 4 * j), put(_mm512_srli_epi32(w, 12), kUpper + 4 * j + 1);
        put(_mm512_srli_epi32(w, 20), kUpper + 4 * j + 2), put(_mm512_srli_epi32(w, 28), kUpper + 4 * j + 3);
      }
    }
  }
}
#endif

template <BlockType type, class T> auto panel_unpacker() {
#ifdef __x86_64__
  if (onednn_has(dnnl_cpu_isa_avx512_core)) return unpack_panel_avx512<type, T>;
#endif
  return unpack_panel_plainly<type, T>;
}

template <class T> void unpack_all(const Panels& b, T* to) {
  const auto unpack = b.type == BlockType::q8_0 ? panel_unpacker<BlockType::q8_0, T>() : panel_unpacker<BlockType::q4_0, T>();
  parallel_for((b.N + kPanel - 1) / kPanel, std::max<int64_t>(1, 16384 / std::max<int64_t>(b.K, 1)), [&](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p)
      unpack(b.at + p * panel_bytes(b.type, b.K), b.K, std::min(kPanel, b.N - p * kPanel), to + p * kPanel, b.N);
  });
}

}  // namespace

void unpack_panels(const Panels& b, float* to) { unpack_all(b, to); }
void unpack_panels(const Panels& b, Bf16* to) { unpack_all(b, to); }

// --- the product -----------------------------------------------------------------------------------------------------

void gemm(const float* a, int64_t M, std::span<const PanelsProduct> products) {
  if (M == 0 || products.empty()) return;
  const BlockType type = products.front().b.type;
  const int64_t K = products.front().b.K;
  const int64_t blocks = K / kBlock, each = panel_bytes(type, K);
  for (const PanelsProduct& p : products)
    GRIM_CHECK(p.b.K == K && p.b.type == type, argument, "gemm", "matrices of few bits beside one another: got {} and {} rows, or two types", K, p.b.K);
  constexpr int64_t kFew = 64;
  if (M > kFew && K > 0 && has_amx()) return amx_gemm_panels(a, M, products);
  const Kernels& best = kernels(type);
  const Room q(M * K), scale(M * blocks * 4), shift(M * blocks * 4);
  const Rows x{q.of<int8_t>(), scale.of<float>(), shift.of<int32_t>()};
  const int32_t zero = type == BlockType::q8_0 ? 128 : 8;
  parallel_for(M, std::max<int64_t>(1, 16384 / std::max<int64_t>(K, 1)), [&](int64_t first, int64_t last) {
    for (int64_t m = first; m < last; ++m) best.round(a + m * K, K, zero, x.q + m * K, x.scale + m * blocks, x.shift + m * blocks);
  });
  // A piece of work is some panels with some rows of x, such as the second cache holds with them: 256 KiB of panels that are read once, or as many
  // multiply-adds as take as long.
  constexpr int64_t kBytes = 256 * 1024, kWork = 4 * 1024 * 1024, kTall = 32 * kPairRows;
  const int64_t tall = std::min(M, kTall), bands = (M + tall - 1) / tall;
  const int64_t many = std::max<int64_t>(2, std::min(kBytes / std::max<int64_t>(each, 1), kWork / std::max<int64_t>(tall * K * kPanel, 1)) / 2 * 2);
  const auto multiply = [&](const Panels& b, float* c, int64_t p, int64_t m0, int64_t m1) {  // one panel
    const int64_t n = p * kPanel, there = std::min(kPanel, b.N - n);
    float tail[kMostRows * kPanel];
    for (int64_t m = m0; m < m1; m += kMostRows) {
      const int64_t count = std::min(kMostRows, m1 - m);
      float* const y = c + m * b.N + n;
      const bool whole = there == kPanel;
      best.rows[count - 1](b.at + p * each, K, x, m, whole ? y : tail, whole ? b.N : kPanel);
      for (int64_t i = 0; i < count && !whole; ++i) std::copy_n(tail + i * kPanel, there, y + i * b.N);
    }
  };
  for (const auto& [b, c, epilogue] : products) {
    const int64_t panels = (b.N + kPanel - 1) / kPanel, groups = (panels + many - 1) / many;
    parallel_for(bands * groups, 1, [&](int64_t first, int64_t last) {
      for (int64_t piece = first; piece < last; ++piece) {
        const int64_t m0 = piece / groups * tall, m1 = std::min(M, m0 + tall);
        const int64_t p0 = piece % groups * many, p1 = std::min(panels, p0 + many);
        const int64_t paired = best.pair && M > kMostRows ? m0 + (m1 - m0) / kPairRows * kPairRows : m0;
        int64_t p = p0;
        for (; paired > m0 && p + 2 <= p1 && (p + 2) * kPanel <= b.N; p += 2) {
          for (int64_t m = m0; m < paired; m += kPairRows) best.pair(b.at + p * each, K, x, m, c + m * b.N + p * kPanel, b.N);
          multiply(b, c, p, paired, m1), multiply(b, c, p + 1, paired, m1);
        }
        for (; p < p1; ++p) multiply(b, c, p, m0, m1);
        const int64_t n0 = p0 * kPanel, n1 = std::min(b.N, p1 * kPanel);
        if (epilogue.run) epilogue.run(epilogue.context, {m0, m1, n0, n1, c + m0 * b.N + n0, b.N});
      }
    });
  }
}

}  // namespace grim::device
