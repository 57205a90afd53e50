#include "grimoire/op/gather_cpu.h"

#include <algorithm>
#include <cstring>

#include "grimoire/device/threads.h"
#include "grimoire/tensor/walk.h"

namespace grim::cpu {
namespace {

constexpr int64_t kGrain = 16384;  // elements

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

// Both are dense; f(slice of the smaller, slice of the larger) for each of them, in bytes.
template <class F> void each_slice(const Tensor& large, const Tensor& ids, F&& f) {
  const int64_t n = large.dim(1), N = ids.numel(), inner = large.dim(2), bytes = inner * size_of(large.dtype());
  const int64_t* const id = ids.data<int64_t>();
  device::parallel_for(large.dim(0) * N, grain_for(inner), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i * bytes, (i / N * n + id[i % N]) * bytes, static_cast<size_t>(bytes));
  });
}

}  // namespace

Outside first_outside(const Tensor& ids, int64_t n) {
  return visit_index("index", ids.dtype(), [&](auto zero) {
    const auto* const id = ids.data<decltype(zero)>();
    for (int64_t i = 0; i < ids.numel(); ++i)
      if (id[i] < 0 || id[i] >= n) return Outside{i, id[i]};
    return Outside{};
  });
}

void gather(const Tensor& x, int axis, const Tensor& index, const Tensor& y) {
  visit(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = y.data<T>();
    const T* const from = x.data<T>();
    for_places(index, y, x, axis, [=](int64_t place, int64_t chosen) { to[place] = from[chosen]; });
  });
}

void scatter_add(const Tensor& source, int axis, const Tensor& index, const Tensor& x) {
  visit_float("scatter_add", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = source.data<T>();
    T* const to = x.data<T>();
    for_places(index, source, x, axis, [=](int64_t place, int64_t chosen) { to[chosen] += from[place]; });
  });
}

void take_slices(const Tensor& x, const Tensor& ids, const Tensor& y) {
  each_slice(x, ids, [from = x.raw(), to = y.raw()](int64_t small, int64_t large, size_t bytes) { std::memcpy(to + small, from + large, bytes); });
}

void put_slices(const Tensor& y, const Tensor& ids, const Tensor& x) {
  each_slice(x, ids, [from = y.raw(), to = x.raw()](int64_t small, int64_t large, size_t bytes) { std::memcpy(to + large, from + small, bytes); });
}

// In the order of ids; work is cut across slices, not along ids.
void add_slices(const Tensor& dy, const Tensor& ids, int64_t first, int64_t last, const Tensor& dx) {
  const int64_t N = ids.numel(), n = dx.dim(1), inner = dx.dim(2);
  const int64_t width = std::clamp<int64_t>(kGrain / std::max<int64_t>(N, 1), 16, std::max<int64_t>(inner, 16));
  const int64_t blocks = (inner + width - 1) / width, grain = grain_for(N * std::min(width, inner));
  const int64_t* const id = ids.data<int64_t>();
  visit_float("index_select", dy.dtype(), [&](auto zero) {
    using T = decltype(zero);
    device::parallel_for(dx.dim(0) * blocks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t job = begin; job < end; ++job) {
        const int64_t o = job / blocks, c0 = job % blocks * width, c1 = std::min(inner, c0 + width);
        for (int64_t i = first; i < last; ++i) {
          T* const to = dx.data<T>() + (o * n + id[i]) * inner;
          const T* const from = dy.data<T>() + (o * N + i) * inner;
          for (int64_t c = c0; c < c1; ++c) to[c] += from[c];
        }
      }
    });
  });
}

void one_hot(const Tensor& ids, const Tensor& y) {
  const int64_t K = y.shape().back();
  visit(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < ids.numel(); ++i) y.data<T>()[i * K + ids.data<int64_t>()[i]] = static_cast<T>(1.0f);
  });
}

}  // namespace grim::cpu
