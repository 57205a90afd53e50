// Descriptions of a sample: means, quantiles, moving averages.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace grim::stats {

double mean(std::span<const double> x);  // summed in twice the digits. All throw: argument, an empty sample
double geometric_mean(std::span<const double> x);  // values not below 0
double harmonic_mean(std::span<const double> x);   // values not below 0
double variance(std::span<const double> x, int64_t ddof = 1);  // divides by n - ddof; of finite values. throws: numeric
// Linear between the order statistics (type 7 of Hyndman and Fan 1996: R's and NumPy's).
double quantile(std::span<const double> x, double p);

// m_t = (1 - alpha) m_(t-1) + alpha x_t. recursive begins with m_0 = x_0; corrected begins with 0 and divides by the weight
// 1 - (1 - alpha)^t given so far, as Adam does.
enum class EmaForm : uint8_t { recursive, corrected };
std::vector<double> ema(std::span<const double> x, double alpha, EmaForm form = EmaForm::recursive);

struct Description {
  int64_t n = 0, missing = 0;  // missing: NaN, left out of the rest
  // Moments without bias correction. NaN where they do not exist: the deviation of one value, the shape of equal ones.
  double mean, sd, standard_error, low, q1, median, q3, high, skewness, excess_kurtosis;
};
Description describe(std::span<const double> x);  // throws: numeric, an infinity

}  // namespace grim::stats
