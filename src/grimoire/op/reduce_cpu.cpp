#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/reduce_cpu.cpp"
#include "hwy/foreach_target.h"

#include <vector>

#include "grimoire/device/threads.h"
#include "grimoire/op/reduce_cpu.h"
#include "grimoire/op/reduce_kernel.h"
#include "grimoire/op/simd-inl.h"
#include "grimoire/tensor/copy.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
namespace {

struct Sum {
  template <class T> static T neutral() { return T(0); }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a + b; }
  template <class V> static HWY_INLINE V vector(V a, V b) { return hn::Add(a, b); }
};
struct Max {
  template <class T> static T neutral() {
    return std::is_integral_v<T> ? std::numeric_limits<T>::min() : -std::numeric_limits<T>::infinity();
  }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a > b || a != a ? a : b; }
  template <class V> static HWY_INLINE V vector(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  }
};
struct Min {
  template <class T> static T neutral() {
    return std::is_integral_v<T> ? std::numeric_limits<T>::max() : std::numeric_limits<T>::infinity();
  }
  template <class T> static HWY_INLINE T scalar(T a, T b) { return a < b || a != a ? a : b; }
  template <class V> static HWY_INLINE V vector(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  }
};

template <class Op, class T> double float_row(const T* x, int64_t n) {
  const hn::ScalableTag<T> d;
  HWY_ALIGN T lanes[hn::MaxLanes(d)];
  hn::Store(Fold(d, x, n, hn::Set(d, Op::template neutral<T>()), [](auto v) HWY_ATTR { return v; },
                 [](auto a, auto b) HWY_ATTR { return Op::vector(a, b); }),
            d, lanes);
  double result = static_cast<double>(lanes[0]);
  for (size_t i = 1; i < hn::Lanes(d); ++i) result = Op::scalar(result, static_cast<double>(lanes[i]));
  return result;
}

// Four rows at a time: one pass over `to` for each, and shorter chains of additions.
template <class Op, class T> void float_columns(const T* x, int64_t rows, int64_t row_stride, int64_t n, T* to) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto pass = [&](const T* top, int64_t count, bool first) HWY_ATTR {
    const T *r1 = top + (count > 1 ? row_stride : 0), *r2 = top + (count > 2 ? 2 * row_stride : 0);
    const T* r3 = top + (count > 3 ? 3 * row_stride : 0);
    const auto step = [&](auto load, auto store, int64_t i) HWY_ATTR {
      auto v = load(top + i);
      if (count > 1) v = Op::vector(v, load(r1 + i));
      if (count > 2) v = Op::vector(v, count > 3 ? Op::vector(load(r2 + i), load(r3 + i)) : load(r2 + i));
      store(first ? v : Op::vector(load(to + i), v), to + i);
    };
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
      step([&](const T* p) HWY_ATTR { return hn::LoadU(d, p); }, [&](auto v, T* p) HWY_ATTR { hn::StoreU(v, d, p); },
           i);
    if (i < n)
      step([&](const T* p) HWY_ATTR { return LoadSome(d, p, n - i); },
           [&](auto v, T* p) HWY_ATTR { StoreSome(v, d, p, n - i); }, i);
  };
  for (int64_t r = 0; r < rows; r += 4) pass(x + r * row_stride, rows - r < 4 ? rows - r : 4, r == 0);
}

template <class Op> int64_t integer_row(const int64_t* x, int64_t n) {
  int64_t result = Op::template neutral<int64_t>();
  for (int64_t i = 0; i < n; ++i) result = Op::scalar(result, x[i]);
  return result;
}
template <class Op> void integer_columns(const int64_t* x, int64_t rows, int64_t row_stride, int64_t n, int64_t* to) {
  for (int64_t i = 0; i < n; ++i) to[i] = x[i];
  for (int64_t r = 1; r < rows; ++r)
    for (int64_t i = 0; i < n; ++i) to[i] = Op::scalar(to[i], x[r * row_stride + i]);
}

template <class Op, class W> W combine(W a, W b) { return Op::scalar(a, b); }

template <class Op> Reducers reducers() {
  const double neutral = Op::template neutral<double>();
  return {{float_row<Op, float>, float_columns<Op, float>, combine<Op, double>, neutral},
          {float_row<Op, double>, float_columns<Op, double>, combine<Op, double>, neutral},
          {integer_row<Op>, integer_columns<Op>, combine<Op, int64_t>, Op::template neutral<int64_t>()}};
}

}  // namespace

const ReduceTable& reduce_table() {
  static const ReduceTable table = {.sum = reducers<Sum>(), .max = reducers<Max>(), .min = reducers<Min>()};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(reduce_table);
const ReduceTable& reducers() { return HWY_DYNAMIC_DISPATCH(reduce_table)(); }

namespace {

constexpr int64_t kGrain = 32768;      // elements for one thread
constexpr int64_t kBlock = 4096;       // elements of a row added in T; blocks are added in Wide
constexpr int64_t kRowsAtOnce = 128;   // rows of a column sum added in T
constexpr int64_t kTile = 2048;        // columns whose sums stay in the first cache

template <class T> typename Reducer<T>::Wide reduce_row(const Reducer<T>& k, const T* x, int64_t n) {
  auto total = k.neutral;
  for (int64_t i = 0; i < n; i += kBlock) total = k.combine(total, k.row(x + i, std::min(kBlock, n - i)));
  return total;
}

// Whole numbers are never divided, nor turned into real ones.
template <class T, class Wide> T finish(Wide total, double divisor) {
  if constexpr (std::is_integral_v<Wide>) return total;
  else return static_cast<T>(divisor == 1 ? total : total / divisor);
}

// (O, R) -> (O). Few long rows are cut into pieces so that all threads have work.
template <class T> void reduce_rows(const Reducer<T>& k, const T* x, int64_t O, int64_t R, T* y, double divisor) {
  if (R < 4 * kGrain || O > 64) {
    device::parallel_for(O, std::max<int64_t>(1, kGrain / std::max<int64_t>(R, 1)), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) y[o] = finish<T>(reduce_row(k, x + o * R, R), divisor);
    });
    return;
  }
  const int64_t pieces = (R + kGrain - 1) / kGrain;
  std::vector<typename Reducer<T>::Wide> partial(static_cast<size_t>(O * pieces));
  device::for_chunks(O * pieces, [&](int64_t chunk) {
    const int64_t o = chunk / pieces, at = chunk % pieces * kGrain;
    partial[static_cast<size_t>(chunk)] = reduce_row(k, x + o * R + at, std::min(kGrain, R - at));
  });
  for (int64_t o = 0; o < O; ++o) {
    auto total = k.neutral;
    for (int64_t p = 0; p < pieces; ++p) total = k.combine(total, partial[static_cast<size_t>(o * pieces + p)]);
    y[o] = finish<T>(total, divisor);
  }
}

// (O, R, I) -> (O, I): pieces of kRowsAtOnce rows by kTile columns, then the pieces' sums in Wide.
template <class T>
void reduce_columns(const Reducer<T>& k, const T* x, int64_t O, int64_t R, int64_t I, T* y, double divisor) {
  const int64_t pieces = (R + kRowsAtOnce - 1) / kRowsAtOnce, tiles = (I + kTile - 1) / kTile;
  const Tensor partial = pieces == 1 ? Tensor() : Tensor::empty({O, pieces, I}, dtype_of<T>);
  T* const sums = pieces == 1 ? y : partial.data<T>();
  const int64_t piece_size = std::max<int64_t>(1, std::min(R, kRowsAtOnce) * std::min(I, kTile));
  device::parallel_for(O * pieces * tiles, std::max<int64_t>(1, kGrain / piece_size), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t column = task % tiles * kTile, piece = task / tiles % pieces, o = task / tiles / pieces;
      const int64_t row = piece * kRowsAtOnce;
      k.columns(x + (o * R + row) * I + column, std::min(kRowsAtOnce, R - row), I, std::min(kTile, I - column),
                sums + (o * pieces + piece) * I + column);
    }
  });
  if (pieces == 1 && divisor == 1) return;
  device::parallel_for(O * I, std::max<int64_t>(1, kGrain / pieces), [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const T* const from = sums + at / I * pieces * I + at % I;
      typename Reducer<T>::Wide total = from[0];
      for (int64_t p = 1; p < pieces; ++p) total = k.combine(total, from[p * I]);
      y[at] = finish<T>(total, divisor);
    }
  });
}

template <class T> void reduce_as(const Reducer<T>& k, const Tensor& x, const Tensor& y, double divisor) {
  const int64_t O = x.dim(0), R = x.dim(1), I = x.dim(2);
  if (R == 0) return fill(y, static_cast<double>(k.neutral) / divisor);
  if (I == 1) reduce_rows(k, x.data<T>(), O, R, y.data<T>(), divisor);
  else reduce_columns(k, x.data<T>(), O, R, I, y.data<T>(), divisor);
}

}  // namespace

void reduce(ReduceOp op, const Tensor& x, const Tensor& y, double divisor) {
  const Reducers& k = op == ReduceOp::sum ? reducers().sum : op == ReduceOp::max ? reducers().max : reducers().min;
  if (x.dtype() == Dtype::f32) reduce_as(k.f32, x, y, divisor);
  else if (x.dtype() == Dtype::f64) reduce_as(k.f64, x, y, divisor);
  else reduce_as(k.i64, x, y, divisor);
}

bool all_between(const Tensor& x, double above, double most) {
  return visit_float("all_between", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    return std::all_of(x.data<T>(), x.data<T>() + x.numel(), [=](T v) { return static_cast<double>(v) > above && static_cast<double>(v) <= most; });
  });
}

}  // namespace grim::cpu
#endif
