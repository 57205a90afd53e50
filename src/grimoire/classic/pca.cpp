#include "grimoire/classic/pca.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"

namespace grim {
namespace {

// As the decomposition takes it: images become float32, all else float64.
Tensor numbers(const Features& x) { return x.to_tensor(!x.is_sparse() && x.dense().dtype() != Dtype::f64 ? Dtype::f32 : Dtype::f64); }

}  // namespace

Options PrincipalComponents::params() {
  return {{.name = "k", .help = "components; 0: all", .target = &k, .low = 0},
          {.name = "standardise", .help = "columns to deviation 1 first", .target = &standardise}};
}

void PrincipalComponents::fit_on(const Dataset& data) {
  GRIM_CHECK(data.rows() > 1, input, name(), "got {} row, expected at least 2: one row varies in no direction", data.rows());
  pca_ = stats::pca(numbers(data.x), k, standardise ? stats::Scaling::unit_variance : stats::Scaling::none);
  double kept = 0;
  for (double share : pca_.ratio.to_vector<double>()) kept += share;
  GRIM_CHECK(std::isfinite(kept), input, name(), "every column is constant: there is no direction that they vary in");
  report_.stopped = str("{} components hold {:.1f} % of the variance", pca_.components.dim(0), 100 * kept);
}

std::vector<ColumnInfo> PrincipalComponents::output_columns() const {
  std::vector<ColumnInfo> columns;
  for (int64_t i = 0; i < pca_.components.dim(0); ++i) columns.push_back({str("pc{}", i + 1)});
  return columns;
}

Features PrincipalComponents::transform_on(const Features& x) const {
  return Features(pca_.transform(x.to_tensor(Dtype::f64)), output_columns());
}

std::string PrincipalComponents::describe() const {
  std::string text;
  const std::vector<double> sd = pca_.sd.to_vector<double>(), ratio = pca_.ratio.to_vector<double>();
  for (size_t i = 0; i < std::min<size_t>(sd.size(), 20); ++i)
    text += str("  pc{:<4} deviation {:.6g}, {:.2f} % of the variance\n", i + 1, sd[i], 100 * ratio[i]);
  return text;
}

void PrincipalComponents::write(State& state) const {
  state.set("mean", pca_.mean);
  state.set("scale", pca_.scale);
  state.set("components", pca_.components);
  state.set("sd", pca_.sd);
  state.set("ratio", pca_.ratio);
}

void PrincipalComponents::read(const State& state) {
  const int64_t P = static_cast<int64_t>(columns().size());
  pca_ = {state.tensor("mean", Dtype::f64, 1), state.tensor("scale", Dtype::f64, 1), state.tensor("components", Dtype::f64, 2),
          state.tensor("sd", Dtype::f64, 1), state.tensor("ratio", Dtype::f64, 1)};
  const int64_t K = pca_.components.dim(0);
  GRIM_CHECK(
      pca_.mean.dim(0) == P && pca_.scale.dim(0) == P && pca_.components.dim(1) == P && pca_.sd.dim(0) == K && pca_.ratio.dim(0) == K,
      input, "pca", "the parts do not fit together");
}

}  // namespace grim
