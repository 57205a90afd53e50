#include "grimoire/classic/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "grimoire/classic/linear_kernel.h"

namespace grim {
namespace {

struct Pair {
  std::vector<double> s, y;  // step and change of the gradient
  double rho;                // 1 / s'y
};

// -H g by the two loops of Nocedal (1980), H the inverse Hessian that the pairs describe.
std::vector<double> direction(const std::deque<Pair>& pairs, const std::vector<double>& g) {
  const int64_t n = static_cast<int64_t>(g.size());
  std::vector<double> d = g, along(pairs.size());
  for (size_t i = pairs.size(); i-- > 0;) {
    along[i] = pairs[i].rho * cpu::dot(pairs[i].s.data(), d.data(), n);
    cpu::axpy(-along[i], pairs[i].y.data(), d.data(), n);
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    const double scale = 1 / (last.rho * cpu::dot(last.y.data(), last.y.data(), n));
    for (double& v : d) v *= scale;
  }
  for (size_t i = 0; i < pairs.size(); ++i)
    cpu::axpy(along[i] - pairs[i].rho * cpu::dot(pairs[i].y.data(), d.data(), n), pairs[i].s.data(), d.data(), n);
  for (double& v : d) v = -v;
  return d;
}

double largest(const std::vector<double>& v) {
  double m = 0;
  for (double x : v) m = std::max(m, std::abs(x));
  return m;
}

}  // namespace

LbfgsResult lbfgs(const SmoothFunction& f, std::vector<double>& w, double tolerance, int64_t most, const std::vector<double>& unit) {
  if (!unit.empty()) {  // the same in v = w / unit
    std::vector<double> v(w), plain(w);
    for (size_t i = 0; i < v.size(); ++i) v[i] /= unit[i];
    const SmoothFunction in_units = [&](const double* at, double* g) {
      for (size_t i = 0; i < plain.size(); ++i) plain[i] = at[i] * unit[i];
      const double value = f(plain.data(), g);
      for (size_t i = 0; i < plain.size(); ++i) g[i] *= unit[i];
      return value;
    };
    const LbfgsResult result = lbfgs(in_units, v, tolerance, most);
    for (size_t i = 0; i < v.size(); ++i) w[i] = v[i] * unit[i];
    return result;
  }
  constexpr size_t kMemory = 10;
  const int64_t n = static_cast<int64_t>(w.size());
  std::vector<double> g(w.size()), next_w(w.size()), next_g(w.size());
  std::deque<Pair> pairs;
  LbfgsResult result{.value = f(w.data(), g.data())};
  for (result.gradient = largest(g); result.gradient > tolerance && result.iterations < most; ++result.iterations) {
    std::vector<double> d = direction(pairs, g);
    double slope = cpu::dot(d.data(), g.data(), n);
    if (!(slope < 0)) {
      pairs.clear();
      d = direction(pairs, g);
      slope = -cpu::dot(g.data(), g.data(), n);
    }
    double low = 0, high = INFINITY, t = pairs.empty() ? std::min(1.0, 1 / result.gradient) : 1.0, value = result.value;
    bool found = false;
    for (int tried = 0; tried < 40 && !found; ++tried) {
      next_w = w;
      cpu::axpy(t, d.data(), next_w.data(), n);
      value = f(next_w.data(), next_g.data());
      if (!(value <= result.value + 1e-4 * t * slope)) high = t;
      else if (cpu::dot(next_g.data(), d.data(), n) < 0.9 * slope) low = t;
      else found = true;
      if (!found) t = std::isinf(high) ? 2 * t : (low + high) / 2;
    }
    if (!found && !(value < result.value)) break;  // as good as these numbers get
    Pair p{.s = next_w, .y = next_g, .rho = 0};
    cpu::axpy(-1, w.data(), p.s.data(), n);
    cpu::axpy(-1, g.data(), p.y.data(), n);
    const double sy = cpu::dot(p.s.data(), p.y.data(), n);
    if (sy > 1e-14 * cpu::dot(p.y.data(), p.y.data(), n)) {
      p.rho = 1 / sy;
      pairs.push_back(std::move(p));
      if (pairs.size() > kMemory) pairs.pop_front();
    }
    w.swap(next_w);
    g.swap(next_g);
    result.value = value;
    result.gradient = largest(g);
  }
  result.converged = result.gradient <= tolerance;
  return result;
}

}  // namespace grim
