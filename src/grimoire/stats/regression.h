// Linear and generalised linear models with the numbers that go with a table of coefficients.
#pragma once

#include <string>
#include <vector>

#include "grimoire/stats/hypothesis.h"
#include "grimoire/tensor/tensor.h"

namespace grim::stats {

struct Coefficient {
  std::string name;
  double estimate, standard_error, statistic, p_value, low, high;  // t for least squares, z for the others
};

enum class Intercept : uint8_t { with, without };

struct RegressionOptions {
  Intercept intercept = Intercept::with;
  std::vector<std::string> names = {};  // of the columns; else x1, x2, ...
  double level = 0.95;
};

struct LinearFit {
  std::vector<Coefficient> coefficients;  // the intercept first, "(const)"
  double r_squared, adjusted_r_squared, sigma;  // sigma: residual deviation
  double f, f_p_value, df_model, df_residual;
  double log_likelihood, aic, bic;  // normal errors; the deviation is not counted as a parameter, as in statsmodels
  std::vector<double> fitted, residuals;
  std::vector<std::string> notes;
};
// Least squares of y on the columns of x (N, D) by Householder's QR, and one step of refinement with long double residuals: digits
// lost grow with the condition of x, not with its square. throws: shape; argument, a column that depends on those before it, by name
LinearFit least_squares(const Tensor& x, std::span<const double> y, const RegressionOptions& options = {});

enum class Family : uint8_t { logistic, poisson };  // with logit and log links

struct GlmFit {
  std::vector<Coefficient> coefficients;
  double log_likelihood, null_log_likelihood, deviance, null_deviance, aic;
  double likelihood_ratio, lr_p_value, lr_df;  // against the constant alone
  int64_t iterations;
  bool converged;
  std::vector<double> fitted;      // means
  std::vector<std::string> notes;  // perfect separation is named here: the estimates then run to infinity
};
// Maximum likelihood by iteratively reweighted least squares. Logistic: y in [0, 1]; Poisson: y not below 0.
GlmFit glm(Family family, const Tensor& x, std::span<const double> y, const RegressionOptions& options = {});

Json to_json(const LinearFit& fit);
Json to_json(const GlmFit& fit);

}  // namespace grim::stats
