// Building blocks of reductions, for one thread and a cache-sized piece.
#pragma once

#include <cstdint>
#include <type_traits>

namespace grim::cpu {

template <class T> struct Reducer {
  using Wide = std::conditional_t<std::is_integral_v<T>, int64_t, double>;  // partial results are combined in this
  Wide (*row)(const T* x, int64_t n);
  // to[i] = reduction of x[r * row_stride + i] over r, rows >= 1
  void (*columns)(const T* x, int64_t rows, int64_t row_stride, int64_t n, T* to);
  Wide (*combine)(Wide a, Wide b);
  Wide neutral;
};
struct Reducers {
  Reducer<float> f32;
  Reducer<double> f64;
  Reducer<int64_t> i64;
  template <class T> const Reducer<T>& of() const {
    if constexpr (std::is_same_v<T, float>) return f32;
    else if constexpr (std::is_same_v<T, double>) return f64;
    else return i64;
  }
};
struct ReduceTable {
  Reducers sum, max, min;
};
const ReduceTable& reducers();

}  // namespace grim::cpu
