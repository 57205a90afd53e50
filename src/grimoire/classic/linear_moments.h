// Second moments of columns in one pass: the normal equations of every linear model.
#pragma once

#include "grimoire/data/features.h"

namespace grim {

// Of the columns of (X, y): weighted sum, means, and the lower triangle of the sums of products (about the means when centred).
struct Moments {
  int64_t width = 0;           // P, or P + 1 when y was given
  double weight = 0;
  std::vector<double> mean;    // 0 when not centred
  std::vector<double> gram;    // (width, width), lower triangle
  const double* row(int64_t i) const { return gram.data() + i * width; }
};

// Dense rows are shifted by the mean of the first rows before they are multiplied, so that nothing is lost when means are large
// against deviations; sparse rows stay sparse. `weight` may be empty; `y` may be empty.
Moments column_moments(const Features& x, std::span<const double> y, std::span<const double> weight, bool centred);

// Weighted means of the columns of X over its first `rows` rows, and of y after them when it is given.
std::vector<double> column_means(const Features& x, std::span<const double> y, std::span<const double> weight, int64_t rows);

// sum_i h_i z_i z_i' with z = (x, 1) when `intercept`: (P + 1, P + 1), lower triangle. h may be of either sign.
void weighted_gram(const Features& x, std::span<const double> h, bool intercept, double* out, int64_t stride);

}  // namespace grim
