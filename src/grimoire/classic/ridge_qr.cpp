// Least squares by orthogonal transformations, for columns that the normal equations cannot tell apart.
#include <algorithm>
#include <cmath>

#include "grimoire/classic/cholesky.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/linear_model.h"
#include "grimoire/classic/ridge_solve.h"

namespace grim {
namespace {

// Householder's reflection that takes (head, tail) to (-sign(head) norm, 0): v = (1, tail / pivot), and tau. head becomes the new head.
double reflect(double& head, double* tail, int64_t n) {
  const double square = cpu::dot(tail, tail, n);
  if (square == 0) return 0;
  const double norm = std::copysign(std::sqrt(head * head + square), head), pivot = head + norm, tau = pivot / norm;
  for (int64_t i = 0; i < n; ++i) tail[i] /= pivot;
  head = -norm;
  return tau;
}
void apply(const double* v, double tau, double& head, double* tail, int64_t n) {
  const double along = tau * (head + cpu::dot(v, tail, n));
  head -= along;
  cpu::axpy(-along, v, tail, n);
}

// R of (X, y) in columns of `width` numbers, rows reflected in a block at a time: only R and one block are held.
std::vector<double> triangle(const RidgeProblem& p, const std::vector<double>& mean, const std::vector<double>& scale) {
  const int64_t N = p.x.rows(), P = p.x.width(), width = P + 1, most = std::max<int64_t>(64, std::min<int64_t>(N, 2 * width));
  std::vector<double> r(static_cast<size_t>(width * width), 0.0), block(static_cast<size_t>(most * width)), row(static_cast<size_t>(P));
  for (int64_t first = 0; first < N; first += most) {
    const int64_t count = std::min(most, N - first);
    for (int64_t i = 0; i < count; ++i) {
      p.x.read_rows(first + i, first + i + 1, row.data());
      const double root = std::sqrt(p.weight.empty() ? 1.0 : p.weight[first + i]);
      for (int64_t j = 0; j < P; ++j) block[j * most + i] = root * (row[j] - (p.intercept ? mean[j] : 0.0)) * scale[j];
      block[P * most + i] = root * (p.y[first + i] - (p.intercept ? mean[P] : 0.0));
    }
    for (int64_t j = 0; j < width; ++j) {
      const double tau = reflect(r[j * width + j], &block[j * most], count);
      for (int64_t k = j + 1; k < width && tau != 0; ++k) apply(&block[j * most], tau, r[k * width + j], &block[k * most], count);
    }
  }
  return r;
}

}  // namespace

RidgeSolution least_squares_qr(const RidgeProblem& p, const std::vector<double>& mean) {
  const int64_t P = p.x.width(), width = P + 1;
  std::vector<double> scale(static_cast<size_t>(P), 0.0), row(static_cast<size_t>(P));
  for (int64_t i = 0; i < p.x.rows(); ++i) {
    p.x.read_rows(i, i + 1, row.data());
    for (int64_t j = 0; j < P; ++j) {
      const double v = row[j] - (p.intercept ? mean[j] : 0.0);
      scale[j] += (p.weight.empty() ? 1.0 : p.weight[i]) * v * v;
    }
  }
  for (double& v : scale) v = v > 0 ? 1 / std::sqrt(v) : 0;
  std::vector<double> r = triangle(p, mean, scale);
  std::vector<int64_t> order(static_cast<size_t>(P));
  for (int64_t j = 0; j < P; ++j) order[j] = j;

  // R again with column pivoting (Businger and Golub 1965): the rank shows on the diagonal.
  const auto column = [&](int64_t j) { return r.data() + j * width; };
  int64_t rank = 0;
  double first = 0;
  for (; rank < P; ++rank) {
    int64_t best = rank;
    double most = -1;
    for (int64_t j = rank; j < P; ++j) {
      const double square = cpu::dot(column(j) + rank, column(j) + rank, P - rank);
      if (square > most) most = square, best = j;
    }
    if (rank == 0) first = std::sqrt(most);
    if (std::sqrt(most) <= 1e-13 * static_cast<double>(P) * first || first == 0) break;
    std::swap_ranges(column(rank), column(rank) + width, column(best));
    std::swap(order[rank], order[best]);
    double* v = column(rank) + rank + 1;
    const double tau = reflect(column(rank)[rank], v, P - rank - 1);
    for (int64_t k = rank + 1; k < width && tau != 0; ++k) apply(v, tau, column(k)[rank], column(k) + rank + 1, P - rank - 1);
  }
  const auto back = [&](double* c) {  // R11^-1 c
    for (int64_t i = rank - 1; i >= 0; --i) {
      c[i] /= column(i)[i];
      cpu::axpy(-c[i], column(i), c, i);
    }
  };
  RidgeSolution s{.coef = std::vector<double>(static_cast<size_t>(P), 0.0), .steps = 1, .method = "Householder QR"};
  std::vector<double> c(column(P), column(P) + rank);
  back(c.data());
  for (int64_t i = 0; i < rank; ++i) s.coef[order[i]] = c[i] * scale[order[i]];
  if (rank < P) {
    // The columns of Z = (-R11^-1 R12; 1), back in the order and scale of the data, span what X does not see; take it out of w.
    const int64_t free = P - rank;
    s.rank = rank;
    std::vector<double> z(static_cast<size_t>(free * P), 0.0), gram(static_cast<size_t>(free * free)), along(static_cast<size_t>(free));
    for (int64_t k = 0; k < free; ++k) {
      std::vector<double> t(column(rank + k), column(rank + k) + rank);
      back(t.data());
      double* zk = &z[k * P];
      for (int64_t i = 0; i < rank; ++i) zk[order[i]] = -t[i] * scale[order[i]];
      const int64_t own = order[rank + k];
      zk[own] = scale[own] > 0 ? scale[own] : 1;
      along[k] = cpu::dot(zk, s.coef.data(), P);
      for (int64_t l = 0; l <= k; ++l) gram[k * free + l] = cpu::dot(zk, &z[l * P], P);
    }
    if (cholesky(gram.data(), free, free)) {
      cholesky_solve(gram.data(), free, free, along.data());
      for (int64_t k = 0; k < free; ++k) cpu::axpy(-along[k], &z[k * P], s.coef.data(), P);
    }
  }
  s.intercept = p.intercept ? mean[P] - cpu::dot(mean.data(), s.coef.data(), P) : 0.0;
  return s;
}

}  // namespace grim
