// k nearest neighbours: classes by vote, numbers by mean (Fix and Hodges 1951; Cover and Hart 1967).
#pragma once

#include "grimoire/classic/estimator.h"
#include "grimoire/classic/neighbours.h"

namespace grim {

class Knn final : public Estimator {
 public:
  std::string k = "5";           // a number; log: ln n; sqrt: sqrt n; cv: chosen by 5-fold cross-validation among odd numbers
  std::string vote = "uniform";  // uniform, distance: a neighbour counts 1 / distance
  std::string metric = "l2";
  double p = 2;  // of metric lp
  IndexOptions index;

  std::string name() const override { return "knn"; }
  Options params() override;
  bool classifies() const override { return true; }
  bool regresses() const override { return true; }
  bool takes_sparse() const override { return true; }
  bool has_proba() const override { return true; }
  std::string describe() const override;
  void check_params() const override { typed_k(); }
  int64_t neighbours() const { return k_; }  // after fit
  const NeighbourIndex& searcher() const { return *searcher_; }
  void use_metric(Metric custom) { custom_ = std::move(custom); }  // from C++: a distance of one's own; such a model cannot be kept

 private:
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  void proba_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  Metric metric_now() const { return custom_.custom ? custom_ : Metric::parse(metric, p); }
  int64_t typed_k() const;  // 0: to be chosen by the rows. throws: argument
  int64_t chosen_k(const Dataset& data) const;
  void make_searcher();
  // fn(query, rows, votes) for every query, in parallel.
  template <class F> void for_votes(const Features& x, F&& fn) const;

  Metric custom_;
  int64_t k_ = 0;
  Dataset kept_;
  std::unique_ptr<NeighbourIndex> searcher_;
};

// Features into and out of a State, in the type they have.
void write_features(State& state, const std::string& name, const Features& x);
Features read_features(const State& state, const std::string& name, const std::vector<ColumnInfo>& columns);

}  // namespace grim
