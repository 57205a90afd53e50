// Sequential minimal optimisation for support vector machines, with the second-order choice of the pair (Fan, Chen and Lin 2005),
// shrinking, gradient reconstruction and a cache of kernel rows.
#pragma once

#include "grimoire/classic/kernel.h"

namespace grim {

// min_b  1/2 b'K b + linear'b + tube |b|_1   with  lower <= b <= upper  and  sum b constant in each group.
// In the signed coefficients b_i = y_i alpha_i the labels vanish from the problem: the gradient is F = K b + linear, and
//   C-SVC: linear = -y, 0 <= y b <= C      epsilon-SVR: linear = -y, -C <= b <= C, tube = epsilon      one-class: linear = 0.
// nu-SVC has a group for each class; nu-SVR two copies of the rows, alpha >= 0 and -alpha* <= 0, a group each.
struct SmoProblem {
  std::vector<double> linear, lower, upper, start;
  double tube = 0;
  std::vector<int64_t> group_end;  // where each group of variables ends; one or two
  double tolerance = 1e-3;         // of the largest violation of the optimality conditions
  int64_t most_iterations = 0;
  bool shrinking = true;           // one group only
  int64_t cache_bytes = 0;
};

struct SmoResult {
  std::vector<double> b, gradient;
  std::vector<double> rho;         // one a group: F (+- tube) of what is free
  double objective = 0, violation = 0;
  double gap = 0;                  // duality gap at rho: no other b lowers the objective by more
  int64_t iterations = 0;
  bool converged = false;
};
// Variable k belongs to row k modulo set.rows(). The rows of the set come back in another order.
template <class T> SmoResult solve_smo(const SmoProblem& problem, KernelSet<T>& set);

namespace cpu {

// What a variable may do, a byte each.
inline constexpr uint8_t kMayRise = 1, kMayFall = 2, kTubeUp = 4,
                         kTubeDown = 8;  // tube: the slope of tube |b| is +tube when rising, falling
struct SmoExtremes {
  double rise = -1e300, fall = 1e300;  // largest -F of those that may rise; smallest of those that may fall
  int64_t at = -1;                     // of the largest
};
// F += step (ki - kj), and the extremes of the new F.
template <class T> SmoExtremes smo_update(double* f, const T* ki, const T* kj, double step, const uint8_t* status, double tube, int64_t n);
// Who falls best when i, at `rise` with kernel row ki, rises: the largest (rise + F_j)^2 / (K_ii + K_jj - 2 K_ij). -1: nobody.
struct SmoPartner {
  double gain = 0;
  int64_t at = -1;
};
template <class T>
SmoPartner smo_partner(const double* f, const T* ki, const T* diagonal, double own, double rise, const uint8_t* status, double tube,
                       int64_t n);
template <class T> void smo_add(double* f, const T* row, double by, int64_t n);  // f += by row

}  // namespace cpu
}  // namespace grim
