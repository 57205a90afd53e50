#include "grimoire/classic/svm_problem.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"

namespace grim {
namespace {

SmoProblem problem_of(const SvmSettings& s, int64_t variables, std::vector<int64_t> group_end) {
  const size_t l = static_cast<size_t>(variables);
  SmoProblem p;
  p.linear.assign(l, 0.0);
  p.lower.assign(l, 0.0);
  p.upper.assign(l, 0.0);
  p.start.assign(l, 0.0);
  p.group_end = std::move(group_end);
  p.tolerance = s.tolerance;
  p.most_iterations = s.most_iterations > 0 ? s.most_iterations : std::max<int64_t>(10000000, 100 * variables);
  p.shrinking = s.shrinking;
  p.cache_bytes = s.cache_bytes;
  return p;
}

SvmAnswer answer_of(const SmoResult& r, const SmoProblem& p) {
  SvmAnswer a{.dual = r.b,
              .rho = r.rho[0],
              .objective = r.objective,
              .violation = r.violation,
              .gap = r.gap,
              .iterations = r.iterations,
              .converged = r.converged};
  for (size_t k = 0; k < r.b.size(); ++k) a.bounded += r.b[k] != 0 && (r.b[k] >= p.upper[k] || r.b[k] <= p.lower[k]);
  return a;
}

// The first variables take all they may until `total` is given out: a point where the sums are right.
void fill(SmoProblem& p, int64_t begin, int64_t end, double total) {
  for (int64_t k = begin; k < end && total != 0; ++k) {
    const double by = total > 0 ? std::min(total, p.upper[k]) : std::max(total, p.lower[k]);
    p.start[k] = by;
    total -= by;
  }
}

double sum_of(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

}  // namespace

template <class T>
SvmAnswer solve_c_svc(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& sign, const std::vector<double>& weight) {
  SmoProblem p = problem_of(s, set.rows(), {set.rows()});
  for (int64_t k = 0; k < set.rows(); ++k) {
    p.linear[k] = -sign[k];
    (sign[k] > 0 ? p.upper : p.lower)[k] = sign[k] * s.C * weight[k];
  }
  return answer_of(solve_smo(p, set), p);
}

// min b'K b / 2 with 0 <= y b <= 1 and sum of each class = nu n / 2; divided by rho's scale r afterwards it is a C-SVC with C = 1 / r
// (Schoelkopf et al. 2000; Chang and Lin 2001).
template <class T>
SvmAnswer solve_nu_svc(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& sign, const std::vector<double>& weight) {
  int64_t positive = 0;
  double plus = 0, minus = 0;
  for (size_t k = 0; k < sign.size(); ++k) {
    positive += sign[k] > 0;
    (sign[k] > 0 ? plus : minus) += weight[k];
  }
  const double half = s.nu * (plus + minus) / 2;
  GRIM_CHECK(half <= std::min(plus, minus) * (1 + 1e-12), argument, "nu-svc",
             "nu {:g} is not possible with classes of weight {:g} and {:g}: at most {:g}", s.nu, plus, minus,
             2 * std::min(plus, minus) / (plus + minus));
  SmoProblem p = problem_of(s, set.rows(), {positive, set.rows()});
  for (int64_t k = 0; k < set.rows(); ++k) (sign[k] > 0 ? p.upper : p.lower)[k] = sign[k] * weight[k];
  fill(p, 0, positive, half);
  fill(p, positive, set.rows(), -half);
  const SmoResult r = solve_smo(p, set);
  SvmAnswer a = answer_of(r, p);
  const double scale = (r.rho[0] - r.rho[1]) / 2;
  GRIM_CHECK(scale > 0, numeric, "nu-svc", "the classes lie on each other: no margin for nu {:g}", s.nu);
  a.rho = (r.rho[0] + r.rho[1]) / 2 / scale;
  a.objective /= scale * scale, a.gap /= scale * scale;
  for (double& v : a.dual) v /= scale;
  return a;
}

template <class T>
SvmAnswer solve_svr(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& y, const std::vector<double>& weight) {
  SmoProblem p = problem_of(s, set.rows(), {set.rows()});
  p.tube = s.epsilon;
  for (int64_t k = 0; k < set.rows(); ++k) {
    p.linear[k] = -y[k];
    p.upper[k] = s.C * weight[k];
    p.lower[k] = -p.upper[k];
  }
  return answer_of(solve_smo(p, set), p);
}

template <class T>
SvmAnswer solve_nu_svr(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& y, const std::vector<double>& weight) {
  const int64_t n = set.rows();
  SmoProblem p = problem_of(s, 2 * n, {n, 2 * n});
  for (int64_t k = 0; k < n; ++k) {
    p.linear[k] = p.linear[n + k] = -y[k];
    p.upper[k] = s.C * weight[k];
    p.lower[n + k] = -p.upper[k];
  }
  const double half = s.C * s.nu * sum_of(weight) / 2;
  fill(p, 0, n, half);
  fill(p, n, 2 * n, -half);
  const SmoResult r = solve_smo(p, set);
  SvmAnswer a = answer_of(r, p);
  a.rho = (r.rho[0] + r.rho[1]) / 2;
  a.dual.resize(static_cast<size_t>(n));
  for (int64_t k = 0; k < n; ++k) a.dual[k] += r.b[n + k];
  return a;
}

template <class T> SvmAnswer solve_one_class(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& weight) {
  SmoProblem p = problem_of(s, set.rows(), {set.rows()});
  p.upper = weight;
  fill(p, 0, set.rows(), s.nu * sum_of(weight));
  return answer_of(solve_smo(p, set), p);
}

#define GRIM_SVM(T)                                                                                                           \
  template SvmAnswer solve_c_svc(const SvmSettings&, KernelSet<T>&, const std::vector<double>&, const std::vector<double>&);  \
  template SvmAnswer solve_nu_svc(const SvmSettings&, KernelSet<T>&, const std::vector<double>&, const std::vector<double>&); \
  template SvmAnswer solve_svr(const SvmSettings&, KernelSet<T>&, const std::vector<double>&, const std::vector<double>&);    \
  template SvmAnswer solve_nu_svr(const SvmSettings&, KernelSet<T>&, const std::vector<double>&, const std::vector<double>&); \
  template SvmAnswer solve_one_class(const SvmSettings&, KernelSet<T>&, const std::vector<double>&);
GRIM_SVM(float)
GRIM_SVM(double)
#undef GRIM_SVM

}  // namespace grim
