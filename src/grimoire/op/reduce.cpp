#include "grimoire/op/reduce.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/broadcast.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce_kernel.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

using cpu::Reducer;
using cpu::Reducers;
using Marks = std::array<bool, kMaxDims>;

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

// Reduces the marked axes, the last run of neighbours first; the last step divides and gives the result its shape.
template <class T>
Tensor reduce_axes(const Reducer<T>& k, Tensor x, const Marks& marked, const Shape& out, double divisor) {
  Shape shape = x.shape();
  for (int last = shape.ndim() - 1; last >= 0; --last) {
    if (!marked[static_cast<size_t>(last)] || shape[last] == 1) continue;
    int first = last;
    int64_t O = 1, R = shape[last], I = 1;
    while (first > 0 && (marked[static_cast<size_t>(first - 1)] || shape[first - 1] == 1)) R *= shape[--first];
    for (int i = 0; i < first; ++i) O *= shape[i];
    for (int i = last + 1; i < shape.ndim(); ++i) I *= shape[i];
    for (int i = first; i <= last; ++i) shape[i] = 1;
    const bool done = O * I == out.numel();
    const double by = done ? divisor : 1;
    const Tensor y = x.like(done ? out : shape);
    if (R == 0) fill(y, static_cast<double>(k.neutral) / by);
    else if (I == 1) reduce_rows(k, x.data<T>(), O, R, y.data<T>(), by);
    else reduce_columns(k, x.data<T>(), O, R, I, y.data<T>(), by);
    if (done) return y;
    x = y;
    last = first;
  }
  return view::try_reshape(x, out);  // nothing left to add
}

Tensor reduce(const Reducers& op, const Tensor& x, const Marks& marked, const Shape& out, double divisor = 1) {
  if (x.dtype() == Dtype::f32) return reduce_axes(op.f32, contiguous(x), marked, out, divisor);
  if (x.dtype() == Dtype::f64) return reduce_axes(op.f64, contiguous(x), marked, out, divisor);
  if (is_narrow(x)) return reduce(op, cast(x, Dtype::f32), marked, out, divisor);
  return reduce_axes(op.i64, contiguous(cast(x, Dtype::i64)), marked, out, divisor);
}

Shape reduced_shape(const Shape& shape, const Marks& marked, KeepDims keep) {
  Shape out;
  for (int i = 0; i < shape.ndim(); ++i)
    if (!marked[static_cast<size_t>(i)]) out.push_back(shape[i]);
    else if (keep == KeepDims::yes) out.push_back(1);
  return out;
}

Tensor with_shape(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : view::try_reshape(contiguous(x), shape);
}

// dx = dy repeated to x's shape.
void spread(const Tensor& dy, Grads dx) {
  dx.write(0, [&](const Tensor& dx0, float beta) {
    if (beta == 0) copy_into(dx0, dy);
    else add_into(dx0, view::expand(dy, dx0.shape()));
  });
}

}  // namespace

Axes::Axes(std::initializer_list<int> axes) {
  GRIM_CHECK(axes.size() <= kMaxDims, argument, "axes", "got {}, expected at most {}", axes.size(), kMaxDims);
  for (int axis : axes) axes_[static_cast<size_t>(count_++)] = axis;
}
Axes Axes::all(int ndim) {
  Axes a;
  for (; a.count_ < ndim; ++a.count_) a.axes_[static_cast<size_t>(a.count_)] = a.count_;
  return a;
}
std::array<bool, kMaxDims> Axes::of(const char* op, int ndim) const {
  Marks marked{};
  for (int i = 0; i < count_; ++i) {
    bool& mark = marked[static_cast<size_t>(normalize_axis(op, axes_[static_cast<size_t>(i)], ndim))];
    GRIM_CHECK(!mark, argument, op, "axis {} is named twice", axes_[static_cast<size_t>(i)]);
    mark = true;
  }
  return marked;
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Marks marked{};
  const int lead = x.ndim() - shape.ndim();
  for (int i = 0; i < x.ndim(); ++i)
    marked[static_cast<size_t>(i)] = i < lead || (shape[i - lead] == 1 && x.shape()[i] != 1);
  return reduce(cpu::reduce().sum, x, marked, shape);
}

// y = sum x: every element of a group gets that group's dy.
Tensor sum(const Tensor& x, const Axes& axes, KeepDims keep) {
  if (is_narrow(x)) return sum(widened(x), axes, keep);
  const Marks marked = axes.of("sum", x.ndim());
  return record(reduce(cpu::reduce().sum, x, marked, reduced_shape(x.shape(), marked, keep)), {x},
                [kept = reduced_shape(x.shape(), marked, KeepDims::yes)](const Tensor& dy, Grads dx) {
                  spread(with_shape(dy, kept), dx);
                });
}

namespace {

bool all_finite(const Tensor& y) {
  return visit_float("mean", y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    return std::all_of(y.data<T>(), y.data<T>() + y.numel(), [](T v) { return std::isfinite(v); });
  });
}

// A sum may leave the range where the mean does not: then it is taken of numbers that are 2^64 times smaller, or in f64.
Tensor mean_of(const Tensor& x, const Marks& marked, const Shape& out, double count) {
  const Tensor y = reduce(cpu::reduce().sum, x, marked, out, count);
  if (all_finite(y)) return y;
  if (x.dtype() == Dtype::f32) return cast(reduce(cpu::reduce().sum, cast(x, Dtype::f64), marked, out, count), Dtype::f32);
  return reduce(cpu::reduce().sum, saved(x) * 0x1p-64, marked, out, count) * 0x1p64;
}

}  // namespace

Tensor mean(const Tensor& x, const Axes& axes, KeepDims keep) {
  if (is_narrow(x)) return mean(widened(x), axes, keep);
  GRIM_CHECK(is_float(x.dtype()), dtype, "mean", "got {}, expected f32 or f64", name_of(x.dtype()));
  const Marks marked = axes.of("mean", x.ndim());
  const Shape kept = reduced_shape(x.shape(), marked, KeepDims::yes);
  double count = 1;
  for (int i = 0; i < x.ndim(); ++i)
    if (marked[static_cast<size_t>(i)]) count *= static_cast<double>(x.shape()[i]);
  return record(mean_of(x, marked, reduced_shape(x.shape(), marked, keep), count), {x},
                [kept, count](const Tensor& dy, Grads dx) { spread(with_shape(dy / count, kept), dx); });
}

namespace {

// y = max x: the elements equal to it share dy.
Tensor extremum(const char* name, const Reducers& op, const Tensor& x, const Axes& axes, KeepDims keep) {
  if (is_narrow(x)) return narrowed(extremum(name, op, widened(x), axes, keep));
  const Marks marked = axes.of(name, x.ndim());
  const Shape out = reduced_shape(x.shape(), marked, keep), kept = reduced_shape(x.shape(), marked, KeepDims::yes);
  GRIM_CHECK(x.numel() > 0 || kept.numel() == 0, shape, name, "no elements to choose from: got {}", x.shape());
  const Tensor y = reduce(op, x, marked, out);
  return record(y, {x}, [x = saved(x), y = saved(y), marked, kept](const Tensor& dy, Grads dx) {
    const Tensor chosen = cast(eq(x, with_shape(y, kept)), x.dtype());
    dx.add(0, chosen * (with_shape(dy, kept) / reduce(cpu::reduce().sum, chosen, marked, kept)));
  });
}

}  // namespace

Tensor max(const Tensor& x, const Axes& axes, KeepDims keep) {
  return extremum("max", cpu::reduce().max, x, axes, keep);
}
Tensor min(const Tensor& x, const Axes& axes, KeepDims keep) {
  return extremum("min", cpu::reduce().min, x, axes, keep);
}

Tensor sum(const Tensor& x) { return sum(x, Axes::all(x.ndim())); }
Tensor mean(const Tensor& x) { return mean(x, Axes::all(x.ndim())); }
Tensor max(const Tensor& x) { return max(x, Axes::all(x.ndim())); }
Tensor min(const Tensor& x) { return min(x, Axes::all(x.ndim())); }

}  // namespace grim
