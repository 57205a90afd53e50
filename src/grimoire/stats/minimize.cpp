#include "grimoire/stats/minimize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "grimoire/base/error.h"

namespace grim::stats {
namespace {

using Point = std::vector<double>;
using Function = std::function<double(const Point&)>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Point search_once(const Function& f, const Point& start, double step) {
  const size_t n = start.size();
  std::vector<Point> simplex(n + 1, start);
  for (size_t i = 0; i < n; ++i) simplex[i + 1][i] += step;
  std::vector<double> value;
  for (const Point& p : simplex) value.push_back(f(p));
  for (int round = 0; round < 2000; ++round) {
    std::vector<size_t> order(n + 1);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](size_t i) { return value[i]; });
    const size_t best = order[0], second = order[n > 0 ? n - 1 : 0], worst = order[n];
    double size = 0;
    for (const Point& p : simplex)
      for (size_t i = 0; i < n; ++i) size = std::max(size, std::abs(p[i] - simplex[best][i]) / (1 + std::abs(p[i])));
    if (size < 1e-11) break;
    Point centre(n, 0);
    for (size_t j : order)
      if (j != worst)
        for (size_t i = 0; i < n; ++i) centre[i] += simplex[j][i] / static_cast<double>(n);
    const auto along = [&](double t) {
      Point p(n);
      for (size_t i = 0; i < n; ++i) p[i] = centre[i] + t * (simplex[worst][i] - centre[i]);
      return p;
    };
    const auto take = [&](Point p, double v) { simplex[worst] = std::move(p), value[worst] = v; };
    const Point mirrored = along(-1);
    const double at_mirrored = f(mirrored);
    if (at_mirrored < value[best]) {
      const Point far = along(-2);
      const double at_far = f(far);
      at_far < at_mirrored ? take(far, at_far) : take(mirrored, at_mirrored);
    } else if (at_mirrored < value[second]) {
      take(mirrored, at_mirrored);
    } else {
      const Point near = along(at_mirrored < value[worst] ? -0.5 : 0.5);
      const double at_near = f(near);
      if (at_near < std::min(at_mirrored, value[worst])) {
        take(near, at_near);
      } else {
        for (size_t j = 0; j <= n; ++j) {
          if (j == best) continue;
          for (size_t i = 0; i < n; ++i) simplex[j][i] = 0.5 * (simplex[j][i] + simplex[best][i]);
          value[j] = f(simplex[j]);
        }
      }
    }
  }
  return simplex[static_cast<size_t>(std::ranges::min_element(value) - value.begin())];
}

}  // namespace

Point nelder_mead(const Function& f, Point start) {
  double value = f(start);
  for (int i = 0; i < 12; ++i) {
    Point next = search_once(f, start, i == 0 ? 0.5 : 0.01);
    const double at_next = f(next);
    const bool done = i > 0 && !(at_next < value - 1e-13 * std::abs(value));
    start = std::move(next), value = at_next;
    if (done) break;
  }
  return start;
}

double find_root(const std::function<double(double)>& f, double a, double b) {
  double fa = f(a), fb = f(b);
  if (fa == 0) return a;
  if (fb == 0) return b;
  GRIM_CHECK((fa > 0) != (fb > 0), numeric, "find_root", "no change of sign between {} and {}", a, b);
  double c = a, fc = fa, d = b - a, e = d;
  for (int i = 0; i < 300; ++i) {
    if ((fb > 0) == (fc > 0)) c = a, fc = fa, d = e = b - a;
    if (std::abs(fc) < std::abs(fb)) a = b, b = c, c = a, fa = fb, fb = fc, fc = fa;
    const double tolerance = 2e-16 * std::abs(b) + 1e-300, half = 0.5 * (c - b);
    if (std::abs(half) <= tolerance || fb == 0) return b;
    if (std::abs(e) >= tolerance && std::abs(fa) > std::abs(fb)) {  // a secant, or the parabola through three points
      const double s = fb / fa;
      double p, q;
      if (a == c) {
        p = 2 * half * s, q = 1 - s;
      } else {
        const double r = fb / fc, t = fa / fc;
        p = s * (2 * half * t * (t - r) - (b - a) * (r - 1)), q = (t - 1) * (r - 1) * (s - 1);
      }
      if (p > 0) q = -q;
      p = std::abs(p);
      if (2 * p < std::min(3 * half * q - std::abs(tolerance * q), std::abs(e * q))) e = d, d = p / q;
      else d = e = half;
    } else {
      d = e = half;
    }
    a = b, fa = fb;
    b += std::abs(d) > tolerance ? d : half > 0 ? tolerance : -tolerance;
    fb = f(b);
  }
  return b;
}

std::vector<double> standard_errors(const Function& log_likelihood, const Point& at) {
  const size_t n = at.size();
  const double top = log_likelihood(at);
  const auto moved = [&](size_t i, double by, size_t j = 0, double and_by = 0) {
    Point p = at;
    p[i] += by;
    if (and_by != 0) p[j] += and_by;
    return log_likelihood(p);
  };
  Point step(n);
  std::vector<double> info(n * n, 0);
  for (size_t i = 0; i < n; ++i) {
    double h = 1e-4 * std::max(std::abs(at[i]), 1e-3);
    for (int round = 0; round < 6; ++round) {
      const double drop = 2 * top - moved(i, h) - moved(i, -h);
      h *= std::isfinite(drop) ? (drop > 0 ? std::clamp(std::sqrt(2e-3 / drop), 0.02, 50.0) : 10.0) : 0.1;
    }
    step[i] = h;
    const double wide = (2 * top - moved(i, h) - moved(i, -h)) / (h * h),
                 narrow = (2 * top - moved(i, h / 2) - moved(i, -h / 2)) * 4 / (h * h);
    info[i * n + i] = (4 * narrow - wide) / 3;  // Richardson: the error is of fourth order
  }
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < i; ++j) {
      const auto mixed = [&](double a, double b) {
        return -(moved(i, a, j, b) - moved(i, a, j, -b) - moved(i, -a, j, b) + moved(i, -a, j, -b)) / (4 * a * b);
      };
      info[i * n + j] = info[j * n + i] = (4 * mixed(step[i] / 2, step[j] / 2) - mixed(step[i], step[j])) / 3;
    }
  // The inverse by Gauss and Jordan: at most three rows.
  std::vector<double> inverse(n * n, 0);
  for (size_t i = 0; i < n; ++i) inverse[i * n + i] = 1;
  for (size_t k = 0; k < n; ++k) {
    const double pivot = info[k * n + k];
    if (!(pivot > 0)) return std::vector<double>(n, kNan);
    for (size_t j = 0; j < n; ++j) info[k * n + j] /= pivot, inverse[k * n + j] /= pivot;
    for (size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double f = info[i * n + k];
      for (size_t j = 0; j < n; ++j) info[i * n + j] -= f * info[k * n + j], inverse[i * n + j] -= f * inverse[k * n + j];
    }
  }
  std::vector<double> errors(n);
  for (size_t i = 0; i < n; ++i) errors[i] = std::sqrt(inverse[i * n + i]);
  return errors;
}

}  // namespace grim::stats
