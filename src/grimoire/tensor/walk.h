// walk(shape, strides..., row): visits strided tensors row by row along the last axis.
// Axes that lie densely in every operand are merged first, so a contiguous walk is one row.
#pragma once

#include <array>

#include "grimoire/base/shape.h"

namespace grim {

template <size_t N> struct Walk {
  Shape shape;                             // merged
  std::array<Shape, N> strides;            // one for each operand, merged alike
  int64_t rows = 1, row_length = 1;
  std::array<int64_t, N> row_strides{};    // stride along a row

  Walk(const Shape& full, const std::array<Shape, N>& operand_strides) {
    for (int i = 0; i < full.ndim(); ++i) {
      if (full[i] == 1) continue;
      const int last = shape.ndim() - 1;
      bool merges = last >= 0;
      for (size_t k = 0; merges && k < N; ++k) merges = strides[k][last] == operand_strides[k][i] * full[i];
      if (merges) {
        shape[last] *= full[i];
        for (size_t k = 0; k < N; ++k) strides[k][last] = operand_strides[k][i];
      } else {
        shape.push_back(full[i]);
        for (size_t k = 0; k < N; ++k) strides[k].push_back(operand_strides[k][i]);
      }
    }
    if (shape.ndim() == 0) {
      shape.push_back(full.numel());
      for (size_t k = 0; k < N; ++k) strides[k].push_back(1);
    }
    const int last = shape.ndim() - 1;
    row_length = shape[last];
    for (size_t k = 0; k < N; ++k) row_strides[k] = strides[k][last];
    for (int i = 0; i < last; ++i) rows *= shape[i];
    if (row_length == 0) rows = 0;
  }

  // row(offsets) for rows [begin, end); offsets in elements from each operand's first element.
  template <class F> void run(int64_t begin, int64_t end, F&& row) const {
    if (begin >= end) return;
    const int outer = shape.ndim() - 1;
    int64_t index[kMaxDims] = {};
    std::array<int64_t, N> at{};
    int64_t rest = begin;
    for (int i = outer - 1; i >= 0; --i) {
      index[i] = rest % shape[i];
      rest /= shape[i];
      for (size_t k = 0; k < N; ++k) at[k] += index[i] * strides[k][i];
    }
    for (int64_t r = begin;;) {
      row(at);
      if (++r == end) return;
      for (int i = outer - 1; i >= 0; --i) {
        for (size_t k = 0; k < N; ++k) at[k] += strides[k][i];
        if (++index[i] < shape[i]) break;
        for (size_t k = 0; k < N; ++k) at[k] -= index[i] * strides[k][i];
        index[i] = 0;
      }
    }
  }
  template <class F> void run(F&& row) const { run(0, rows, row); }
};

}  // namespace grim
