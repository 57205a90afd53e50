// A table of vectors, a row each: numbers, or product-quantised codes.
#pragma once

#include <functional>
#include <optional>

#include "grimoire/tensor/tensor.h"
#include "grimoire/vectors/product_quantizer.h"

namespace grim::vectors {

class Table {
 public:
  Table() = default;
  Table(int64_t rows, int64_t dim);  // of zeros
  // As fastText writes it: `quantised` says which of its two layouts. throws: input
  static Table read(Reader& reader, bool quantised, std::string_view what);
  void write(const std::function<void(std::string_view)>& out) const;

  int64_t rows() const { return rows_; }
  int64_t dim() const { return dim_; }
  bool is_quantised() const { return quantizer_.has_value(); }
  int64_t bytes() const;

  // Of numbers alone. Rows begin at whole lines of the cache, stride() numbers apart; those behind dim() are 0.
  float* row(int64_t r) { return numbers_.data<float>() + r * stride_; }
  const float* row(int64_t r) const { return numbers_.data<float>() + r * stride_; }
  int64_t stride() const { return stride_; }
  Tensor dense() const;  // (rows, dim), a copy; of codes, what they stand for

  void add(int64_t r, float scale, float* to) const;  // to += scale * row r
  float dot(int64_t r, const float* x) const;

  // Codes in the place of numbers: parts of `part` numbers. apart: rows are scaled to length 1 first, and their lengths have a byte of their own.
  // throws: argument, it is quantised already, or a part of no width
  enum class Lengths : uint8_t { inside, apart };
  Table quantised(int64_t part, Lengths lengths, uint64_t seed) const;

 private:
  int64_t rows_ = 0, dim_ = 0, stride_ = 0;
  Tensor numbers_;  // (rows, stride)
  std::optional<ProductQuantizer> quantizer_, norm_quantizer_;
  std::vector<uint8_t> codes_, norm_codes_;
};

}  // namespace grim::vectors
