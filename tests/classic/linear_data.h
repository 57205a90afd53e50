// The small data sets of the linear models' tests, prepared as their published numbers ask.
#pragma once

#include <cmath>

#include "base/temp_folder.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/classic/validate.h"

namespace grim::test {

// Columns about their means, divided by their norm (unit) or by their standard deviation with n below (z).
enum class Scaling { none, unit, z };

inline Dataset scaled(Dataset data, Scaling scaling) {
  if (scaling == Scaling::none) return data;
  const int64_t N = data.rows(), P = data.x.width();
  const Tensor x = data.x.to_tensor(Dtype::f64);
  std::vector<double> v = x.to_vector<double>();
  for (int64_t j = 0; j < P; ++j) {
    double mean = 0, square = 0;
    for (int64_t i = 0; i < N; ++i) mean += v[i * P + j] / static_cast<double>(N);
    for (int64_t i = 0; i < N; ++i) square += (v[i * P + j] - mean) * (v[i * P + j] - mean);
    const double by = std::sqrt(scaling == Scaling::unit ? square : square / static_cast<double>(N));
    for (int64_t i = 0; i < N; ++i) v[i * P + j] = (v[i * P + j] - mean) / (by > 0 ? by : 1);
  }
  data.x = Features(Tensor::from(v, {N, P}), data.x.columns());
  return data;
}

inline Dataset diabetes(const std::string& rows, const std::string& target, Scaling scaling = Scaling::unit) {
  const CsvOptions csv{.header = CsvOptions::Header::no};
  Dataset data{.x = Features::from(read_csv(rows, csv)), .y = read_csv(target, csv).columns[0].values, .weight = {}, .classes = {}};
  return scaled(std::move(data), scaling);
}

// scikit-learn's own layout, the class last; or any CSV whose target is called so.
inline Dataset labelled(const std::string& path, Scaling scaling = Scaling::none) {
  return scaled(load_dataset(path, {.target = "target", .weight = {}, .as = Target::classes}), scaling);
}

inline Dataset every(const Dataset& data, int64_t fold, const std::vector<int64_t>& folds, bool inside) {
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < data.rows(); ++r)
    if ((folds[r] == fold) == inside) rows.push_back(r);
  return data.pick(rows);
}

// The fold of each row.
inline std::vector<int64_t> numbered(const std::vector<Fold>& folds, int64_t n) {
  std::vector<int64_t> fold(static_cast<size_t>(n));
  for (size_t f = 0; f < folds.size(); ++f)
    for (int64_t r : folds[f].test) fold[r] = static_cast<int64_t>(f);
  return fold;
}
inline std::vector<int64_t> contiguous_folds(int64_t n, int64_t k) { return numbered(k_folds(n, k), n); }
inline std::vector<int64_t> stratified_folds(const std::vector<double>& y, int64_t k) {
  return numbered(grim::stratified_folds(y, k), static_cast<int64_t>(y.size()));
}

// Mean score over the folds; `z`: columns scaled by the training rows' means and deviations.
template <class Make> double cross_validated(const Dataset& data, const std::vector<int64_t>& folds, int64_t k, Make&& make) {
  double sum = 0;
  for (int64_t f = 0; f < k; ++f) {
    const std::unique_ptr<Estimator> e = make();
    e->fit(every(data, f, folds, false));
    sum += e->score(every(data, f, folds, true));
  }
  return sum / static_cast<double>(k);
}

}  // namespace grim::test
