// gather, scatter_add, index_select and one_hot: elements and slices by index. Declared in op/index.h.
#include "grimoire/op/gather.h"

#include <algorithm>
#include <cstring>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/long_sum.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"
#include "grimoire/tensor/walk.h"

namespace grim {
namespace {

constexpr int64_t kGrain = 16384;  // elements
constexpr int64_t kLong = 4096;    // contributions

// Dense i64, every one inside 0..n-1.
Tensor checked_index(const char* op, const Tensor& index, int64_t n) {
  visit_index(op, index.dtype(), [](auto) {});
  const Tensor ids = contiguous(cast(index, Dtype::i64));
  const int64_t* const id = ids.data<int64_t>();
  for (int64_t i = 0; i < ids.numel(); ++i)
    GRIM_CHECK(id[i] >= 0 && id[i] < n, argument, op, "index {} at place {} is outside 0 to {}", id[i], i, n - 1);
  return ids;
}

void check_places(const char* op, const Tensor& x, int axis, const Tensor& index) {
  bool fits = index.ndim() == x.ndim();
  for (int i = 0; fits && i < x.ndim(); ++i) fits = i == axis || index.shape()[i] <= x.shape()[i];
  GRIM_CHECK(fits, shape, op, "index: got {}, expected as many axes as x {} and none longer but axis {}", index.shape(),
             x.shape(), axis);
}

Shape axis_last(Shape s, int axis) {
  const int64_t d = s[axis];
  s.erase(axis);
  s.push_back(d);
  return s;
}

int64_t grain_for(int64_t elements_each) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(elements_each, 1)); }

// each(place, chosen) for every place of `small` (laid out as index) and the place of `large` that its index names, in runs
// along the axis. Runs name different places of `large`, so they may go in parallel even when those are added to.
template <class F> void for_places(const Tensor& index, const Tensor& small, const Tensor& large, int axis, F&& each) {
  Shape start = large.strides();
  start[axis] = 0;
  const int64_t step = large.strides()[axis];
  const int64_t* const ids = index.data<int64_t>();
  const Walk<3> walk(axis_last(index.shape(), axis),
                     {axis_last(index.strides(), axis), axis_last(small.strides(), axis), axis_last(start, axis)});
  const auto [id_step, small_step, large_step] = walk.row_strides;  // large_step is 0 along the axis
  device::parallel_for(walk.rows, grain_for(walk.row_length), [&, id_step = id_step, small_step = small_step,
                                                               large_step = large_step](int64_t begin, int64_t end) {
    walk.run(begin, end, [&](const std::array<int64_t, 3>& at) {
      for (int64_t i = 0; i < walk.row_length; ++i)
        each(at[1] + i * small_step, at[2] + i * large_step + ids[at[0] + i * id_step] * step);
    });
  });
}

Tensor gather_plain(const Tensor& x, int axis, const Tensor& index) {
  const Tensor y = x.like(index.shape());
  visit(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = y.data<T>();
    const T* const from = x.data<T>();
    for_places(index, y, x, axis, [=](int64_t place, int64_t chosen) { to[place] = from[chosen]; });
  });
  return y;
}

void scatter_into(const Tensor& x, int axis, const Tensor& index, const Tensor& source) {
  visit_float("scatter_add", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    add_in_blocks(x, x.dim(axis), index.dim(axis), kLong, [&](const Tensor& sums, int64_t begin, int64_t end) {
      const Tensor ids = view::slice(index, axis, begin, end), part = view::slice(source, axis, begin, end);
      const T* const from = part.data<T>();
      T* const to = sums.data<T>();
      for_places(ids, part, sums, axis, [=](int64_t place, int64_t chosen) { to[chosen] += from[place]; });
    });
  });
}

}  // namespace

// y_p = x_index(p):  dx_c = sum of dy_p over the places p with index(p) = c.
Tensor gather(const Tensor& x, int axis_any, const Tensor& index_any) {
  const int axis = normalize_axis("gather", axis_any, x.ndim());
  check_places("gather", x, axis, index_any);
  const Tensor index = checked_index("gather", index_any, x.dim(axis));
  return record(gather_plain(x, axis, index), {x}, [axis, index](const Tensor& dy, Grads dx) {
    dx.scatter(0, [&](const Tensor& whole) { scatter_into(whole, axis, index, cast(dy, whole.dtype())); });
  });
}

// Its transpose: dx = dy, dsource = gather(dy).
Tensor scatter_add(const Tensor& x, int axis_any, const Tensor& index_any, const Tensor& source) {
  const int axis = normalize_axis("scatter_add", axis_any, x.ndim());
  check_places("scatter_add", x, axis, index_any);
  GRIM_CHECK(source.shape() == index_any.shape() && source.dtype() == x.dtype(), shape, "scatter_add",
             "source: got {} {}, expected {} {}", name_of(source.dtype()), source.shape(), name_of(x.dtype()),
             index_any.shape());
  if (is_narrow(x)) return narrowed(scatter_add(widened(x), axis_any, index_any, widened(source)));
  const Tensor index = checked_index("scatter_add", index_any, x.dim(axis)), y = copy(x);
  scatter_into(y, axis, index, source);
  return record(y, {x, source}, [axis, index](const Tensor& dy, Grads dx) {
    dx.add(0, dy);
    if (dx.wants(1)) dx.add(1, gather_plain(dy, axis, index));
  });
}

namespace {

// x seen as (outer, n, inner) around an axis.
struct Around {
  int64_t outer = 1, n, inner = 1;
  Around(const Shape& shape, int axis) : n(shape[axis]) {
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    for (int i = axis + 1; i < shape.ndim(); ++i) inner *= shape[i];
  }
};

// Adds dy's slices first to last into those of dx that they came from, in the order of ids; work is cut across slices, not along ids.
template <class T> void add_slices(const Tensor& dx, const Tensor& dy, const Tensor& ids, const Around& a, int64_t first, int64_t last) {
  const int64_t N = ids.numel();
  const int64_t width = std::clamp<int64_t>(kGrain / std::max<int64_t>(N, 1), 16, std::max<int64_t>(a.inner, 16));
  const int64_t blocks = (a.inner + width - 1) / width, grain = grain_for(N * std::min(width, a.inner));
  const int64_t* const id = ids.data<int64_t>();
  device::parallel_for(a.outer * blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t job = begin; job < end; ++job) {
      const int64_t o = job / blocks, c0 = job % blocks * width, c1 = std::min(a.inner, c0 + width);
      for (int64_t i = first; i < last; ++i) {
        T* const to = dx.data<T>() + (o * a.n + id[i]) * a.inner;
        const T* const from = dy.data<T>() + (o * N + i) * a.inner;
        for (int64_t c = c0; c < c1; ++c) to[c] += from[c];
      }
    }
  });
}

}  // namespace

Tensor index_select(const Tensor& x_any, int axis_any, const Tensor& ids_any) {
  const int axis = normalize_axis("index_select", axis_any, x_any.ndim());
  GRIM_CHECK(ids_any.ndim() == 1, shape, "index_select", "ids: got {}, expected (N,)", ids_any.shape());
  const Tensor x = contiguous(x_any), ids = checked_index("index_select", ids_any, x.dim(axis));
  const Around a(x.shape(), axis);
  const int64_t N = ids.numel();
  Shape shape = x.shape();
  shape[axis] = N;
  const Tensor y = x.like(shape);
  const auto bytes = static_cast<size_t>(a.inner * size_of(x.dtype()));
  const int64_t* const id = ids.data<int64_t>();
  device::parallel_for(a.outer * N, grain_for(a.inner), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t from = i / N * a.n + id[i % N];
      std::memcpy(y.raw() + static_cast<size_t>(i) * bytes, x.raw() + static_cast<size_t>(from) * bytes, bytes);
    }
  });
  return record(y, {x_any}, [a, ids](const Tensor& dy_any, Grads dx) {
    dx.scatter(0, [&](const Tensor& whole) {
      const Tensor dy = contiguous(cast(dy_any, whole.dtype()));
      add_in_blocks(whole, a.n, ids.numel(), kLong, [&](const Tensor& sums, int64_t begin, int64_t end) {
        visit_float("index_select", dy.dtype(), [&](auto zero) { add_slices<decltype(zero)>(sums, dy, ids, a, begin, end); });
      });
    });
  });
}

Tensor one_hot(const Tensor& ids_any, int64_t K, Dtype dtype) {
  GRIM_CHECK(K > 0, argument, "one_hot", "K: got {}, expected at least 1", K);
  const Tensor ids = checked_index("one_hot", ids_any, K);
  Shape shape = ids.shape();
  shape.push_back(K);
  const Tensor y = Tensor::zeros(shape, dtype);
  visit(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < ids.numel(); ++i) y.data<T>()[i * K + ids.data<int64_t>()[i]] = static_cast<T>(1.0f);
  });
  return y;
}

}  // namespace grim
