// Shape: up to 8 dimensions held in place. Used for sizes and for strides (in elements).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace grim {

inline constexpr int kMaxDims = 8;

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims);  // throws: more than 8 dimensions
  static Shape of_rank(int ndim, int64_t fill = 0);

  int ndim() const { return ndim_; }
  int64_t operator[](int i) const { return dims_[i]; }
  int64_t& operator[](int i) { return dims_[i]; }
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + ndim_; }
  int64_t back() const { return dims_[ndim_ - 1]; }

  int64_t numel() const {
    int64_t n = 1;
    for (int i = 0; i < ndim_; ++i) n *= dims_[i];
    return n;
  }
  void push_back(int64_t d);
  void insert(int axis, int64_t d);
  void erase(int axis);
  bool operator==(const Shape& other) const;
  std::string to_string() const;  // "(2, 3)"

 private:
  std::array<int64_t, kMaxDims> dims_{};
  int ndim_ = 0;
};

// Strides of a row-major block of this shape.
Shape contiguous_strides(const Shape& shape);

// The NumPy rule: align at the right; each pair of sizes is equal or one of them is 1.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b);

// -1 means the last axis. throws: out of range, naming the op.
int normalize_axis(const char* op, int axis, int ndim);

}  // namespace grim
