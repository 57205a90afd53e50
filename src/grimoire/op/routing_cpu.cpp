#include "grimoire/op/routing_cpu.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "grimoire/device/threads.h"

namespace grim::cpu {
namespace {

// In what numbers of T are added up.
template <class T> using Wide = std::conditional_t<std::is_same_v<T, Bf16>, float, T>;

// Each place's numbers, of tensors that hold one expert's each; null where there is no tensor.
template <class T> std::vector<T*> places_in(std::span<const Tensor> y, std::span<const int64_t> begin) {
  std::vector<T*> all(static_cast<size_t>(begin.back()), nullptr);
  for (size_t e = 0; e < y.size(); ++e)
    for (int64_t i = 0; y[e].defined() && i < y[e].dim(0); ++i) all[static_cast<size_t>(begin[e] + i)] = y[e].data<T>() + i * y[e].dim(1);
  return all;
}

Dtype dtype_in(std::span<const Tensor> y) {
  const auto first = std::ranges::find_if(y, [](const Tensor& t) { return t.defined(); });
  return first == y.end() ? Dtype::f32 : first->dtype();
}

template <class F> void visit_rows(Dtype d, F&& f) {
  if (d == Dtype::bf16) return f(Bf16{});
  visit_float("routing", d, f);
}

// f(first row, behind the last) on all threads, of rows that take so many operations each.
template <class F> void each_row(int64_t rows, int64_t work, F&& f) { device::parallel_for(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(work, 1)), f); }

}  // namespace

int64_t count_choices(const Tensor& chosen, std::span<int64_t> counts) {
  const int64_t N = chosen.dim(0), k = chosen.dim(1);
  for (int64_t n = 0; n < N; ++n) {
    const int64_t* const of_row = chosen.data<int64_t>() + n * k;
    for (int64_t j = 0; j < k; ++j) {
      if (std::find(of_row, of_row + j, of_row[j]) != of_row + j) return n;
      ++counts[static_cast<size_t>(of_row[j])];
    }
  }
  return -1;
}

void place_rows(const Tensor& chosen, std::span<const int64_t> begin, const Tensor& row, const Tensor& place) {
  const int64_t N = chosen.dim(0), k = chosen.dim(1);
  const int64_t* const expert = chosen.data<int64_t>();
  int64_t *const at = place.data<int64_t>(), *const rows = row.data<int64_t>();
  std::vector<int64_t> left, next(begin.begin(), begin.end() - 1);
  for (size_t e = 0; e + 1 < begin.size(); ++e) left.push_back(begin[e + 1] - begin[e]);
  for (int64_t j = 0; j < k; ++j)  // who gets a place
    for (int64_t n = 0; n < N; ++n) {
      int64_t& free = left[static_cast<size_t>(expert[n * k + j])];
      at[n * k + j] = free > 0 ? 0 : -1;
      free -= free > 0;
    }
  for (int64_t i = 0; i < N * k; ++i) {  // which one
    if (at[i] < 0) continue;
    at[i] = next[static_cast<size_t>(expert[i])]++;
    rows[at[i]] = i / k;
  }
}

void add_places(const Tensor& dy, const Tensor& place, const Tensor& dx, float beta) {
  const int64_t N = place.dim(0), k = place.dim(1), C = dx.dim(1);
  visit_rows(dx.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_row(N, k * C, [&](int64_t first, int64_t last) {
      std::vector<Wide<T>> sum(static_cast<size_t>(C));
      for (int64_t n = first; n < last; ++n) {
        T* const to = dx.data<T>() + n * C;
        for (int64_t c = 0; c < C; ++c) sum[static_cast<size_t>(c)] = beta == 0 ? Wide<T>(0) : static_cast<Wide<T>>(to[c]);
        for (int64_t j = 0; j < k; ++j) {
          const int64_t p = place.data<int64_t>()[n * k + j];
          if (p < 0) continue;
          const T* const from = dy.data<T>() + p * C;
          for (int64_t c = 0; c < C; ++c) sum[static_cast<size_t>(c)] += static_cast<Wide<T>>(from[c]);
        }
        for (int64_t c = 0; c < C; ++c) to[c] = static_cast<T>(sum[static_cast<size_t>(c)]);
      }
    });
  });
}

void combine(std::span<const Tensor> y, std::span<const int64_t> begin, const Tensor& weights, const Tensor& place, const Tensor& out) {
  const int64_t N = place.dim(0), k = place.dim(1), C = out.dim(1);
  visit_rows(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::vector<T*> at = places_in<T>(y, begin);
    each_row(N, k * C, [&](int64_t first, int64_t last) {
      std::vector<Wide<T>> sum(static_cast<size_t>(C));
      for (int64_t n = first; n < last; ++n) {
        std::ranges::fill(sum, Wide<T>(0));
        for (int64_t j = 0; j < k; ++j) {
          const int64_t p = place.data<int64_t>()[n * k + j];
          if (p < 0) continue;
          const Wide<T> w = weights.data<Wide<T>>()[n * k + j];
          const T* const from = at[static_cast<size_t>(p)];
          for (int64_t c = 0; c < C; ++c) sum[static_cast<size_t>(c)] += w * static_cast<Wide<T>>(from[c]);
        }
        T* const to = out.data<T>() + n * C;
        for (int64_t c = 0; c < C; ++c) to[c] = static_cast<T>(sum[static_cast<size_t>(c)]);
      }
    });
  });
}

void combine_backward(const Tensor& dout, const Tensor& weights, const Routing& routing, std::span<const Tensor> dy) {
  const int64_t N = routing.rows(), k = routing.choices(), C = dout.dim(1);
  visit_rows(dout.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::vector<T*> at = places_in<T>(dy, routing.begin);
    each_row(N, k * C, [&](int64_t first, int64_t last) {
      for (int64_t i = first * k; i < last * k; ++i) {
        const int64_t p = routing.place.data<int64_t>()[i];
        T* const to = p < 0 ? nullptr : at[static_cast<size_t>(p)];
        if (!to) continue;
        const Wide<T> w = weights.data<Wide<T>>()[i];
        const T* const from = dout.data<T>() + i / k * C;
        for (int64_t c = 0; c < C; ++c) to[c] = static_cast<T>(w * static_cast<Wide<T>>(from[c]));
      }
    });
  });
}

void combine_weights_backward(const Tensor& dout, std::span<const Tensor> y, std::span<const int64_t> begin, const Tensor& place, const Tensor& dweights) {
  constexpr int64_t kSums = 8;  // so that they go in vectors
  const int64_t N = place.dim(0), k = place.dim(1), C = dout.dim(1);
  visit_rows(dtype_in(y), [&](auto zero) {
    using T = decltype(zero);
    const std::vector<T*> at = places_in<T>(y, begin);
    each_row(N, k * C, [&](int64_t first, int64_t last) {
      for (int64_t i = first * k; i < last * k; ++i) {
        const int64_t p = place.data<int64_t>()[i];
        Wide<T> sums[kSums] = {};
        if (p >= 0) {
          const T *const a = dout.data<T>() + i / k * C, *const b = at[static_cast<size_t>(p)];
          int64_t c = 0;
          for (; c + kSums <= C; c += kSums)
            for (int64_t s = 0; s < kSums; ++s) sums[s] += static_cast<Wide<T>>(a[c + s]) * static_cast<Wide<T>>(b[c + s]);
          for (; c < C; ++c) sums[0] += static_cast<Wide<T>>(a[c]) * static_cast<Wide<T>>(b[c]);
        }
        for (int64_t s = kSums / 2; s > 0; s /= 2)
          for (int64_t i2 = 0; i2 < s; ++i2) sums[i2] += sums[i2 + s];
        dweights.data<Wide<T>>()[i] = sums[0];
      }
    });
  });
}

}  // namespace grim::cpu
