#include "grimoire/classic/linear_moments.h"

#include <algorithm>
#include <functional>

#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/linear_model.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kRows = 64;   // a block of rows that stays in the first cache while it is multiplied with itself
constexpr int64_t kPanel = 24;  // columns of one register tile of the f64 kernel
constexpr size_t kPartialBytes = size_t{64} << 20;

// C's lower triangle += A'B for blocks of `rows` rows, a panel of columns at a time.
void add_products(const double* a, const double* b, int64_t rows, int64_t width, int64_t stride, double* c, int64_t c_row) {
  for (int64_t n = 0; n < width; n += kPanel)
    device::small_gemm({.M = width - n,
                        .N = std::min(kPanel, width - n),
                        .K = rows,
                        .a = a + n,
                        .a_row = 1,
                        .a_col = stride,
                        .b = b + n,
                        .b_row = stride,
                        .c = c + n * c_row + n,
                        .c_row = c_row,
                        .beta = 1});
}

// fill(first, count, a, b): rows [first, first + count) into a, and their weighted copies into b, which is a itself without weights. With
// few columns the rows are cut into pieces with a sum each, added up in order; with many, every block's product is shared among the
// threads.
using Fill = std::function<void(int64_t, int64_t, double*, double*)>;
void sum_products(int64_t N, int64_t width, bool weighted, const Fill& fill, double* out, int64_t out_row) {
  const int64_t stride = (width + 7) / 8 * 8;
  const size_t bytes = static_cast<size_t>(width * width) * sizeof(double);
  const int64_t pieces = std::min<int64_t>(row_pieces(N, width * 8, 16), static_cast<int64_t>(kPartialBytes / bytes));
  for (int64_t i = 0; i < width; ++i) std::fill(out + i * out_row, out + i * out_row + i + 1, 0.0);
  if (pieces >= 2) {
    std::vector<std::vector<double>> sums(static_cast<size_t>(pieces));
    device::for_chunks(pieces, [&](int64_t piece) {
      sums[piece].assign(static_cast<size_t>(width * width), 0.0);
      std::vector<double> a(static_cast<size_t>(kRows * stride)), b(weighted ? a.size() : 0);
      double* second = weighted ? b.data() : a.data();
      for (int64_t r = N * piece / pieces, end = N * (piece + 1) / pieces; r < end; r += kRows) {
        const int64_t count = std::min(kRows, end - r);
        fill(r, count, a.data(), second);
        add_products(a.data(), second, count, width, stride, sums[piece].data(), width);
      }
    });
    for (const auto& sum : sums)
      for (int64_t i = 0; i < width; ++i)
        for (int64_t j = 0; j <= i; ++j) out[i * out_row + j] += sum[i * width + j];
    return;
  }
  constexpr int64_t kTall = 512, kWide = 240;
  std::vector<double> a(static_cast<size_t>(kTall * stride)), b(weighted ? a.size() : 0);
  double* second = weighted ? b.data() : a.data();
  for (int64_t r = 0; r < N; r += kTall) {
    const int64_t count = std::min(kTall, N - r);
    fill(r, count, a.data(), second);
    for (int64_t n = 0; n < width; n += kWide)
      device::gemm({.M = width - n,
                    .N = std::min(kWide, width - n),
                    .K = count,
                    .a = a.data() + n,
                    .a_row = 1,
                    .a_col = stride,
                    .b = second + n,
                    .b_row = stride,
                    .c = out + n * out_row + n,
                    .c_row = out_row,
                    .beta = 1});
  }
}

// The same for sparse rows: only products of entries that are there. One more dense column (y, or the constant) may follow.
void sum_sparse_products(const SparseRows& s, std::span<const double> h, const double* last, bool ones, double* out, int64_t out_row) {
  const int64_t N = s.rows(), P = s.columns, width = P + (last || ones);
  const size_t bytes = static_cast<size_t>(width * width) * sizeof(double);
  const int64_t entries = s.row_start.back() / std::max<int64_t>(1, N) + 1;
  const int64_t pieces = std::clamp<int64_t>(static_cast<int64_t>(kPartialBytes / bytes), 1, row_pieces(N, entries * entries / 8 + 1, 16));
  std::vector<std::vector<double>> sums(static_cast<size_t>(pieces));
  device::for_chunks(pieces, [&](int64_t piece) {
    std::vector<double>& sum = sums[piece];
    sum.assign(static_cast<size_t>(width * width), 0.0);
    for (int64_t r = N * piece / pieces, end = N * (piece + 1) / pieces; r < end; ++r) {
      const auto columns = s.columns_of(r);
      const auto values = s.values_of(r);
      const double hr = h.empty() ? 1.0 : h[r];
      for (size_t a = 0; a < columns.size(); ++a)
        for (size_t b = 0; b <= a; ++b) sum[columns[a] * width + columns[b]] += hr * values[a] * values[b];
      if (width == P) continue;
      const double z = last ? last[r] : 1.0;
      for (size_t a = 0; a < columns.size(); ++a) sum[P * width + columns[a]] += hr * z * values[a];
      sum[P * width + P] += hr * z * z;
    }
  });
  for (int64_t i = 0; i < width; ++i) {
    std::copy(sums[0].begin() + i * width, sums[0].begin() + i * width + i + 1, out + i * out_row);
    for (int64_t piece = 1; piece < pieces; ++piece)
      for (int64_t j = 0; j <= i; ++j) out[i * out_row + j] += sums[piece][i * width + j];
  }
}

}  // namespace

std::vector<double> column_means(const Features& x, std::span<const double> y, std::span<const double> weight, int64_t rows) {
  const int64_t P = x.width();
  std::vector<double> mean(static_cast<size_t>(P + !y.empty()), 0.0);
  double total = 0;
  for (int64_t r = 0; r < rows; ++r) total += weight.empty() ? 1.0 : weight[r];
  const auto share = [&](int64_t r) { return (weight.empty() ? 1.0 : weight[r]) / total; };
  if (x.is_sparse()) {
    for (int64_t r = 0; r < rows; ++r)
      for (size_t k = 0; k < x.sparse().columns_of(r).size(); ++k)
        mean[x.sparse().columns_of(r)[k]] += share(r) * x.sparse().values_of(r)[k];
  } else {
    for_row_blocks(x, 0, rows, [&](int64_t first, int64_t count, const double* block, int64_t stride) {
      for (int64_t i = 0; i < count; ++i) cpu::axpy(share(first + i), block + i * stride, mean.data(), P);
    });
  }
  for (int64_t r = 0; r < rows && !y.empty(); ++r) mean[P] += share(r) * y[r];
  return mean;
}

Moments column_moments(const Features& x, std::span<const double> y, std::span<const double> weight, bool centred) {
  const int64_t N = x.rows(), P = x.width(), width = P + !y.empty();
  Moments m{.width = width, .weight = 0, .mean = std::vector<double>(static_cast<size_t>(width), 0.0), .gram = {}};
  m.gram.resize(static_cast<size_t>(width * width));
  if (x.is_sparse()) {
    for (int64_t r = 0; r < N; ++r) m.weight += weight.empty() ? 1.0 : weight[r];
    std::vector<double> shifted(y.begin(), y.end());
    if (centred) m.mean = column_means(x, y, weight, N);
    if (centred && !y.empty())
      for (double& v : shifted) v -= m.mean[P];
    sum_sparse_products(x.sparse(), weight, y.empty() ? nullptr : shifted.data(), false, m.gram.data(), width);
    for (int64_t i = 0; i < P && centred; ++i)  // sum w (x - mean)(x' - mean') = sum w x x' - W mean mean'; y was centred before
      for (int64_t j = 0; j <= i; ++j) m.gram[i * width + j] -= m.weight * m.mean[i] * m.mean[j];
    return m;
  }
  // A constant column beside the others sums what the shift left over: sum w (x - shift).
  const int64_t wide = width + 1, stride = (wide + 7) / 8 * 8;
  std::vector<double> shift(static_cast<size_t>(width), 0.0), gram(static_cast<size_t>(wide * wide));
  if (centred) shift = column_means(x, y, weight, std::min<int64_t>(N, 256));
  const Fill fill = [&](int64_t first, int64_t count, double* a, double* b) {
    if (x.dense().dtype() != Dtype::f64) x.read_rows(first, first + count, a, stride);
    for (int64_t i = 0; i < count; ++i) {
      double* row = a + i * stride;
      const double* from = x.dense().dtype() == Dtype::f64 ? x.dense().data<double>() + (first + i) * P : row;
      for (int64_t j = 0; j < P; ++j) row[j] = from[j] - shift[j];
      if (!y.empty()) row[P] = y[first + i] - shift[P];
      row[width] = 1;
      const double w = weight.empty() ? 1.0 : weight[first + i];
      if (!weight.empty())
        for (int64_t j = 0; j < wide; ++j) b[i * stride + j] = w * row[j];
    }
  };
  sum_products(N, wide, !weight.empty(), fill, gram.data(), wide);
  const double* sums = &gram[width * wide];
  m.weight = sums[width];
  for (int64_t i = 0; i < width; ++i) {
    m.mean[i] = centred ? shift[i] + sums[i] / m.weight : 0;
    for (int64_t j = 0; j <= i; ++j) m.gram[i * width + j] = gram[i * wide + j] - (centred ? sums[i] * sums[j] / m.weight : 0);
  }
  return m;
}

void weighted_gram(const Features& x, std::span<const double> h, bool intercept, double* out, int64_t out_row) {
  const int64_t P = x.width(), width = P + intercept, stride = (width + 7) / 8 * 8;
  if (x.is_sparse()) return sum_sparse_products(x.sparse(), h, nullptr, intercept, out, out_row);
  sum_products(
      x.rows(), width, true,
      [&](int64_t first, int64_t count, double* a, double* b) {
        if (x.dense().dtype() != Dtype::f64) x.read_rows(first, first + count, a, stride);
        for (int64_t i = 0; i < count; ++i) {
          double *row = a + i * stride, *scaled = b + i * stride;
          const double* from = x.dense().dtype() == Dtype::f64 ? x.dense().data<double>() + (first + i) * P : row;
          const double hi = h[first + i];
          for (int64_t j = 0; j < P; ++j) {
            const double v = from[j];
            row[j] = v;
            scaled[j] = hi * v;
          }
          if (intercept) row[P] = 1, scaled[P] = hi;
        }
      },
      out, out_row);
}

}  // namespace grim
