#include "grimoire/classic/newton.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "grimoire/classic/cholesky.h"
#include "grimoire/classic/coordinate_descent.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/newton_columns.h"

namespace grim {
namespace {

// L of H with its diagonal raised by the least share, the same for all columns whatever their units, that makes it positive definite.
void factor(const std::vector<double>& h, int64_t n, std::vector<double>& l) {
  for (double share = 0;; share = share > 0 ? 10 * share : 1e-13) {
    l = h;
    for (int64_t i = 0; i < n; ++i) l[i * n + i] = h[i * n + i] > 0 ? h[i * n + i] * (1 + share) : 1;
    if (cholesky(l.data(), n, n, 1e-14)) return;
  }
}

// The step that minimises the quadratic approximation with its penalty on the coordinates `at`, by their Hessian. It is singular where
// columns add up to others (every group of dummies to the constant), and always with several classes: adding a constant to all scores
// of a row changes no probability. 1e-10 of its diagonal is added, which moves nothing along directions that matter, and lets the
// system of fixed signs be solved at once where descent would creep for thousands of sweeps.
void gram_step(const PenalisedLoss& f, const Features& picked, const std::vector<int64_t>& at, const std::vector<double>& w,
                      const std::vector<double>& g, double threshold, std::vector<double>& step) {
  const int64_t all = static_cast<int64_t>(at.size());
  std::vector<double> h(static_cast<size_t>(all * all)), b, q, factor;
  f.loss.hessian(picked, h.data());
  for (int64_t i = 0; i < all; ++i) {
    for (int64_t j = 0; j < i; ++j) h[j * all + i] = h[i * all + j];
    h[i * all + i] += 1e-14 + 1e-10 * h[i * all + i];
    b.push_back(w[at[i]]);
    q.push_back(-g[at[i]]);
    factor.push_back(f.penalised(at[i]) ? 1.0 : 0.0);
  }
  GramDescent descent{
      .count = all, .gram = h.data(), .stride = all, .l1 = f.l1, .l2 = f.l2, .factor = factor.data(), .q = q.data(), .b = b.data()};
  descent.run(threshold, 10000);
  for (int64_t i = 0; i < all; ++i) step[at[i]] = b[i] - w[at[i]];
}

}  // namespace

double PenalisedLoss::value(const double* w, double* gradient, bool curved) const {
  double v = loss.value(w, gradient, curved);
  for (int64_t i = 0; i < loss.dims() && l2 > 0; ++i) {
    if (!penalised(i)) continue;
    if (!offset.empty() && i + 1 == loss.dims()) continue;
    v += l2 / 2 * w[i] * w[i];
    gradient[i] += l2 * w[i];
  }
  if (offset.empty()) return v;
  const int64_t P = loss.dims() - 1;
  const double at_zero = w[P] - cpu::dot(w, offset.data(), P);
  cpu::axpy(-l2 * at_zero, offset.data(), gradient, P);
  gradient[P] += l2 * at_zero;
  return v + l2 / 2 * at_zero * at_zero;
}
void PenalisedLoss::add_hessian(std::vector<double>& h) const {
  const int64_t n = loss.dims();
  for (int64_t i = 0; i < n; ++i) h[i * n + i] += penalised(i) ? l2 : 0.0;
  if (offset.empty()) return;
  for (int64_t i = 0; i + 1 < n; ++i) {
    for (int64_t j = 0; j <= i; ++j) h[i * n + j] += l2 * offset[i] * offset[j];
    h[(n - 1) * n + i] -= l2 * offset[i];
  }
}
double PenalisedLoss::absolute(const double* w) const {
  double sum = 0;
  for (int64_t i = 0; i < loss.dims(); ++i) sum += penalised(i) ? std::abs(w[i]) : 0.0;
  return l1 * sum;
}

// Steps of (H + l2)^-1 g, halved until the value falls as the slope promises. Near the minimum half the squared Newton decrement,
// g'H^-1 g / 2, is the distance to it (Boyd and Vandenberghe 2004, section 9.5); the step that follows squares it, more or less.
NewtonResult newton(const PenalisedLoss& f, std::vector<double>& w, double tolerance, int64_t most) {
  const int64_t n = f.loss.dims();
  std::vector<double> g(w.size()), next(w.size()), next_g(w.size()), h(static_cast<size_t>(n * n)), l;
  NewtonResult result{.value = f.value(w.data(), g.data(), true), .step = std::vector<double>(w.size(), 0.0)};
  while (result.iterations < most) {
    f.loss.hessian(h.data());
    f.add_hessian(h);
    factor(h, n, l);
    std::vector<double>& d = result.step;
    for (int64_t i = 0; i < n; ++i) d[i] = -g[i];
    cholesky_solve(l.data(), n, n, d.data());
    const double slope = cpu::dot(g.data(), d.data(), n);
    result.gap = -slope / 2;
    ++result.iterations;
    double t = 1, value = result.value;
    for (int tried = 0; tried < 50; ++tried, t /= 2) {
      next = w;
      cpu::axpy(t, d.data(), next.data(), n);
      value = f.value(next.data(), next_g.data(), true);
      if (value <= result.value + 1e-4 * t * slope || result.gap < 1e-14) break;
    }
    if (!(value <= result.value + 1e-14 * std::abs(result.value))) {  // rounding is all that is left; the curvature is that of w again
      f.value(w.data(), g.data(), true);
      result.converged = result.gap <= std::max(tolerance, 1e-10);
      return result;
    }
    w.swap(next);
    g.swap(next_g);
    result.value = value;
    if (result.gap <= tolerance) {
      result.converged = true;
      return result;
    }
  }
  return result;
}

double PenalisedLoss::violation(const double* w, const double* g) const {
  double most = 0;
  for (int64_t i = 0; i < loss.dims(); ++i) {
    const bool held = penalised(i);
    const double G = g[i] + (held ? l2 * w[i] : 0.0), by = held ? l1 : 0.0;
    most = std::max(most, w[i] != 0 ? std::abs(G + std::copysign(by, w[i])) : std::abs(G) - by);
  }
  return most;
}

// Only columns in W are looked at: those in the model and those with a gradient that exceeds l1; when W's problem is solved the others
// are tried again. Where the Hessian of W would be too large (many classes), single coefficients are chosen so, and ColumnDescent
// does without it. The quadratic is solved as well as the step before deserves: the next promises no less than its square.
NewtonResult proximal_newton(const PenalisedLoss& f, std::vector<double>& w, double tolerance, int64_t most) {
  const int64_t n = f.loss.dims(), P = f.loss.x().width(), D = f.loss.outputs(), W = f.loss.width();
  constexpr int64_t kAllColumns = 400, kLargestHessian = 2000;
  std::vector<double> g(w.size()), next(w.size()), next_g(w.size());
  NewtonResult result{.gap = 1, .step = std::vector<double>(w.size(), 0.0)};
  MeanLoss& loss = f.loss;
  double smooth = loss.value(w.data(), g.data(), true);
  const auto whole = [&](double s, const double* v) {
    double squares = 0;
    for (int64_t i = 0; i < n; ++i) squares += f.penalised(i) ? v[i] * v[i] : 0.0;
    return s + f.l2 / 2 * squares + f.absolute(v);
  };
  const auto wanted = [&](int64_t i) { return w[i] != 0 || std::abs(g[i]) > f.l1 || !f.penalised(i); };
  result.value = whole(smooth, w.data());
  std::vector<int64_t> work, at;
  std::unique_ptr<ColumnDescent> by_columns;
  Features picked;
  const double finest = 1e-4 * std::min(tolerance, 1e-4);
  for (; result.iterations < most; ++result.iterations) {
    std::vector<int64_t> columns;
    for (int64_t j = 0; j < P; ++j) {
      bool in = P <= kAllColumns || std::binary_search(work.begin(), work.end(), j);
      for (int64_t k = 0; k < D && !in; ++k) in = wanted(k * W + j);
      if (in) columns.push_back(j);
    }
    const double threshold = std::max(finest, 1e-2 * std::min(result.gap * result.gap, 1e-2 * result.gap));
    std::fill(result.step.begin(), result.step.end(), 0.0);
    const int64_t m = static_cast<int64_t>(columns.size());
    const bool large = D > 1 && D * (m + loss.has_intercept()) > kLargestHessian;
    const bool other = columns != work || result.iterations == 0;
    work.swap(columns);
    at.clear();
    if (large) {
      for (int64_t i = 0; i < n; ++i)
        if (wanted(i)) at.push_back(i);
      if (!by_columns) by_columns = std::make_unique<ColumnDescent>(loss);
      by_columns->run(f, w.data(), g.data(), at, threshold, 1000, result.step);
      picked = {};
    } else {
      for (int64_t k = 0; k < D; ++k) {
        for (int64_t j : work) at.push_back(k * W + j);
        if (loss.has_intercept()) at.push_back(k * W + P);
      }
      if (other || picked.width() == 0) picked = m == P ? loss.x() : loss.x().pick_columns(work);
      gram_step(f, picked, at, w, g, threshold, result.step);
    }
    next = w;
    cpu::axpy(1, result.step.data(), next.data(), n);
    const double promised = cpu::dot(g.data(), result.step.data(), n) + whole(0, next.data()) - whole(0, w.data());
    result.gap = std::max(0.0, -promised);
    double value = result.value;
    for (double t = 1; t > 1e-12; t /= 2) {
      for (int64_t i = 0; i < n; ++i) next[i] = w[i] + t * result.step[i];
      smooth = loss.value(next.data(), next_g.data(), true);
      value = whole(smooth, next.data());
      if (value <= result.value + 1e-4 * t * promised || result.gap < 1e-14) break;
    }
    w.swap(next);
    g.swap(next_g);
    result.value = value;
    bool left_out = false;  // `at` rises
    for (int64_t i = 0; i < n && static_cast<int64_t>(at.size()) < n && !left_out; ++i)
      left_out = w[i] == 0 && std::abs(g[i]) > f.l1 * (1 + 1e-9) && !std::binary_search(at.begin(), at.end(), i);
    if (result.gap <= tolerance && threshold <= std::max(finest, 1e-2 * tolerance) && !left_out) {
      ++result.iterations;
      result.converged = true;
      break;
    }
  }
  result.violation = f.violation(w.data(), g.data());
  return result;
}

}  // namespace grim
