#include "grimoire/device/gemm.h"

#include <algorithm>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/device/amx_product.h"
#include "grimoire/device/amx_tiles.h"
#include "grimoire/device/bf16.h"
#include "grimoire/device/bf16_product.h"
#include "grimoire/device/onednn.h"
#include "grimoire/device/threads.h"

namespace grim::device {
namespace {

// Tiles of C: big enough for oneDNN's packing to pay, small enough to share among cores. Without AVX-512 oneDNN packs only where 1/m + 1/n is below .0038
// (by measurement of 2.6.3), and what it does not pack runs at a third of the speed where rows lie a multiple of 4 KiB apart (Zen 3: 26 to 40 GF/s for
// 70 to 80). The larger tiles are fewer: a product of 1024 x 768 has two, which is all that more cores can share.
struct TileSize {
  int64_t m, n;
};
constexpr TileSize kTile{256, 384}, kTileWithoutAvx512{512, 768};
constexpr TileSize kBf16Tile{1024, 768};  // what a call packs of B weighs more where its products are faster
// The own kernel measures as fast as oneDNN's up to here, in multiply-adds and in inner size, and starts sooner. A transposed B
// it must copy into rows first, which pays only with many rows of A.
constexpr int64_t kOwnWork = 32 * 1024 * 1024, kOwnInner = 1024, kOwnTransposedRows = 512, kTinyWork = 128 * 1024;
// Products below this many multiply-adds stay on one thread (about 20 us).
constexpr int64_t kSplitWork = 2 * 1024 * 1024;

void one_tile(const Gemm<double>& g) { small_gemm(g); }

void one_tile(const Gemm<float>& g) {
  const int64_t work = g.M * g.N * g.K;
  const bool own = work < kOwnWork && g.K <= kOwnInner && (g.b_col == 1 || g.M >= kOwnTransposedRows);
  if (own || work < kTinyWork) return small_gemm(g);
  keep_onednn_on_this_thread();
  const bool ta = g.a_col != 1, tb = g.b_col != 1;
  const dnnl_status_t status = dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', g.M, g.N, g.K, 1.0f, g.a, ta ? g.a_col : g.a_row,
                                          g.b, tb ? g.b_col : g.b_row, g.beta, g.c, g.c_row);
  GRIM_CHECK(status == dnnl_success, resource, "gemm", "oneDNN refused a ({}, {}, {}) product: status {}", g.M, g.N, g.K,
             static_cast<int>(status));
}

// The lines of an operand that a tile reads, widened; `lines` of `length` numbers, `step` apart.
const float* widened(const Bf16* from, int64_t lines, int64_t length, int64_t step, std::vector<float>& room) {
  room.resize(static_cast<size_t>(lines * length));
  for (int64_t i = 0; i < lines; ++i) widen(from + i * step, length, room.data() + i * length);
  return room.data();
}

// The columns of B that a tile reads, widened once for all its rows.
void one_tile(const Gemm<float, Bf16>& g) {
  static thread_local std::vector<float> room;
  const bool by_rows = g.b_col == 1;
  const int64_t length = by_rows ? g.N : g.K;
  const float* const b = by_rows ? widened(g.b, g.K, g.N, g.b_row, room) : widened(g.b, g.N, g.K, g.b_col, room);
  one_tile(Gemm<float>{.M = g.M, .N = g.N, .K = g.K, .a = g.a, .a_row = g.a_row, .a_col = g.a_col, .b = b, .b_row = by_rows ? length : 1,
                       .b_col = by_rows ? 1 : length, .c = g.c, .c_row = g.c_row, .beta = g.beta});
}

void one_tile(const Gemm<Bf16>& g) {
  if (has_bf16_products()) return bf16_product(g);
  static thread_local std::vector<float> room;
  const bool by_rows = g.a_col == 1;
  const int64_t length = by_rows ? g.K : g.M;
  const float* const a = by_rows ? widened(g.a, g.M, g.K, g.a_row, room) : widened(g.a, g.K, g.M, g.a_col, room);
  one_tile(Gemm<float, Bf16>{.M = g.M, .N = g.N, .K = g.K, .a = a, .a_row = by_rows ? length : 1, .a_col = by_rows ? 1 : length, .b = g.b,
                             .b_row = g.b_row, .b_col = g.b_col, .c = g.c, .c_row = g.c_row, .beta = g.beta});
}

template <class T, class W> void scale_only(const Gemm<T, W>& g) {
  using Sum = typename Gemm<T, W>::Sum;
  for (int64_t m = 0; m < g.M; ++m)
    for (int64_t n = 0; n < g.N; ++n) g.c[m * g.c_row + n] = g.beta == 0 ? Sum(0) : g.beta * g.c[m * g.c_row + n];
}

// A tile edge: at most `largest`, pieces as even as possible, multiples of `step`.
int64_t even_tile(int64_t n, int64_t largest, int64_t step) {
  const int64_t pieces = (n + largest - 1) / largest;
  const int64_t even = (n + pieces - 1) / pieces;
  return (even + step - 1) / step * step;
}

int64_t last_piece(int64_t n, int64_t piece) { return n - (n - 1) / piece * piece; }

// Without AVX-512: are all tiles packed, the last ones too?
bool is_packed(const TileSize& t, int64_t M, int64_t N) {
  const auto m = static_cast<double>(last_piece(M, t.m)), n = static_cast<double>(last_piece(N, t.n));
  return 1 / m + 1 / n < 0.0037;
}

bool has_avx512() {
  static const bool has = onednn_has(dnnl_cpu_isa_avx512_core);
  return has;
}

template <class T> TileSize largest_tile() {
  if (std::is_same_v<T, Bf16> && has_bf16_products()) return kBf16Tile;
  return has_avx512() ? kTile : kTileWithoutAvx512;
}

// Depends on the sizes and the machine's vectors alone, so that the bits do not depend on the number of threads.
TileSize choose_tile(const TileSize& largest, int64_t M, int64_t N, int64_t K) {
  if (M * N * K <= kSplitWork) return {M, N};
  const TileSize tile{even_tile(M, largest.m, 8), even_tile(N, largest.n, 48)};
  if (tile.m < M || tile.n < N) {
    if (!has_avx512() && !is_packed(tile, M, N))
      for (const TileSize& longer :
           {TileSize{even_tile(M, 2 * largest.m, 8), tile.n}, TileSize{tile.m, even_tile(N, 2 * largest.n, 48)}, TileSize{M, tile.n}, TileSize{tile.m, N}})
        if (is_packed(longer, M, N) && (longer.m < M || longer.n < N)) return longer;
    return tile;
  }
  if (N >= M) return {M, even_tile(N, (N + 1) / 2, 16)};  // one tile would hold everything: an even share for two cores
  return {even_tile(M, (M + 1) / 2, 8), N};
}

template <class T, class W> void run(const Gemm<T, W>& g, const Epilogue<typename Gemm<T, W>::Sum>& epilogue) {
  if (g.M == 0 || g.N == 0) return;
  const TileSize size = choose_tile(largest_tile<T>(), g.M, g.N, g.K);
  const int64_t across = (g.N + size.n - 1) / size.n, down = (g.M + size.m - 1) / size.m;
  for_chunks(across * down, [&](int64_t chunk) {
    const int64_t m0 = chunk % down * size.m, n0 = chunk / down * size.n;
    const int64_t m1 = std::min(m0 + size.m, g.M), n1 = std::min(n0 + size.n, g.N);
    Gemm<T, W> tile = g;
    tile.M = m1 - m0;
    tile.N = n1 - n0;
    tile.a += m0 * g.a_row;
    tile.b += n0 * g.b_col;
    if (g.c) {
      tile.c += m0 * g.c_row + n0;
    } else {
      static thread_local std::vector<typename Gemm<T, W>::Sum> room;
      room.resize(static_cast<size_t>(tile.M * tile.N));
      tile.c = room.data();
      tile.c_row = tile.N;
    }
    g.K == 0 ? scale_only(tile) : one_tile(tile);
    if (epilogue.run) epilogue.run(epilogue.context, {m0, m1, n0, n1, tile.c, tile.c_row});
  });
}

// Columns that gemm_rows works out at a time: in an even number of stripes, for two cores that draw what memory gives. Where B lies in rows, a stripe of few
// columns would be read by fits and starts: as many as fill some pages.
int64_t stripe(int64_t M, int64_t N, int64_t K, bool rows) {
  constexpr int64_t kStripe = 64 * 1024, kColumns = 1024, kStep = 32;  // multiply-adds: 5 to 10 us
  const int64_t work = M * N * K;
  if (work < 2 * kStripe) return N;
  const int64_t pieces = 2 * std::max<int64_t>(1, rows ? N / (2 * kColumns) : work / (4 * kStripe));
  return std::max<int64_t>(2 * kStep, ((N + pieces - 1) / pieces + kStep - 1) / kStep * kStep);
}

template <class T, class W> void run_rows(const Gemm<T, W>& g, const Epilogue<T>& epilogue) {
  if (g.M == 0 || g.N == 0) return;
  const int64_t each = stripe(g.M, g.N, g.K, g.b_col == 1);
  const int64_t tail = g.N > 1 && g.N % each == 1 ? 1 : 0;  // a column alone is added up in another order: it goes with the stripe before it
  parallel_for(g.N - tail, each, [&](int64_t n0, int64_t n1) {
    if (n1 == g.N - tail) n1 = g.N;
    Gemm<T, W> stripe = g;
    stripe.N = n1 - n0;
    stripe.b += n0 * g.b_col;
    stripe.c += n0;
    g.K == 0 ? scale_only(stripe) : few_rows(stripe);
    if (epilogue.run) epilogue.run(epilogue.context, {0, g.M, n0, n1, stripe.c, stripe.c_row});
  });
}

template <class T> void run_batch(const Gemm<T>& g, const BatchSteps& steps) {
  const auto product = [&](int64_t i) {
    Gemm<T> one = g;
    one.a += i * steps.a;
    one.b += i * steps.b;
    one.c += i * steps.c;
    return one;
  };
  if (g.M * g.N * g.K > 4 * kSplitWork) {  // each large enough to share
    for (int64_t i = 0; i < steps.count; ++i) run(product(i), {});
    return;
  }
  const int64_t work = std::max<int64_t>(1, g.M * g.N * g.K);
  parallel_for(steps.count, std::max<int64_t>(1, kSplitWork / work), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) g.K == 0 ? scale_only(product(i)) : one_tile(product(i));
  });
}

}  // namespace

void gemm(const Gemm<float>& g, const Epilogue<float>& epilogue) { run(g, epilogue); }
void gemm(const Gemm<double>& g, const Epilogue<double>& epilogue) { run(g, epilogue); }
void gemm(const Gemm<float, Bf16>& g, const Epilogue<float>& epilogue) { run(g, epilogue); }
// oneDNN would copy a transposed A for each tile anew, at a third of the speed.
void gemm(const Gemm<Bf16>& g, const Epilogue<float>& epilogue) {
  constexpr int64_t kColumns = 64;
  if (has_amx() && g.M > 0 && g.N > 0 && g.K > 0) return amx_gemm(g, epilogue);
  if (g.a_col == 1 || !has_bf16_products() || g.M * g.K < kTinyWork) return run(g, epilogue);
  static thread_local std::vector<Bf16> room;
  room.resize(static_cast<size_t>(g.M * g.K));
  Gemm<Bf16> turned = g;
  turned.a = room.data(), turned.a_row = g.K, turned.a_col = 1;
  parallel_for(g.M, kColumns, [&, to = room.data()](int64_t begin, int64_t end) {
    transpose(g.a + begin, g.K, end - begin, g.a_col, to + begin * g.K, g.K);
  });
  run(turned, epilogue);
}
void gemm_rounded(std::span<const RoundedGemm> products) {
  constexpr int64_t kGrain = 1 << 16;
  if (products.empty()) return;
  const Gemm<float, Bf16>& first = products.front().product;
  for (const auto& [g, epilogue] : products)
    GRIM_CHECK(g.a_col == 1 && g.a == first.a && g.a_row == first.a_row && g.M == first.M && g.K == first.K, argument, "gemm",
               "expected one A of dense rows where they are rounded");
  if (has_amx() && first.M > 0 && first.K > 0) return amx_gemm_rounded(products);
  static thread_local std::vector<Bf16> room;
  room.resize(static_cast<size_t>(first.M * first.K));
  parallel_for(first.M, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, first.K)), [&, to = room.data()](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) narrow(first.a + m * first.a_row, first.K, to + m * first.K);
  });
  for (const auto& [g, epilogue] : products)
    gemm(Gemm<Bf16>{.M = g.M, .N = g.N, .K = g.K, .a = room.data(), .a_row = g.K, .b = g.b, .b_row = g.b_row, .b_col = g.b_col, .c = g.c, .c_row = g.c_row,
                    .beta = g.beta},
         epilogue);
}
void round_tile(const Tile<float>& t, Bf16* c, int64_t c_row) {
  for (int64_t m = t.m0; m < t.m1; ++m) narrow(t.c + (m - t.m0) * t.c_row, t.n1 - t.n0, c + m * c_row + t.n0);
}

void gemm_rows(const Gemm<float>& g, const Epilogue<float>& epilogue) { run_rows(g, epilogue); }
void gemm_rows(const Gemm<double>& g, const Epilogue<double>& epilogue) { run_rows(g, epilogue); }
void gemm_rows(const Gemm<float, Bf16>& g, const Epilogue<float>& epilogue) { run_rows(g, epilogue); }
void gemm_batch(const Gemm<float>& g, const BatchSteps& steps) { run_batch(g, steps); }
void gemm_batch(const Gemm<double>& g, const BatchSteps& steps) { run_batch(g, steps); }

}  // namespace grim::device
