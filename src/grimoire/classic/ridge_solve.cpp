#include "grimoire/classic/ridge_solve.h"

#include <algorithm>
#include <cmath>

#include "grimoire/classic/cholesky.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/linear_model.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kDirect = 6000;          // up to here a square matrix is factored; beyond, conjugate gradients
constexpr double kWellConditioned = 1e-9;  // smallest pivot, columns at norm 1: refinement converges in a few steps from here up

double weight_of(const RidgeProblem& p, int64_t r) { return p.weight.empty() ? 1.0 : p.weight[r]; }

double largest(const std::vector<double>& v) {
  double m = 0;
  for (double x : v) m = std::max(m, std::abs(x));
  return m;
}

double intercept_of(const RidgeProblem& p, const std::vector<double>& mean, const std::vector<double>& w) {
  return p.intercept ? mean.back() - cpu::dot(mean.data(), w.data(), p.x.width()) : 0.0;
}

// g = X'W(y - b - X w) - alpha w: minus half the gradient.
void half_gradient(const RidgeProblem& p, const std::vector<double>& mean, const std::vector<double>& w, std::vector<double>& g) {
  residual_products(p, mean, w, intercept_of(p, mean, w), g);
  cpu::axpy(-p.alpha, w.data(), g.data(), p.x.width());
}

// (X'WX + alpha) w = X'Wy with columns scaled to norm 1. The residual of the solution is computed from X itself and solved for again
// (corrected seminormal equations: Bjorck 1987): as long as cond^2 eps < 1 that reaches the accuracy of a QR factorisation.
RidgeSolution by_columns(const RidgeProblem& p) {
  const int64_t P = p.x.width(), width = P + 1;
  Moments m = column_moments(p.x, p.y, p.weight, p.intercept);
  std::vector<double> scale(static_cast<size_t>(P)), g(static_cast<size_t>(P)), step(static_cast<size_t>(P));
  for (int64_t i = 0; i < P; ++i) {
    const double d = m.row(i)[i] + p.alpha;
    scale[i] = d > 0 ? 1 / std::sqrt(d) : 0;
    g[i] = m.gram[P * width + i];
  }
  const double start = largest(g);
  double* a = m.gram.data();
  for (int64_t i = 0; i < P; ++i) {
    for (int64_t j = 0; j < i; ++j) a[i * width + j] *= scale[i] * scale[j];
    a[i * width + i] = 1;  // a column without variance: its coefficient stays 0
  }
  if (!cholesky(a, P, width, p.alpha > 0 ? 1e-15 : kWellConditioned)) return least_squares_qr(p, m.mean);
  RidgeSolution s{.coef = std::vector<double>(static_cast<size_t>(P), 0.0), .method = "Cholesky of X'X"};
  double before = INFINITY;
  constexpr int kSteps = 8;
  for (int k = 0; k <= kSteps; ++k) {
    for (int64_t i = 0; i < P; ++i) step[i] = g[i] * scale[i];
    cholesky_solve(a, P, width, step.data());
    double size = 0, whole = 0;
    for (int64_t i = 0; i < P; ++i) {
      size = std::max(size, std::abs(step[i]));
      whole = std::max(whole, std::abs(scale[i] > 0 ? s.coef[i] / scale[i] : 0.0));
    }
    if (k > 0 && (size >= 0.5 * before || size <= 1e-16 * whole)) break;  // rounding only
    for (int64_t i = 0; i < P; ++i) s.coef[i] += step[i] * scale[i];
    before = size;
    s.steps = k + 1;
    // With a penalty the equations are as well conditioned as they will be: one solution has all the digits that matter.
    if (p.alpha > 0 && k == 0) {
      double smallest = 1;
      for (int64_t i = 0; i < P; ++i) smallest = std::min(smallest, a[i * width + i]);
      if (smallest > 1e-3) break;
    }
    if (k < kSteps) half_gradient(p, m.mean, s.coef, g);
  }
  s.intercept = intercept_of(p, m.mean, s.coef);
  s.gradient = start > 0 && s.steps > 1 ? largest(g) / start : 0;
  return s;
}

// w = X'W^1/2 a with (K + alpha) a = W^1/2 y, K = W^1/2 X X' W^1/2 (about the means). Without a penalty K has the null vector W^1/2 1,
// to which y is orthogonal: lifting it changes nothing else.
RidgeSolution by_rows(const RidgeProblem& p) {
  const int64_t N = p.x.rows(), P = p.x.width();
  const std::vector<double> mean = ridge_means(p);
  std::vector<double> k = row_products(p, mean), a(static_cast<size_t>(N)), root(static_cast<size_t>(N));
  double trace = 0, total = 0;
  for (int64_t i = 0; i < N; ++i) {
    root[i] = std::sqrt(weight_of(p, i));
    total += root[i] * root[i];
    trace += k[i * N + i];
    a[i] = root[i] * (p.y[i] - (p.intercept ? mean[P] : 0.0));
  }
  for (int64_t i = 0; i < N; ++i) {
    k[i * N + i] += p.alpha;
    if (p.intercept && p.alpha == 0) cpu::axpy(trace / static_cast<double>(N) * root[i] / total, root.data(), &k[i * N], i + 1);
  }
  if (!cholesky(k.data(), N, N, p.alpha > 0 ? 1e-15 : 1e-12)) {
    if (P <= kDirect && p.alpha == 0) return least_squares_qr(p, mean);
    RidgeProblem lifted = p;
    lifted.alpha = 1e-10 * trace / static_cast<double>(N);
    RidgeSolution s = by_rows(lifted);
    s.rank = N - 1;
    return s;
  }
  cholesky_solve(k.data(), N, N, a.data());
  RidgeSolution s{.coef = std::vector<double>(static_cast<size_t>(P), 0.0), .steps = 1, .method = "Cholesky of X X'"};
  double sum = 0;
  for (int64_t i = 0; i < N; ++i) {
    const double ai = a[i] * root[i];
    sum += ai;
    if (p.x.is_sparse()) {
      for (size_t e = 0; e < p.x.sparse().columns_of(i).size(); ++e)
        s.coef[p.x.sparse().columns_of(i)[e]] += ai * p.x.sparse().values_of(i)[e];
    } else {
      for_row_blocks(p.x, i, i + 1, [&](int64_t, int64_t, const double* row, int64_t) { cpu::axpy(ai, row, s.coef.data(), P); });
    }
  }
  if (p.intercept) cpu::axpy(-sum, mean.data(), s.coef.data(), P);
  s.intercept = intercept_of(p, mean, s.coef);
  return s;
}

// Conjugate gradients (Hestenes and Stiefel 1952) on the normal equations, for matrices too large to factor; the matrix is never formed.
RidgeSolution by_gradients(const RidgeProblem& p) {
  const int64_t P = p.x.width();
  const std::vector<double> mean = ridge_means(p);
  const size_t size = static_cast<size_t>(P);
  std::vector<double> r(size), d, q(size);
  RidgeSolution s{.coef = std::vector<double>(size, 0.0), .method = "conjugate gradients"};
  half_gradient(p, mean, s.coef, r);
  d = r;
  RidgeProblem direction = p;
  direction.y = {};
  double rr = cpu::dot(r.data(), r.data(), P);
  const double start = std::sqrt(rr);
  for (; s.steps < 4 * std::min(P, p.x.rows()) + 100 && std::sqrt(rr) > 1e-12 * start; ++s.steps) {
    const double b = p.intercept ? -cpu::dot(mean.data(), d.data(), P) : 0.0;
    residual_products(direction, mean, d, b, q);  // -X'WX d
    cpu::axpy(-p.alpha, d.data(), q.data(), P);
    const double t = rr / -cpu::dot(d.data(), q.data(), P);
    cpu::axpy(t, d.data(), s.coef.data(), P);
    cpu::axpy(t, q.data(), r.data(), P);
    const double next = cpu::dot(r.data(), r.data(), P);
    for (size_t i = 0; i < size; ++i) d[i] = r[i] + next / rr * d[i];
    rr = next;
  }
  s.intercept = intercept_of(p, mean, s.coef);
  s.gradient = start > 0 ? std::sqrt(rr) / start : 0;
  return s;
}

}  // namespace

RidgeSolution solve_ridge(const RidgeProblem& p) {
  const int64_t N = p.x.rows(), P = p.x.width();
  if (std::min(N, P) > kDirect) return by_gradients(p);
  return P > N ? by_rows(p) : by_columns(p);
}

std::vector<double> ridge_means(const RidgeProblem& p) {
  if (!p.intercept) return std::vector<double>(static_cast<size_t>(p.x.width() + 1), 0.0);
  return column_means(p.x, p.y, p.weight, p.x.rows());
}

void residual_products(const RidgeProblem& p, std::span<const double> mean, const std::vector<double>& w, double b,
                       std::vector<double>& out) {
  const int64_t N = p.x.rows(), P = p.x.width(), pieces = row_pieces(N, P, 32);
  std::vector<std::vector<double>> sums(static_cast<size_t>(pieces));
  device::for_chunks(pieces, [&](int64_t piece) {
    std::vector<double>& sum = sums[piece];
    sum.assign(static_cast<size_t>(P + 1), 0.0);
    const auto residual = [&](int64_t r, double z) {
      const double e = weight_of(p, r) * ((p.y.empty() ? 0.0 : p.y[r]) - b - z);
      sum[P] += e;
      return e;
    };
    const int64_t begin = N * piece / pieces, end = N * (piece + 1) / pieces;
    if (p.x.is_sparse()) {
      for (int64_t r = begin; r < end; ++r) {
        const auto columns = p.x.sparse().columns_of(r);
        const auto values = p.x.sparse().values_of(r);
        double z = 0;
        for (size_t k = 0; k < columns.size(); ++k) z += values[k] * w[columns[k]];
        const double e = residual(r, z);
        for (size_t k = 0; k < columns.size(); ++k) sum[columns[k]] += e * values[k];
      }
      return;
    }
    // Dense columns are centred before they are multiplied: the residuals of badly scaled data keep their digits.
    std::vector<double> centred(static_cast<size_t>(P));
    for_row_blocks(p.x, begin, end, [&](int64_t first, int64_t count, const double* rows, int64_t stride) {
      for (int64_t i = 0; i < count; ++i) {
        const double* row = rows + i * stride;
        for (int64_t j = 0; j < P; ++j) centred[j] = row[j] - (p.intercept ? mean[j] : 0.0);
        const double moved = p.intercept ? cpu::dot(mean.data(), w.data(), P) : 0.0;
        const double e = residual(first + i, cpu::dot(centred.data(), w.data(), P) + moved);
        cpu::axpy(e, centred.data(), sum.data(), P);
      }
    });
  });
  out.assign(static_cast<size_t>(P), 0.0);
  double total = 0;
  for (const auto& sum : sums) {
    cpu::axpy(1, sum.data(), out.data(), P);
    total += sum[P];
  }
  if (p.intercept && p.x.is_sparse()) cpu::axpy(-total, mean.data(), out.data(), P);
}

std::vector<double> row_products(const RidgeProblem& p, std::span<const double> mean) {
  const int64_t N = p.x.rows(), P = p.x.width();
  std::vector<double> k(static_cast<size_t>(N * N));
  if (p.x.is_sparse()) {  // (x_i - m)'(x_j - m) = x_i'x_j - x_i'm - x_j'm + m'm
    const SparseRows& s = p.x.sparse();
    std::vector<double> along(static_cast<size_t>(N), 0.0);
    const double square = p.intercept ? cpu::dot(mean.data(), mean.data(), P) : 0.0;
    for (int64_t r = 0; r < N; ++r)
      for (int64_t e = s.row_start[r]; e < s.row_start[r + 1]; ++e) along[r] += s.value[e] * (p.intercept ? mean[s.column[e]] : 0.0);
    device::for_chunks(N, [&](int64_t i) {
      std::vector<double> spread(static_cast<size_t>(P), 0.0);
      p.x.read_rows(i, i + 1, spread.data());
      for (int64_t j = 0; j < N; ++j) {
        double dot = 0;
        for (int64_t e = s.row_start[j]; e < s.row_start[j + 1]; ++e) dot += s.value[e] * spread[s.column[e]];
        k[i * N + j] = std::sqrt(weight_of(p, i) * weight_of(p, j)) * (dot - along[i] - along[j] + square);
      }
    });
    return k;
  }
  constexpr int64_t kColumns = 512;  // K grows by a slab of columns at a time
  const int64_t slab = std::min(kColumns, P);
  std::vector<double> rows(static_cast<size_t>(N * slab)), turned(rows.size());
  for (int64_t c = 0; c < P; c += slab) {
    const int64_t count = std::min(slab, P - c);
    device::parallel_for(N, std::max<int64_t>(1, 65536 / P), [&](int64_t begin, int64_t end) {
      for_row_blocks(p.x, begin, end, [&](int64_t first, int64_t many, const double* block, int64_t stride) {
        for (int64_t i = 0; i < many; ++i)
          for (int64_t j = 0; j < count; ++j) {
            const double v = std::sqrt(weight_of(p, first + i)) * (block[i * stride + c + j] - (p.intercept ? mean[c + j] : 0.0));
            rows[(first + i) * slab + j] = v;
            turned[j * N + first + i] = v;
          }
      });
    });
    device::gemm({.M = N,
                  .N = N,
                  .K = count,
                  .a = rows.data(),
                  .a_row = slab,
                  .b = turned.data(),
                  .b_row = N,
                  .c = k.data(),
                  .c_row = N,
                  .beta = c ? 1.0 : 0.0});
  }
  return k;
}

}  // namespace grim
