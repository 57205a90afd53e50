// Reductions. The order of additions depends on the sizes alone: the same bits for any number of threads. f32 sums are
// blocked and their blocks are added in f64.
#pragma once

#include <array>

#include "grimoire/tensor/tensor.h"

namespace grim {

enum class KeepDims : uint8_t { no, yes };  // yes: reduced axes stay, of size 1

// Which axes: sum(x, -1), sum(x, {0, 2}). Negative ones count from the end.
class Axes {
 public:
  Axes() = default;  // none: sum(x, {}) is x
  Axes(int axis) : Axes({axis}) {}
  Axes(std::initializer_list<int> axes);                 // throws: argument, more than 8
  static Axes all(int ndim);
  std::array<bool, kMaxDims> of(const char* op, int ndim) const;  // throws: argument, out of range or named twice

 private:
  std::array<int, kMaxDims> axes_{};
  int count_ = 0;
};

// f32 and f64 give their own dtype; sums of integers and bool give i64.
Tensor sum(const Tensor& x);  // 0-d
Tensor sum(const Tensor& x, const Axes& axes, KeepDims keep = KeepDims::no);
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, const Axes& axes, KeepDims keep = KeepDims::no);

// Largest and smallest; NaN wins. Elements that tie share the gradient. throws: shape, nothing to choose from.
Tensor max(const Tensor& x);
Tensor max(const Tensor& x, const Axes& axes, KeepDims keep = KeepDims::no);
Tensor min(const Tensor& x);
Tensor min(const Tensor& x, const Axes& axes, KeepDims keep = KeepDims::no);

// The transpose of broadcasting: adds up x over the axes along which `shape` was repeated. x itself when the shapes are equal. Not recorded.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace grim
