// Householder's QR of a tall matrix, for regressions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace grim::stats {

class Qr {
 public:
  // x (n, p) row by row, n >= p. Columns are scaled to length 1 first, so that rank is judged apart from units.
  // long double: what a column is after its mean was taken out, for the residuals.
  Qr(std::span<const long double> x, int64_t n, int64_t p);
  int64_t dependent() const { return dependent_; }  // the first column within the span of those before it, or -1
  // argmin |x b - y|, refined with residuals in long double, that is to the digits of x and y themselves.
  std::vector<long double> solve(std::span<const long double> y) const;
  std::vector<double> inverse_gram_diagonal() const;             // of (x^T x)^-1
  double inverse_gram_form(std::span<const double> w) const;     // w^T (x^T x)^-1 w

 private:
  std::vector<double> solve_once(std::vector<double> y) const;
  int64_t n_, p_, dependent_ = -1;
  std::vector<long double> x_;
  std::vector<double> columns_, scale_, diagonal_;  // columns_ (p, n): reflectors below, R above its diagonal
};

}  // namespace grim::stats
