// Cyclic coordinate descent for a quadratic with an elastic-net penalty, on the matrix of inner products ("covariance updates":
// Friedman, Hastie and Tibshirani 2010, section 2.2): one coordinate costs one row of the matrix, whatever the number of samples.
#pragma once

#include <cstdint>
#include <vector>

namespace grim {

// min_b  1/2 b'G b - c'b + sum_k factor_k (l1 |b_k| + l2 b_k^2 / 2), with q = c - G b kept up to date.
struct GramDescent {
  int64_t count = 0;
  const double* gram = nullptr;   // (count, count) at `stride`, both triangles
  int64_t stride = 0;
  double l1 = 0, l2 = 0;
  const double* factor = nullptr; // of the penalty, a coordinate; null: all 1
  double* q = nullptr;
  double* b = nullptr;

  // Sweeps until no coordinate moves by more than G_kk step^2 <= threshold, or `most` sweeps; the number done.
  int64_t run(double threshold, int64_t most);

 private:
  double sweep(const std::vector<int64_t>& order);  // largest G_kk step^2
  bool solve_signs(const std::vector<int64_t>& support);
};

inline double soft_threshold(double x, double by) { return x > by ? x - by : x < -by ? x + by : 0.0; }

}  // namespace grim
