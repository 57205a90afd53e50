// What happens to columns before a learner sees them: scaling, filling in, encoding. Each is an Estimator that transforms, so that
// a Pipeline fits it on the rows it may see and on no others.
#pragma once

#include "grimoire/classic/estimator.h"

namespace grim {

// x -> (x - centre) / scale, column by column; categories pass through. Sparse rows are scaled and not centred, so zeros stay zero.
//   standard  mean and standard deviation (divided by the sum of weights)      minmax  to [0, 1]
//   maxabs    largest magnitude becomes 1                                      robust  median and quartile distance
// A constant column has scale 1. Missing values stay missing and do not count.
class Scaler final : public Estimator {
 public:
  std::string kind = "standard";

  std::string name() const override { return "scaler"; }
  Options params() override;
  bool transforms() const override { return true; }
  bool takes_missing() const override { return true; }
  bool takes_categories() const override { return true; }
  bool takes_sparse() const override { return true; }
  const std::vector<double>& centre() const { return centre_; }
  const std::vector<double>& scale() const { return scale_; }

 private:
  void fit_on(const Dataset& data) override;
  Features transform_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  std::vector<double> centre_, scale_;
};

// Missing numbers become the column's median, mean or most frequent value, or `value`; missing categories the most frequent
// level. A column with no value at all is refused, except with `constant`.
class Imputer final : public Estimator {
 public:
  std::string strategy = "median";
  double value = 0;

  std::string name() const override { return "imputer"; }
  Options params() override;
  bool transforms() const override { return true; }
  bool takes_missing() const override { return true; }
  bool takes_categories() const override { return true; }
  bool takes_sparse() const override { return true; }
  const std::vector<double>& fills() const { return fills_; }

 private:
  void fit_on(const Dataset& data) override;
  Features transform_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  std::vector<double> fills_;
};

// Categories become numbers. onehot: a column "name=level" of 0 and 1 for each level (a missing or an unseen one is 0 in all); ordinal:
// the level's place, missing stays missing, unseen is refused: it is not missing. Numbers pass through.
class Encoder final : public Estimator {
 public:
  std::string kind = "onehot";

  std::string name() const override { return "encoder"; }
  Options params() override;
  bool transforms() const override { return true; }
  bool takes_missing() const override { return true; }
  bool takes_categories() const override { return true; }
  bool takes_sparse() const override { return true; }
  std::vector<ColumnInfo> output_columns() const override;

 private:
  void fit_on(const Dataset&) override {}
  Features transform_on(const Features& x) const override;
  void write(State&) const override {}
  void read(const State&) override {}
};

}  // namespace grim
