// Kernels of support vector machines, and rows of kernel values computed from whatever form the data take with least work: bits and
// counts for rows of zeros and ones, entries for sparse rows, blocks of matrix products for dense ones.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "grimoire/data/features.h"

namespace grim {

// out (a_count, b_count) = k(a, b) for rows of `width` numbers.
using KernelFunction = std::function<void(const double* a, int64_t a_count, const double* b, int64_t b_count, int64_t width, double* out)>;

struct Kernel {
  enum class Kind : uint8_t {
    linear,       // u'v
    poly,         // (gamma u'v + coef0)^degree
    rbf,          // exp(-gamma |u - v|^2)
    sigmoid,      // tanh(gamma u'v + coef0)
    precomputed,  // the features are kernel values: column j is training row j
    custom,       // `function`
  };
  static constexpr const char* kNames[] = {"linear", "poly", "rbf", "sigmoid", "precomputed", "custom"};  // in their order
  Kind kind = Kind::rbf;
  double gamma = 1, coef0 = 0;
  int64_t degree = 3;
  KernelFunction function = nullptr;
};

// Rows ready for kernel values in T (float or double).
template <class T> class KernelSet {
 public:
  enum class Form : uint8_t { automatic, bits, sparse, dense };
  // Moves dense rows of a kernel that sees differences only by `like`'s means (or by their own), so that float products keep their digits.
  KernelSet(const Kernel& kernel, const Features& x, Form form = Form::automatic, const KernelSet* like = nullptr);

  int64_t rows() const { return rows_; }
  Form form() const { return form_; }
  static bool fits_bits(const Features& x);
  // Bytes that one row of kernel values has to read: large sets pay for asking for several rows at once.
  int64_t bytes() const;
  T diagonal(int64_t row) const { return diagonal_[row]; }

  // out[i][k] = k(queries' row ids[i], this row k) for k in [begin, end). `queries` may be this.
  void values(const KernelSet& queries, std::span<const int64_t> ids, int64_t begin, int64_t end, T* const* out) const;
  // Row k becomes what row order[k] was, for all k below order.size().
  void permute(std::span<const int64_t> order);
  // For a precomputed kernel: which column of the queries each row of this is.
  void set_columns(std::vector<int64_t> columns) { column_ = std::move(columns); }

 private:
  void encode_bits(const Features& x);
  void encode_sparse(const Features& x);
  void cut_slices();
  void encode_dense(const Features& x, const KernelSet* like);
  void finish(T query_square, int64_t begin, int64_t end, T* out) const;  // products become kernel values
  void piece(const KernelSet& q, std::span<const int64_t> ids, const T* turned, int64_t begin, int64_t end, T* const* out) const;

  Kernel kernel_;
  Form form_ = Form::dense;
  int64_t rows_ = 0, width_ = 0, stride_ = 0;
  std::vector<T> square_, diagonal_;
  std::vector<uint32_t> bits_;  // words by plane: word w of row r is bits_[w * rows + r]
  std::vector<int64_t> start_;
  std::vector<int32_t> index_;
  std::vector<T> value_;
  std::vector<int64_t> slice_start_;  // float: the same rows by slices of sixteen
  std::vector<int32_t> slice_index_;
  std::vector<T> slice_value_;
  Tensor dense_;                // (rows, stride)
  std::vector<double> shift_;
  std::vector<int64_t> column_;
};

namespace cpu {

// The inner loops, on SIMD vectors; T is float or double.
template <class T>
void bit_products(const uint32_t* planes, int64_t rows, const uint32_t* query, int64_t words, int64_t begin, int64_t end, T* out);
// Sixteen rows a slice: out[16 s + r] = sum over the slice's entries of row r of value * spread[index].
void slice_products(const int32_t* index, const float* value, const int64_t* start, int64_t slices, const float* spread, float* out);
template <class T> void row_products(const T* rows, int64_t stride, int64_t count, const T* query, int64_t width, T* out);
// x[k] = exp(-gamma (query + square[k] - 2 x[k])), (gamma x + coef0)^degree, tanh(gamma x + coef0).
template <class T> void rbf_values(T* x, const T* square, T query, T gamma, int64_t n);
template <class T> void poly_values(T* x, T gamma, T coef0, int64_t degree, int64_t n);
template <class T> void tanh_values(T* x, T gamma, T coef0, int64_t n);

}  // namespace cpu
}  // namespace grim
