// Pipeline: transformers, then a learner, fitted as one, so that no step ever sees rows that its fold holds back.
#pragma once

#include "grimoire/classic/estimator.h"

namespace grim {

class Pipeline final : public Estimator {
 public:
  Pipeline() = default;  // empty: only for loading
  // All but the last transform. throws: argument
  explicit Pipeline(std::vector<std::unique_ptr<Estimator>> steps);

  std::string name() const override { return "pipeline"; }
  Options params() override;  // the last step's own names; "scaler.kind" for the others
  bool classifies() const override { return !steps_.empty() && last().classifies(); }
  bool regresses() const override { return !steps_.empty() && last().regresses(); }
  bool takes_missing() const override { return true; }  // each step checks what it is given
  bool takes_categories() const override { return true; }
  bool takes_sparse() const override { return true; }
  bool takes_weights() const override { return !steps_.empty() && last().takes_weights(); }
  bool has_proba() const override { return !steps_.empty() && last().has_proba(); }
  bool transforms() const override { return !steps_.empty() && last().transforms(); }
  std::vector<ColumnInfo> output_columns() const override { return last().output_columns(); }
  std::string describe() const override { return last().describe(); }

  const Estimator& last() const;  // throws: state, without steps
  Estimator& last();
  const std::vector<std::unique_ptr<Estimator>>& steps() const { return steps_; }
  Features before_last(const Features& x) const;  // what the last step is given

 private:
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  void proba_on(const Features& x, double* out) const override;
  Tensor decision_on(const Features& x) const override { return last().decision(before_last(x)); }
  Features transform_on(const Features& x) const override { return last().transform(before_last(x)); }
  void write(State& state) const override;
  void read(const State& state) override;
  std::unique_ptr<Estimator> clone_empty() const override;
  void write_params(State& state) const override;
  void read_params(const State& state) override;

  std::vector<std::unique_ptr<Estimator>> steps_;
};

}  // namespace grim
