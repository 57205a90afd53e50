// What the linear models share: D rows of P coefficients and D intercepts, scores X w' + b, and passes over the rows of dense or
// sparse features in blocks.
#pragma once

#include "grimoire/classic/estimator.h"

namespace grim {

class LinearModel : public Estimator {
 public:
  bool takes_sparse() const override { return true; }
  std::string describe() const override;  // the coefficients by column name, the largest first

  int64_t outputs() const { return static_cast<int64_t>(intercept_.size()); }
  const std::vector<double>& coefficients() const { return coef_; }  // (D, P)
  const std::vector<double>& intercepts() const { return intercept_; }

 protected:
  void scores(const Features& x, double* out) const;  // (N, D)
  Tensor decision_on(const Features& x) const override;
  void predict_on(const Features& x, double* out) const override;  // D = 1 numbers; classes: by sign (1 above 0), else the largest score
  void write(State& state) const override;
  void read(const State& state) override;

  // The data with large offsets of columns taken off, kept in `storage`; or as they are. What is fitted on them has its intercepts at
  // those offsets until put_back() gives intercept_ for the columns as they came. Scores are taken about the offsets then, too.
  const Dataset& less_offsets_of(const Dataset& data, Dataset& storage);
  void put_back();
  // For solvers that cannot take them off (a constant term that is penalised, or none): several columns far from 0 are then so alike that
  // neither gap nor gradient tells how far the minimum is. Takes `converged` back, with a warning.
  void doubt_offsets(const Features& x, bool constant);

  std::vector<double> coef_, intercept_;
  std::vector<double> offset_;  // of the columns; empty: none

 private:
  void plain_scores(const Features& x, const std::vector<double>& intercept, double* out) const;
  std::vector<double> at_offset_;  // the intercepts there
};

// Rows cut into pieces for one pass: by the sizes alone, at most `most` of them.
int64_t row_pieces(int64_t rows, int64_t width, int64_t most = 64);

// f(first row, rows, numbers, stride) for blocks of dense f64 rows from `begin` to `end`, without a copy where they lie so already.
template <class F> void for_row_blocks(const Features& x, int64_t begin, int64_t end, F&& f) {
  const int64_t P = x.width();
  if (!x.is_sparse() && x.dense().dtype() == Dtype::f64)
    return f(begin, end - begin, static_cast<const double*>(x.dense().data<double>()) + begin * P, P);
  const int64_t block = std::max<int64_t>(1, std::min<int64_t>(256, 65536 / std::max<int64_t>(1, P)));
  std::vector<double> rows(static_cast<size_t>(block * P));
  for (int64_t r = begin; r < end; r += block) {
    const int64_t count = std::min(block, end - r);
    x.read_rows(r, r + count, rows.data());
    f(r, count, static_cast<const double*>(rows.data()), P);
  }
}

}  // namespace grim
