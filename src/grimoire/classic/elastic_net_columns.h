// The columns of a regression problem as coordinate descent asks for them: about their means, rows scaled by the roots of their shares of
// the weight, so that inner products are covariances.
#pragma once

#include <memory>

#include "grimoire/data/features.h"

namespace grim {

class RegressionColumns {
 public:
  virtual ~RegressionColumns() = default;
  // Column j for all rows, at `stride` numbers from one to the next.
  virtual void read(int64_t j, double* out, int64_t stride) const = 0;
  // For all columns: product[j] = v_j'r within slack[j] of the truth, which is what makes a cheap product safe to screen with.
  virtual void screen(const std::vector<double>& r, double* product, double* slack) const = 0;
  double product(int64_t j, const std::vector<double>& r) const;

  int64_t rows = 0, count = 0;
  std::vector<double> root;        // of the rows' shares of the weight
  std::vector<double> mean, norm;  // of the columns; norm is what they have after scaling by `scale`
  std::vector<double> scale;       // 1, or 1 / standard deviation when standardised
  std::vector<double> target;      // y likewise
  double target_mean = 0, target_square = 0;
};

std::unique_ptr<RegressionColumns> regression_columns(const Dataset& data, bool intercept, bool standardise);

}  // namespace grim
