// Calibrated: honest probabilities around any classifier. The classifier is fitted on folds, its scores on the rows held back are
// mapped to frequencies, and a last fit on all rows makes the predictions. The most probable class is what predict() says: the two
// never disagree.
//   sigmoid   Platt 1999 with the smoothed targets and the Newton solver of Lin, Lin, Weng 2007
//   isotonic  the best rising step function: pool adjacent violators (Barlow et al. 1972)
// More than two classes: one against the rest, then scaled to sum 1 (Zadrozny and Elkan 2002).
#pragma once

#include "grimoire/classic/estimator.h"

namespace grim {

struct SigmoidMap {  // P(y = 1 | s) = 1 / (1 + exp(a s + b))
  double a = 0, b = 0;
  double operator()(double score) const;
};
SigmoidMap fit_sigmoid(std::span<const double> score, std::span<const double> y, std::span<const double> weight = {});

struct IsotonicMap {  // linear between the knots, constant outside
  std::vector<double> x, y;
  double operator()(double score) const;
};
// Weighted least squares under y rising with x.
IsotonicMap fit_isotonic(std::span<const double> x, std::span<const double> y, std::span<const double> weight = {});

class Calibrated final : public Estimator {
 public:
  std::string method = "sigmoid";
  int64_t folds = 5;

  Calibrated() = default;  // for loading
  explicit Calibrated(std::unique_ptr<Estimator> base) : base_(std::move(base)) {}
  std::string name() const override { return "calibrated"; }
  Options params() override;
  bool classifies() const override { return true; }
  bool has_proba() const override { return true; }
  bool takes_missing() const override { return true; }  // the classifier inside checks
  bool takes_categories() const override { return true; }
  bool takes_sparse() const override { return true; }
  const Estimator& base() const;  // throws: state, when none was given
  std::string describe() const override { return base().describe(); }

 private:
  void fit_on(const Dataset& data) override;
  void proba_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  std::unique_ptr<Estimator> clone_empty() const override { return std::make_unique<Calibrated>(base_ ? base_->clone() : nullptr); }
  void write_params(State& state) const override;  // its own two; the classifier inside keeps its own
  void read_params(const State& state) override;
  double map(size_t k, double score) const { return method == "sigmoid" ? sigmoid_[k](score) : isotonic_[k](score); }
  size_t maps() const { return class_count() == 2 ? 1 : static_cast<size_t>(class_count()); }

  std::unique_ptr<Estimator> base_;
  std::vector<SigmoidMap> sigmoid_;
  std::vector<IsotonicMap> isotonic_;
};

}  // namespace grim
