#include "grimoire/classic/cholesky.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "grimoire/classic/linear_kernel.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kPanel = 64;  // columns factored at once; what is right of them is updated by matrix products

// L11 of the panel's diagonal block; `diagonal` holds A's own diagonal.
bool factor_block(double* a, int64_t n, int64_t stride, const double* diagonal, double smallest) {
  for (int64_t j = 0; j < n; ++j) {
    double* row = a + j * stride;
    const double pivot = row[j] - cpu::dot(row, row, j);
    if (!(pivot > smallest * diagonal[j]) || !std::isfinite(pivot)) return false;
    row[j] = std::sqrt(pivot);
    for (int64_t i = j + 1; i < n; ++i) a[i * stride + j] = (a[i * stride + j] - cpu::dot(a + i * stride, row, j)) / row[j];
  }
  return true;
}

}  // namespace

bool cholesky(double* a, int64_t n, int64_t stride, double smallest) {
  std::vector<double> diagonal(static_cast<size_t>(n)), negative;
  for (int64_t i = 0; i < n; ++i) diagonal[i] = a[i * stride + i];
  for (int64_t k = 0; k < n; k += kPanel) {
    const int64_t nb = std::min(kPanel, n - k), next = k + nb, below = n - next;
    double* corner = a + k * stride + k;
    if (!factor_block(corner, nb, stride, &diagonal[k], smallest)) return false;
    if (below == 0) break;
    // L21 = A21 L11^-T, row by row; then A22 -= L21 L21', for which -L21' is laid out in rows.
    negative.resize(static_cast<size_t>(nb * below));
    device::parallel_for(below, std::max<int64_t>(1, 16384 / nb), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        double* row = a + (next + i) * stride + k;
        for (int64_t j = 0; j < nb; ++j) {
          row[j] = (row[j] - cpu::dot(row, corner + j * stride, j)) / corner[j * stride + j];
          negative[j * below + i] = -row[j];
        }
      }
    });
    for (int64_t c = 0; c < below; c += 4 * kPanel)  // the lower triangle, a block of columns at a time
      device::gemm({.M = below - c, .N = std::min(4 * kPanel, below - c), .K = nb, .a = a + (next + c) * stride + k, .a_row = stride,
                    .b = negative.data() + c, .b_row = below, .c = a + (next + c) * stride + next + c, .c_row = stride, .beta = 1});
  }
  return true;
}

void cholesky_solve(const double* l, int64_t n, int64_t stride, double* b) {
  for (int64_t i = 0; i < n; ++i) b[i] = (b[i] - cpu::dot(l + i * stride, b, i)) / l[i * stride + i];
  for (int64_t i = n - 1; i >= 0; --i) {
    b[i] /= l[i * stride + i];
    cpu::axpy(-b[i], l + i * stride, b, i);
  }
}

void cholesky_inverse(const double* l, int64_t n, int64_t stride, double* out) {
  device::parallel_for(n, std::max<int64_t>(1, 32768 / (n * n + 1)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {  // symmetric: rows are columns
      std::fill(out + i * n, out + (i + 1) * n, 0.0);
      out[i * n + i] = 1;
      cholesky_solve(l, n, stride, out + i * n);
    }
  });
}

}  // namespace grim
