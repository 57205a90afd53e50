#include "grimoire/classic/coordinate_descent.h"

#include <algorithm>
#include <cmath>

#include "grimoire/classic/cholesky.h"
#include "grimoire/classic/linear_kernel.h"

namespace grim {

double GramDescent::sweep(const std::vector<int64_t>& order) {
  double largest = 0;
  for (int64_t k : order) {
    const double diagonal = gram[k * stride + k], f = factor ? factor[k] : 1.0, old = b[k];
    if (old == 0 && std::abs(q[k]) <= f * l1) continue;
    const double curvature = diagonal + f * l2;
    if (!(curvature > 0)) continue;
    b[k] = soft_threshold(q[k] + diagonal * old, f * l1) / curvature;
    const double step = b[k] - old;
    if (step == 0) continue;
    cpu::axpy(-step, gram + k * stride, q, count);
    largest = std::max(largest, diagonal * step * step);
  }
  return largest;
}

// With the signs s of the support S fixed the problem is a linear system: (G_SS + l2) b = c_S - l1 s. Goes from b towards its solution,
// and as far as the first coefficient that would change its sign: the objective falls all the way. False when nothing was gained.
bool GramDescent::solve_signs(const std::vector<int64_t>& support) {
  const int64_t m = static_cast<int64_t>(support.size());
  std::vector<double> a(static_cast<size_t>(m * m)), step(static_cast<size_t>(m));
  for (int64_t i = 0; i < m; ++i) {
    const int64_t k = support[i];
    const double f = factor ? factor[k] : 1.0;
    for (int64_t j = 0; j <= i; ++j) a[i * m + j] = gram[k * stride + support[j]];
    a[i * m + i] += f * l2;
    step[i] = q[k] - f * (l2 * b[k] + std::copysign(l1, b[k]));
  }
  if (!cholesky(a.data(), m, m, 1e-12)) return false;
  cholesky_solve(a.data(), m, m, step.data());
  double reach = 1;
  int64_t first = -1;
  for (int64_t i = 0; i < m; ++i) {
    const double now = b[support[i]], f = factor ? factor[support[i]] : 1.0;
    if (f * l1 > 0 && now * (now + reach * step[i]) < 0) reach = -now / step[i], first = i;
  }
  if (reach <= 0) return false;
  for (int64_t i = 0; i < m; ++i) {
    const int64_t k = support[i];
    const double moved = i == first ? -b[k] : reach * step[i];
    b[k] = i == first ? 0.0 : b[k] + moved;
    cpu::axpy(-moved, gram + k * stride, q, count);
  }
  return true;
}

int64_t GramDescent::run(double threshold, int64_t most) {
  constexpr int64_t kPatience = 12, kLargestSystem = 3000, kSmallSystem = 250;
  std::vector<int64_t> all(static_cast<size_t>(count)), support;
  for (int64_t k = 0; k < count; ++k) all[k] = k;
  int64_t sweeps = 0;
  while (sweeps < most) {
    ++sweeps;
    if (sweep(all) <= threshold) break;
    for (int64_t tried = 0; sweeps < most; ++tried) {
      support.clear();
      for (int64_t k = 0; k < count; ++k)
        if (b[k] != 0) support.push_back(k);
      // Where descent creeps (columns alike), the system of the present signs is solved at once; it costs some m / 20 sweeps.
      const int64_t m = static_cast<int64_t>(support.size()), patience = std::max(kPatience, m / 10);
      // A small one is solved again at once when a sign ended its step, until its signs are those of its solution.
      if (tried % patience == patience - 1 && m <= kLargestSystem)
        for (int64_t left = m <= kSmallSystem ? m : 1; left > 0 && solve_signs(support); --left)
          if (std::erase_if(support, [&](int64_t k) { return b[k] == 0; }) == 0) break;
      ++sweeps;
      if (sweep(support) <= threshold) break;
    }
  }
  return sweeps;
}

}  // namespace grim
