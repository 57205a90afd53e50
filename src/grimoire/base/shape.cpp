#include "grimoire/base/shape.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {

Shape::Shape(std::initializer_list<int64_t> dims) {
  for (int64_t d : dims) push_back(d);
}

Shape Shape::of_rank(int ndim, int64_t fill) {
  GRIM_CHECK(ndim <= kMaxDims, shape, "shape", "got {} dimensions, expected at most {}", ndim, kMaxDims);
  Shape s;
  s.ndim_ = ndim;
  s.dims_.fill(fill);
  return s;
}

void Shape::push_back(int64_t d) { insert(ndim_, d); }

void Shape::insert(int axis, int64_t d) {
  GRIM_CHECK(ndim_ < kMaxDims, shape, "shape", "got more than {} dimensions", kMaxDims);
  for (int i = ndim_; i > axis; --i) dims_[i] = dims_[i - 1];
  dims_[axis] = d;
  ++ndim_;
}

void Shape::erase(int axis) {
  for (int i = axis; i + 1 < ndim_; ++i) dims_[i] = dims_[i + 1];
  --ndim_;
}

bool Shape::operator==(const Shape& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

std::string Shape::to_string() const {
  std::string s = "(";
  for (int i = 0; i < ndim_; ++i) s += (i ? ", " : "") + std::to_string(dims_[i]);
  return s + (ndim_ == 1 ? ",)" : ")");
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides = Shape::of_rank(shape.ndim());
  uint64_t step = 1;  // may wrap: whoever makes a tensor refuses a shape of more elements than there can be
  for (int i = shape.ndim() - 1; i >= 0; --i) {
    strides[i] = static_cast<int64_t>(step);
    step *= static_cast<uint64_t>(std::max<int64_t>(shape[i], 1));
  }
  return strides;
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b) {
  const int n = std::max(a.ndim(), b.ndim());
  Shape out = Shape::of_rank(n);
  for (int i = 0; i < n; ++i) {
    const int ia = i - (n - a.ndim()), ib = i - (n - b.ndim());
    const int64_t da = ia < 0 ? 1 : a[ia], db = ib < 0 ? 1 : b[ib];
    GRIM_CHECK(da == db || da == 1 || db == 1, shape, op, "shapes do not broadcast: got {} and {}", a, b);
    out[i] = da == 1 ? db : da;
  }
  return out;
}

int normalize_axis(const char* op, int axis, int ndim) {
  GRIM_CHECK(axis >= -ndim && axis < ndim, argument, op, "axis out of range: got {}, expected {} to {}", axis, -ndim,
             ndim - 1);
  return axis < 0 ? axis + ndim : axis;
}

}  // namespace grim
