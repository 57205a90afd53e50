#include "grimoire/classic/kernel.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kMostBits = 4096, kSlice = 16;
constexpr int64_t kMostDense = int64_t{1} << 28;  // numbers to spread sparse rows into
constexpr int64_t kPieceCost = 1200000;           // of a thread's share: some 40 microseconds
template <class V> void reorder(std::vector<V>& v, std::span<const int64_t> order) {
  const std::vector<V> old(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(order.size()));
  for (size_t k = 0; k < order.size(); ++k) v[k] = old[order[k]];
}

// fn(row, column, value) for every entry that is not 0.
template <class F> void each_entry(const Features& x, F&& fn) {
  if (x.is_sparse()) {
    const SparseRows& s = x.sparse();
    for (int64_t r = 0; r < s.rows(); ++r)
      for (int64_t k = s.row_start[r]; k < s.row_start[r + 1]; ++k)
        if (s.value[k] != 0) fn(r, static_cast<int64_t>(s.column[k]), s.value[k]);
    return;
  }
  std::vector<double> row(static_cast<size_t>(x.width()));
  for (int64_t r = 0; r < x.rows(); ++r) {
    x.read_rows(r, r + 1, row.data());
    for (int64_t j = 0; j < x.width(); ++j)
      if (row[j] != 0) fn(r, j, row[j]);
  }
}

}  // namespace

template <class T> bool KernelSet<T>::fits_bits(const Features& x) {
  if (x.width() > kMostBits) return false;
  if (x.is_sparse()) {
    const SparseRows& s = x.sparse();  // a popcount for each 32 columns against a product for each entry
    if (static_cast<int64_t>(s.value.size()) * 16 < s.rows() * x.width()) return false;
    return std::all_of(s.value.begin(), s.value.end(), [](double v) { return v == 0 || v == 1; });
  }
  std::vector<double> row(static_cast<size_t>(x.width()));
  for (int64_t r = 0; r < x.rows(); ++r) {
    x.read_rows(r, r + 1, row.data());
    for (double v : row)
      if (v != 0 && v != 1) return false;
  }
  return true;
}

template <class T> KernelSet<T>::KernelSet(const Kernel& kernel, const Features& x, Form form, const KernelSet* like)
    : kernel_(kernel), form_(form), rows_(x.rows()), width_(x.width()) {
  const bool products = kernel.kind != Kernel::Kind::precomputed && kernel.kind != Kernel::Kind::custom;
  if (!products) form_ = Form::dense;
  if (form_ == Form::automatic) {
    const bool thin =
        x.is_sparse() && (static_cast<int64_t>(x.sparse().value.size()) * 4 < x.rows() * x.width() || x.rows() * x.width() > kMostDense);
    form_ = fits_bits(x) ? Form::bits : thin ? Form::sparse : Form::dense;
  }
  square_.assign(static_cast<size_t>(rows_), T(0));
  if (form_ == Form::bits)
    encode_bits(x);
  else if (form_ == Form::sparse)
    encode_sparse(x);
  else
    encode_dense(x, like);
  diagonal_ = square_;
  if (kernel.kind == Kernel::Kind::rbf)
    std::fill(diagonal_.begin(), diagonal_.end(), T(1));
  else if (kernel.kind == Kernel::Kind::poly)
    cpu::poly_values(diagonal_.data(), static_cast<T>(kernel.gamma), static_cast<T>(kernel.coef0), kernel.degree, rows_);
  else if (kernel.kind == Kernel::Kind::sigmoid)
    cpu::tanh_values(diagonal_.data(), static_cast<T>(kernel.gamma), static_cast<T>(kernel.coef0), rows_);
}

template <class T> void KernelSet<T>::encode_bits(const Features& x) {
  bits_.assign(static_cast<size_t>((width_ + 31) / 32 * rows_), 0);
  each_entry(x, [&](int64_t r, int64_t j, double) {
    bits_[j / 32 * rows_ + r] |= uint32_t{1} << (j % 32);
    square_[r] += T(1);
  });
}

template <class T> void KernelSet<T>::encode_sparse(const Features& x) {
  start_.assign(static_cast<size_t>(rows_) + 1, 0);
  each_entry(x, [&](int64_t r, int64_t j, double v) {
    index_.push_back(static_cast<int32_t>(j));
    value_.push_back(static_cast<T>(v));
    start_[r + 1] = static_cast<int64_t>(index_.size());
    square_[r] += static_cast<T>(v) * static_cast<T>(v);
  });
  for (int64_t r = 0; r < rows_; ++r) start_[r + 1] = std::max(start_[r + 1], start_[r]);
  cut_slices();
}

// Rows side by side, sixteen at a time, padded to the longest of them: entry l of all sixteen lies together (SELL-16: Kreutzer et al.
// 2014).
template <class T> void KernelSet<T>::cut_slices() {
  if (sizeof(T) != 4) return;
  const int64_t slices = (rows_ + kSlice - 1) / kSlice;
  slice_start_.assign(static_cast<size_t>(slices) + 1, 0);
  for (int64_t s = 0; s < slices; ++s) {
    int64_t longest = 0;
    for (int64_t r = s * kSlice; r < std::min(rows_, (s + 1) * kSlice); ++r) longest = std::max(longest, start_[r + 1] - start_[r]);
    slice_start_[s + 1] = slice_start_[s] + longest * kSlice;
  }
  slice_index_.assign(static_cast<size_t>(slice_start_.back()), 0);
  slice_value_.assign(static_cast<size_t>(slice_start_.back()), T(0));
  for (int64_t r = 0; r < rows_; ++r)
    for (int64_t k = start_[r]; k < start_[r + 1]; ++k) {
      const int64_t at = slice_start_[r / kSlice] + (k - start_[r]) * kSlice + r % kSlice;
      slice_index_[at] = index_[k];
      slice_value_[at] = value_[k];
    }
}

template <class T> void KernelSet<T>::encode_dense(const Features& x, const KernelSet* like) {
  stride_ = (width_ + 15) / 16 * 16;
  dense_ = Tensor::zeros({rows_, stride_}, sizeof(T) == 4 ? Dtype::f32 : Dtype::f64);
  if (kernel_.kind == Kernel::Kind::rbf) {
    if (like)
      shift_ = like->shift_;
    else
      shift_.assign(static_cast<size_t>(width_), 0.0);
    if (!like) each_entry(x, [&](int64_t, int64_t j, double v) { shift_[j] += v / static_cast<double>(rows_); });
  }
  std::vector<double> row(static_cast<size_t>(width_));
  for (int64_t r = 0; r < rows_; ++r) {
    x.read_rows(r, r + 1, row.data());
    T* out = dense_.data<T>() + r * stride_;
    double sum = 0;
    for (int64_t j = 0; j < width_; ++j) {
      out[j] = static_cast<T>(shift_.empty() ? row[j] : row[j] - shift_[j]);
      sum += static_cast<double>(out[j]) * static_cast<double>(out[j]);
    }
    square_[r] = static_cast<T>(sum);
  }
  if (kernel_.kind == Kernel::Kind::custom)
    for (int64_t r = 0; r < rows_; ++r) {
      double own = 0;
      x.read_rows(r, r + 1, row.data());
      kernel_.function(row.data(), 1, row.data(), 1, width_, &own);
      square_[r] = static_cast<T>(own);
    }
  if (kernel_.kind == Kernel::Kind::precomputed) {
    for (int64_t r = 0; r < rows_; ++r) {
      column_.push_back(r);
      square_[r] = r < width_ ? dense_.data<T>()[r * stride_ + r] : T(0);
    }
  }
}

template <class T> int64_t KernelSet<T>::bytes() const {
  if (form_ == Form::bits) return static_cast<int64_t>(bits_.size() * sizeof(uint32_t));
  if (form_ == Form::sparse) return static_cast<int64_t>(index_.size() * (sizeof(int32_t) + sizeof(T)));
  return kernel_.kind == Kernel::Kind::precomputed ? 0 : rows_ * stride_ * static_cast<int64_t>(sizeof(T));
}

template <class T> void KernelSet<T>::finish(T query, int64_t begin, int64_t end, T* out) const {
  const T gamma = static_cast<T>(kernel_.gamma), coef0 = static_cast<T>(kernel_.coef0);
  switch (kernel_.kind) {
    case Kernel::Kind::rbf: return cpu::rbf_values(out, square_.data() + begin, query, gamma, end - begin);
    case Kernel::Kind::poly: return cpu::poly_values(out, gamma, coef0, kernel_.degree, end - begin);
    case Kernel::Kind::sigmoid: return cpu::tanh_values(out, gamma, coef0, end - begin);
    default: return;
  }
}

// Rows [begin, end) against all queries; `turned` holds dense queries as columns (width, count).
template <class T> void KernelSet<T>::piece(const KernelSet& q, std::span<const int64_t> ids, const T* turned, int64_t begin, int64_t end,
                                            T* const* out) const {
  const int64_t count = static_cast<int64_t>(ids.size());
  if (form_ == Form::bits) {
    const int64_t words = (width_ + 31) / 32;
    std::vector<uint32_t> query(static_cast<size_t>(words));
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t w = 0; w < words; ++w) query[w] = q.bits_[w * q.rows_ + ids[i]];
      cpu::bit_products(bits_.data(), rows_, query.data(), words, begin, end, out[i] + begin);
    }
  } else if (form_ == Form::sparse) {
    static thread_local std::vector<T> spread;
    if (static_cast<int64_t>(spread.size()) < width_) spread.assign(static_cast<size_t>(width_), T(0));
    for (int64_t i = 0; i < count; ++i) {
      const int64_t from = q.start_[ids[i]], to = q.start_[ids[i] + 1];
      for (int64_t k = from; k < to; ++k) spread[q.index_[k]] = q.value_[k];
      if constexpr (sizeof(T) == 4) {
        T block[32 * kSlice];
        for (int64_t first = begin / kSlice * kSlice; first < end; first += 32 * kSlice) {
          const int64_t last = std::min(end, first + 32 * kSlice);
          cpu::slice_products(slice_index_.data(), slice_value_.data(), &slice_start_[first / kSlice], (last - first + kSlice - 1) / kSlice,
                              spread.data(), block);
          for (int64_t r = std::max(begin, first); r < last; ++r) out[i][r] = block[r - first];
        }
      }
      for (int64_t r = sizeof(T) == 4 ? end : begin; r < end; ++r) {
        T even = 0, odd = 0;
        int64_t k = start_[r];
        for (; k + 1 < start_[r + 1]; k += 2) {
          even += value_[k] * spread[index_[k]];
          odd += value_[k + 1] * spread[index_[k + 1]];
        }
        if (k < start_[r + 1]) even += value_[k] * spread[index_[k]];
        out[i][r] = even + odd;
      }
      for (int64_t k = from; k < to; ++k) spread[q.index_[k]] = T(0);
    }
  } else if (count == 1) {
    cpu::row_products(dense_.data<T>() + begin * stride_, stride_, end - begin, q.dense_.template data<T>() + ids[0] * q.stride_, width_,
                      out[0] + begin);
  } else {
    static thread_local std::vector<T> block;
    block.resize(static_cast<size_t>((end - begin) * count));
    device::small_gemm({.M = end - begin,
                        .N = count,
                        .K = width_,
                        .a = dense_.data<T>() + begin * stride_,
                        .a_row = stride_,
                        .b = turned,
                        .b_row = count,
                        .c = block.data(),
                        .c_row = count});
    for (int64_t i = 0; i < count; ++i)
      for (int64_t r = begin; r < end; ++r) out[i][r] = block[(r - begin) * count + i];
  }
  for (int64_t i = 0; i < count; ++i) finish(q.square_[ids[i]], begin, end, out[i] + begin);
}

template <class T>
void KernelSet<T>::values(const KernelSet& q, std::span<const int64_t> ids, int64_t begin, int64_t end, T* const* out) const {
  const int64_t count = static_cast<int64_t>(ids.size());
  if (begin == end || count == 0) return;  // a machine may have no support vector at all
  if (kernel_.kind == Kernel::Kind::precomputed) {
    for (int64_t i = 0; i < count; ++i)
      for (int64_t k = begin; k < end; ++k) out[i][k] = q.dense_.template data<T>()[ids[i] * q.stride_ + column_[k]];
    return;
  }
  if (kernel_.kind == Kernel::Kind::custom) {
    std::vector<double> a(static_cast<size_t>(count * width_)), b(static_cast<size_t>((end - begin) * width_)),
        k(static_cast<size_t>(count * (end - begin)));
    for (int64_t i = 0; i < count; ++i) std::copy_n(q.dense_.template data<T>() + ids[i] * q.stride_, width_, &a[i * width_]);
    for (int64_t r = begin; r < end; ++r) std::copy_n(dense_.data<T>() + r * stride_, width_, &b[(r - begin) * width_]);
    kernel_.function(a.data(), count, b.data(), end - begin, width_, k.data());
    for (int64_t i = 0; i < count; ++i)
      for (int64_t r = begin; r < end; ++r) out[i][r] = static_cast<T>(k[i * (end - begin) + r - begin]);
    return;
  }
  std::vector<T> turned;
  int64_t cost = form_ == Form::bits     ? width_ / 16 + 4
                 : form_ == Form::sparse ? 10 * static_cast<int64_t>(index_.size()) / (rows_ + 1) + 8
                                         : width_ / 4 + 4;
  if (kernel_.kind != Kernel::Kind::linear) cost += 12;
  if (form_ == Form::dense && count > 1) {
    turned.resize(static_cast<size_t>(width_ * count));
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < width_; ++j) turned[j * count + i] = q.dense_.template data<T>()[ids[i] * q.stride_ + j];
  }
  const int64_t n = end - begin, pieces = std::clamp<int64_t>(n * cost * count / kPieceCost, 1, (n + 31) / 32),
                share = (n + pieces - 1) / pieces;
  device::parallel_for(n, share, [&](int64_t first, int64_t last) { piece(q, ids, turned.data(), begin + first, begin + last, out); });
}

template <class T> void KernelSet<T>::permute(std::span<const int64_t> order) {
  const int64_t n = static_cast<int64_t>(order.size());
  reorder(square_, order);
  reorder(diagonal_, order);
  if (!column_.empty()) reorder(column_, order);
  if (form_ == Form::bits) {
    std::vector<uint32_t> old(static_cast<size_t>(n));
    for (int64_t w = 0; w < (width_ + 31) / 32; ++w) {
      uint32_t* plane = &bits_[w * rows_];
      std::copy_n(plane, n, old.begin());
      for (int64_t k = 0; k < n; ++k) plane[k] = old[order[k]];
    }
  } else if (form_ == Form::sparse) {
    const std::vector<int64_t> start = start_;
    const std::vector<int32_t> index = index_;
    const std::vector<T> value = value_;
    for (int64_t k = 0; k < n; ++k) {
      const int64_t from = start[order[k]], many = start[order[k] + 1] - from;
      std::copy_n(index.begin() + from, many, index_.begin() + start_[k]);
      std::copy_n(value.begin() + from, many, value_.begin() + start_[k]);
      start_[k + 1] = start_[k] + many;
    }
    cut_slices();
  } else {
    const Tensor old = dense_;
    dense_ = Tensor::empty(old.shape(), old.dtype());
    for (int64_t k = 0; k < rows_; ++k)
      std::copy_n(old.data<T>() + (k < n ? order[k] : k) * stride_, stride_, dense_.data<T>() + k * stride_);
  }
}

template class KernelSet<float>;
template class KernelSet<double>;

}  // namespace grim
