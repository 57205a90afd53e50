// The own matrix kernel: an R x V-vector tile of C lives in registers while k runs. B is read as rows; a transposed B is
// first copied into rows. A is read one element at a time and broadcast, so either of its strides may be 1.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/device/small_gemm.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/device/gemm.h"

HWY_BEFORE_NAMESPACE();
namespace grim::device {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET <= HWY_AVX3
constexpr int kRows = 8, kVectors = 3;  // 24 of 32 registers accumulate
constexpr bool kPacks = false;
#else
constexpr int kRows = 6, kVectors = 2;  // 12 of 16
constexpr bool kPacks = true;           // a panel of B is copied together first: 6 numbers of A for each vector of B wait for a miss in the first cache
#endif

// Tails go through a small buffer where a masked access could touch foreign memory.
template <class D> HWY_INLINE hn::Vec<D> load_n(D d, const hn::TFromD<D>* p, size_t n) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN hn::TFromD<D> buffer[hn::MaxLanes(d)] = {};
  for (size_t i = 0; i < n; ++i) buffer[i] = p[i];
  return hn::Load(d, buffer);
#else
  return hn::MaskedLoad(hn::FirstN(d, n), d, p);
#endif
}
template <class D> HWY_INLINE hn::Vec<D> load(D d, const hn::TFromD<D>* p) { return hn::LoadU(d, p); }
// bf16 is the upper half of f32.
template <class D> HWY_INLINE hn::Vec<D> load(D d, const Bf16* p) {
  const hn::Rebind<uint16_t, D> half;
  const hn::RebindToUnsigned<D> bits;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(half, reinterpret_cast<const uint16_t*>(p)))));
}
template <class D> HWY_INLINE hn::Vec<D> load_n(D d, const Bf16* p, size_t n) {
  Bf16 some[hn::MaxLanes(d)] = {};
  for (size_t i = 0; i < n; ++i) some[i] = p[i];
  return load(d, some);
}
template <class D> HWY_INLINE void store_n(D d, hn::Vec<D> v, hn::TFromD<D>* p, size_t n) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN hn::TFromD<D> buffer[hn::MaxLanes(d)];
  hn::Store(v, d, buffer);
  for (size_t i = 0; i < n; ++i) p[i] = buffer[i];
#else
  hn::BlendedStore(v, hn::FirstN(d, n), d, p);
#endif
}

// The loops over r and v must vanish, or the accumulators live in memory: hence the pragmas.
#define GRIM_UNROLL _Pragma("GCC unroll 8")

// Rows [m, m + R), columns [n, n + V vectors), of which the last vector has `last` columns.
template <int R, int V, class T> HWY_INLINE void tile(const Gemm<T>& g, int64_t m, int64_t n, size_t last) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t a_row = g.a_row, a_col = g.a_col, b_row = g.b_row, K = g.K;
  Vector acc[R][V];
  GRIM_UNROLL for (int r = 0; r < R; ++r) {
    GRIM_UNROLL for (int v = 0; v < V; ++v) acc[r][v] = hn::Zero(d);
  }
  const T* a = g.a + m * a_row;
  const T* b = g.b + n;
  const bool whole = static_cast<int64_t>(last) == lanes;
  const auto body = [&](auto last_of_b) HWY_ATTR {
    for (int64_t k = 0; k < K; ++k, a += a_col, b += b_row) {
      Vector bv[V];
      GRIM_UNROLL for (int v = 0; v < V - 1; ++v) bv[v] = hn::LoadU(d, b + v * lanes);
      bv[V - 1] = last_of_b(b + (V - 1) * lanes);
      GRIM_UNROLL for (int r = 0; r < R; ++r) {
        const Vector av = hn::Set(d, a[r * a_row]);
        GRIM_UNROLL for (int v = 0; v < V; ++v) acc[r][v] = hn::MulAdd(av, bv[v], acc[r][v]);
      }
    }
  };
  if (whole) body([&](const T* p) HWY_ATTR { return hn::LoadU(d, p); });
  else body([&](const T* p) HWY_ATTR { return load_n(d, p, last); });
  GRIM_UNROLL for (int r = 0; r < R; ++r) {
    T* c = g.c + (m + r) * g.c_row + n;
    GRIM_UNROLL for (int v = 0; v < V; ++v) {
      const size_t count = v == V - 1 ? last : static_cast<size_t>(lanes);
      Vector sum = acc[r][v];
      if (count == static_cast<size_t>(lanes)) {
        if (g.beta != T(0)) sum = hn::MulAdd(hn::Set(d, g.beta), hn::LoadU(d, c + v * lanes), sum);
        hn::StoreU(sum, d, c + v * lanes);
      } else {
        if (g.beta != T(0)) sum = hn::MulAdd(hn::Set(d, g.beta), load_n(d, c + v * lanes, count), sum);
        store_n(d, sum, c + v * lanes, count);
      }
    }
  }
}

template <int V, class T> HWY_NOINLINE void column_panel(const Gemm<T>& g, int64_t n, size_t last) {
  int64_t m = 0;
  for (; m + kRows <= g.M; m += kRows) tile<kRows, V>(g, m, n, last);
  if constexpr (kRows > 4)
    if (m + 4 <= g.M) tile<4, V>(g, m, n, last), m += 4;
  if (m + 2 <= g.M) tile<2, V>(g, m, n, last), m += 2;
  if (m < g.M) tile<1, V>(g, m, n, last);
}

// The product with B's rows at `b`, whose first column is that of C's column n.
template <class T, class W> Gemm<T> with_rows(const Gemm<T, W>& g, const T* b, int64_t row, int64_t n = 0) {
  return {.M = g.M, .N = g.N, .K = g.K, .a = g.a, .a_row = g.a_row, .a_col = g.a_col, .b = b, .b_row = row, .c = g.c + n, .c_row = g.c_row, .beta = g.beta};
}

// Columns [n, n + count) of B, side by side without those between the rows, which would fall on few lines of the first cache where their step is even.
template <class T, class W> Gemm<T> packed(const Gemm<T, W>& g, int64_t n, int64_t count) {
  static thread_local std::vector<T> panel;
  panel.resize(static_cast<size_t>(g.K * count));
  for (int64_t k = 0; k < g.K; ++k) put_wide(g.b + k * g.b_row + n, count, panel.data() + k * count);
  return with_rows(g, panel.data(), count, n);
}

template <class T, class W> void panels(const Gemm<T, W>& all) {
  constexpr bool kNarrow = !std::is_same_v<T, W>;
  constexpr int64_t kWorthPacking = 4 * kRows;  // rows of A
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const bool packs = kNarrow || (kPacks && all.M >= kWorthPacking && all.N > kVectors * lanes);
  for (int64_t at = 0; at < all.N; at += kVectors * lanes) {
    const int64_t left = std::min(all.N - at, kVectors * lanes), n = packs ? 0 : at;
    const Gemm<T> g = [&] {
      if constexpr (!kNarrow)
        if (!packs) return all;
      return packed(all, at, left);
    }();
    const int64_t vectors = (left + lanes - 1) / lanes;
    const auto last = static_cast<size_t>(left - (vectors - 1) * lanes);
    if (vectors == 1) column_panel<1>(g, n, last);
    else if (vectors == 2) column_panel<2>(g, n, last);
    else if constexpr (kVectors == 3) column_panel<3>(g, n, last);
  }
}

// B given by columns: copy it into rows, 16 columns at a time.
template <class T> void rows_of_b(const Gemm<T>& g, T* out, int64_t row) {
  constexpr int64_t kBlock = 16;
  for (int64_t n0 = 0; n0 < g.N; n0 += kBlock) {
    const int64_t n1 = std::min(n0 + kBlock, g.N);
    for (int64_t k = 0; k < g.K; ++k)
      for (int64_t n = n0; n < n1; ++n) out[k * row + n] = g.b[k * g.b_row + n * g.b_col];
  }
}

template <class T> void run(const Gemm<T>& g) {
  if (g.b_col == 1 || g.N == 1) return panels(g);
  static thread_local std::vector<T> scratch;
  const int64_t row = (g.N + 15) / 16 * 16;
  scratch.resize(static_cast<size_t>(g.K * row));
  rows_of_b(g, scratch.data(), row);
  panels(with_rows(g, scratch.data(), row));
}

// C by adding up rows of B, eight at a time: B is read once, in order, what comes in each of the eight is asked for meanwhile, and the sums stay in the first
// cache. The additions of each number and their order are tile()'s, with beta 0.
template <class T, class W> void add_up_rows(const Gemm<T, W>& g) {
  constexpr int64_t kDeep = 8, kBlock = 64, kAhead = 128, kLine = 64 / sizeof(W);
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t m = 0; g.beta == T(0) && m < g.M; ++m) std::fill_n(g.c + m * g.c_row, g.N, T(0));
  for (int64_t k = 0; k < g.K; k += kDeep) {
    const int64_t steps = std::min(kDeep, g.K - k);
    const W* const b = g.b + k * g.b_row;
    for (int64_t n0 = 0; n0 < g.N; n0 += kBlock) {
      const int64_t n1 = std::min(n0 + kBlock, g.N), whole = n1 - (n1 - n0) % lanes;
      const W* const coming = n0 + kAhead < g.N ? b + n0 + kAhead : b + kDeep * g.b_row + n0 + kAhead - g.N;  // behind the last columns: of the next rows
      for (int64_t s = 0; s < kDeep; ++s)
        for (int64_t n = 0; n < kBlock; n += kLine) __builtin_prefetch(coming + s * g.b_row + n, 0, 2);
      for (int64_t m = 0; m < g.M; ++m) {
        T* const row = g.c + m * g.c_row;
        hn::Vec<decltype(d)> a[kDeep];
        GRIM_UNROLL for (int64_t s = 0; s < kDeep; ++s) a[s] = hn::Set(d, s < steps ? g.a[m * g.a_row + (k + s) * g.a_col] : T(0));
        const auto add = [&](int64_t n, int64_t count, auto get) HWY_ATTR {
          auto sum = get(row + n);
          GRIM_UNROLL for (int64_t s = 0; s < count; ++s) sum = hn::MulAdd(a[s], get(b + s * g.b_row + n), sum);
          return sum;
        };
        const auto whole_vector = [&](const auto* p) HWY_ATTR { return load(d, p); };
        for (int64_t n = n0; n < whole; n += lanes) hn::StoreU(steps == kDeep ? add(n, kDeep, whole_vector) : add(n, steps, whole_vector), d, row + n);
        if (whole == n1) continue;
        const auto left = static_cast<size_t>(n1 - whole);
        store_n(d, add(whole, steps, [&](const auto* p) HWY_ATTR { return load_n(d, p, left); }), row + whole, left);
      }
    }
  }
}

// C(m ..., n) as scalar products of rows of A and columns of B that lie dense, four running sums each. What comes in 3 KiB is asked into the second cache:
// left to itself the processor begins anew with every page.
template <int R, class T, class W> void scalar_products(const Gemm<T, W>& g, int64_t m, int64_t n) {
  constexpr int64_t kLine = 64 / sizeof(W), kAhead = 3072 / sizeof(W);
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const T* const a = g.a + m * g.a_row;
  const W* const b = g.b + n * g.b_col;
  Vector sum[R][4];
  GRIM_UNROLL for (int r = 0; r < R; ++r) {
    GRIM_UNROLL for (int s = 0; s < 4; ++s) sum[r][s] = hn::Zero(d);
  }
  int64_t k = 0;
  for (; k + 4 * lanes <= g.K; k += 4 * lanes) {
    for (int64_t line = 0; line < 4 * lanes; line += kLine) __builtin_prefetch(b + k + line + kAhead, 0, 2);
    GRIM_UNROLL for (int s = 0; s < 4; ++s) {
      const Vector bv = load(d, b + k + s * lanes);
      GRIM_UNROLL for (int r = 0; r < R; ++r) sum[r][s] = hn::MulAdd(hn::LoadU(d, a + r * g.a_row + k + s * lanes), bv, sum[r][s]);
    }
  }
  for (; k < g.K; k += lanes) {
    const auto count = static_cast<size_t>(std::min(lanes, g.K - k));
    const Vector bv = load_n(d, b + k, count);
    GRIM_UNROLL for (int r = 0; r < R; ++r) sum[r][0] = hn::MulAdd(load_n(d, a + r * g.a_row + k, count), bv, sum[r][0]);
  }
  GRIM_UNROLL for (int r = 0; r < R; ++r)
    g.c[(m + r) * g.c_row + n] = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sum[r][0], sum[r][1]), hn::Add(sum[r][2], sum[r][3]))));
}

template <class T, class W> void few(const Gemm<T, W>& g) {
  if (g.b_col == 1 || g.N == 1) {
    constexpr int64_t kFew = 16;  // up to here reading B takes longer than the sums
    return g.M <= kFew ? add_up_rows(g) : panels(g);
  }
  GRIM_CHECK(g.b_row == 1 && g.a_col == 1, argument, "gemm", "rows of A and columns of B must be dense");
  for (int64_t n = 0; n < g.N; ++n) {
    int64_t m = 0;
    for (; m + 4 <= g.M; m += 4) scalar_products<4>(g, m, n);
    for (; m < g.M; ++m) scalar_products<1>(g, m, n);
  }
}

void run_f32(const Gemm<float>& g) { run(g); }
void run_f64(const Gemm<double>& g) { run(g); }
void few_f32(const Gemm<float>& g) { few(g); }
void few_f64(const Gemm<double>& g) { few(g); }
void few_bf16(const Gemm<float, Bf16>& g) { few(g); }

}  // namespace HWY_NAMESPACE
}  // namespace grim::device
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::device {
HWY_EXPORT(run_f32);
HWY_EXPORT(run_f64);
void small_gemm(const Gemm<float>& g) { HWY_DYNAMIC_DISPATCH(run_f32)(g); }
void small_gemm(const Gemm<double>& g) { HWY_DYNAMIC_DISPATCH(run_f64)(g); }
HWY_EXPORT(few_f32);
HWY_EXPORT(few_f64);
void few_rows(const Gemm<float>& g) { HWY_DYNAMIC_DISPATCH(few_f32)(g); }
void few_rows(const Gemm<double>& g) { HWY_DYNAMIC_DISPATCH(few_f64)(g); }
HWY_EXPORT(few_bf16);
void few_rows(const Gemm<float, Bf16>& g) { HWY_DYNAMIC_DISPATCH(few_bf16)(g); }
}  // namespace grim::device
#endif
