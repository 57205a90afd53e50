// Principal components as a step of a pipeline: the k directions of greatest variance (stats/pca.h), columns pc1, pc2, ...
#pragma once

#include "grimoire/classic/estimator.h"
#include "grimoire/stats/pca.h"

namespace grim {

class PrincipalComponents final : public Estimator {
 public:
  int64_t k = 2;             // components; 0: all
  bool standardise = false;  // columns to deviation 1 first

  std::string name() const override { return "pca"; }
  Options params() override;
  bool transforms() const override { return true; }
  bool takes_weights() const override { return false; }
  std::vector<ColumnInfo> output_columns() const override;
  std::string describe() const override;
  const stats::Pca& decomposition() const { return pca_; }

 private:
  void fit_on(const Dataset& data) override;
  Features transform_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  stats::Pca pca_;
};

}  // namespace grim
