#include "grimoire/classic/newton_columns.h"

#include <algorithm>
#include <cmath>

#include "grimoire/classic/coordinate_descent.h"
#include "grimoire/classic/linear_model.h"

namespace grim {
namespace {

SparseRows columns_of(const Features& x) {
  if (x.is_sparse()) return transposed(x.sparse());
  SparseRows rows;
  rows.columns = x.width();
  for_row_blocks(x, 0, x.rows(), [&](int64_t, int64_t count, const double* block, int64_t stride) {
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t j = 0; j < rows.columns; ++j)
        if (block[i * stride + j] != 0) rows.column.push_back(static_cast<int32_t>(j)), rows.value.push_back(block[i * stride + j]);
      rows.row_start.push_back(static_cast<int64_t>(rows.column.size()));
    }
  });
  return transposed(rows);
}

}  // namespace

ColumnDescent::ColumnDescent(const MeanLoss& loss) : loss_(loss), columns_(columns_of(loss.x())) {}

template <class F> void ColumnDescent::for_entries(int64_t column, F&& f) const {
  if (column == columns_.rows()) {
    for (int64_t r = 0; r < loss_.x().rows(); ++r) f(r, 1.0);
    return;
  }
  const auto rows = columns_.columns_of(column);
  const auto values = columns_.values_of(column);
  for (size_t i = 0; i < rows.size(); ++i) f(rows[i], values[i]);
}

// With u_ik = x_i'd_k the scores of the step and s_i the share of row i, the quadratic has the derivative
//   g_kj + sum_i s_i x_ij p_ik (u_ik - sum_l p_il u_il)
// by d_kj: two numbers a row, u_ik and the mean sum_l p_il u_il, are all that a move of one coordinate changes.
double ColumnDescent::sweep(const PenalisedLoss& f, const double* w, const double* g, const std::vector<int64_t>& coordinates, double* d) {
  const int64_t N = loss_.x().rows(), W = loss_.width();
  const double* share = loss_.shares().data();
  double largest = 0;
  for (int64_t i : coordinates) {
    const double *p = &p_[i / W * N], *mean = mean_.data();
    double* u = &u_[i / W * N];
    const double l1 = f.penalised(i) ? f.l1 : 0.0, l2 = f.penalised(i) ? f.l2 : 0.0, now = w[i] + d[i];
    double slope = g[i];
    for_entries(i % W, [&](int64_t r, double x) { slope += x * share[r] * p[r] * (u[r] - mean[r]); });
    if (!(h_[i] + l2 > 0)) continue;
    const double step = soft_threshold(h_[i] * now - slope, l1) / (h_[i] + l2) - now;
    if (step == 0) continue;
    d[i] = now + step == 0 ? -w[i] : d[i] + step;
    double* changed = mean_.data();
    for_entries(i % W, [&](int64_t r, double x) {
      u[r] += step * x;
      changed[r] += step * x * p[r];
    });
    largest = std::max(largest, h_[i] * step * step);
  }
  return largest;
}

void ColumnDescent::run(const PenalisedLoss& f, const double* w, const double* g, const std::vector<int64_t>& coordinates, double threshold,
                        int64_t most, std::vector<double>& d) {
  const int64_t N = loss_.x().rows(), D = loss_.outputs(), W = loss_.width();
  const double* share = loss_.shares().data();
  p_.resize(static_cast<size_t>(N * D));
  for (int64_t r = 0; r < N; ++r)
    for (int64_t k = 0; k < D; ++k) p_[k * N + r] = loss_.curvature()[r * D + k];
  u_.assign(p_.size(), 0.0);
  mean_.assign(static_cast<size_t>(N), 0.0);
  h_.assign(static_cast<size_t>(D * W), 0.0);
  d.assign(h_.size(), 0.0);
  for (int64_t i : coordinates) {
    const double* p = &p_[i / W * N];
    double sum = 0;
    for_entries(i % W, [&](int64_t r, double x) { sum += share[r] * x * x * p[r] * (1 - p[r]); });
    h_[i] = sum;
  }
  std::vector<int64_t> support;
  for (int64_t sweeps = 0; sweeps < most;) {  // all coordinates, then those in the model until they rest, then all again
    ++sweeps;
    if (sweep(f, w, g, coordinates, d.data()) <= threshold) break;
    support.clear();
    for (int64_t i : coordinates)
      if (w[i] + d[i] != 0) support.push_back(i);
    while (++sweeps < most && sweep(f, w, g, support, d.data()) > threshold) {}
  }
}

}  // namespace grim
