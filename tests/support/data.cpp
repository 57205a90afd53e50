#include "support/data.h"

#include <cmath>
#include <memory>

namespace grim::test {
namespace {

// Columns about their mean, divided by the square root of (sum of squares / n), or of the sum itself.
Features rescaled(const Features& x, bool by_length) {
  const int64_t N = x.rows(), P = x.width();
  const Tensor out = Tensor::empty({N, P}, Dtype::f64);
  x.read_rows(0, N, out.data<double>());
  for (int64_t c = 0; c < P; ++c) {
    double mean = 0, square = 0;
    for (int64_t r = 0; r < N; ++r) mean += out.data<double>()[r * P + c] / static_cast<double>(N);
    for (int64_t r = 0; r < N; ++r) {
      double& v = out.data<double>()[r * P + c];
      v -= mean;
      square += v * v;
    }
    const double scale = std::sqrt(by_length ? square : square / static_cast<double>(N));
    for (int64_t r = 0; r < N; ++r) out.data<double>()[r * P + c] /= scale > 0 ? scale : 1;
  }
  return Features(out, x.columns());
}

}  // namespace

Features z_scored(const Features& x) { return rescaled(x, false); }

Features sparse_of(const Features& x) {
  auto s = std::make_shared<SparseRows>();
  s->columns = x.width();
  for (int64_t r = 0; r < x.rows(); ++r) {
    for (int64_t j = 0; j < x.width(); ++j)
      if (x.at(r, j) != 0) s->column.push_back(static_cast<int32_t>(j)), s->value.push_back(x.at(r, j));
    s->row_start.push_back(static_cast<int64_t>(s->column.size()));
  }
  return Features(std::shared_ptr<const SparseRows>(s), x.columns());
}

Dataset diabetes(bool scaled) {
  const Table x = read_csv(data_file("tabular/diabetes_data_raw.csv.gz")), y = read_csv(data_file("tabular/diabetes_target.csv.gz"));
  Dataset d{.x = Features::from(x), .y = y.columns[0].values, .weight = {}, .classes = {}};
  if (scaled) d.x = rescaled(d.x, true);
  return d;
}

}  // namespace grim::test
