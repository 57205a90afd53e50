// Learners of where rows are dense: outliers, densities and clusters, all from neighbours.
#pragma once

#include "grimoire/classic/estimator.h"
#include "grimoire/classic/neighbours.h"

namespace grim {

// Local outlier factor (Breunig, Kriegel, Ng, Sander 2000): how much less dense a row's place is than its neighbours' places; about 1
// inside, larger outside. predict(): -1 for outliers (above `threshold`), +1 for others; decision(): the factor of new rows.
// Rows that stand more than k times make densities infinite: duplicates are counted and warned of.
class LocalOutlierFactor final : public Estimator {
 public:
  int64_t k = 20;
  double threshold = 1.5;
  std::string metric = "l2";

  std::string name() const override { return "lof"; }
  Options params() override;
  bool takes_weights() const override { return false; }
  std::string describe() const override;
  const std::vector<double>& factors() const { return factors_; }  // of the rows it was fitted on, each without itself

 private:
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  Tensor decision_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  Features rows_;
  double small_ = 1e-10;
  std::vector<double> reach_, density_, factors_;  // distance to the k-th neighbour, local reachability density
  std::unique_ptr<NeighbourIndex> index_;
};

// Density from the k-th neighbour's distance r: k / (n V_P r^P), V_P the volume of the unit ball (Loftsgaarden and Quesenberry 1965).
// decision(): log density. The rows themselves are not among their own neighbours in log_densities().
class NeighbourDensity final : public Estimator {
 public:
  int64_t k = 5;

  std::string name() const override { return "knn-density"; }
  Options params() override;
  bool takes_weights() const override { return false; }
  const std::vector<double>& log_densities() const { return own_; }
  const std::vector<double>& distances() const { return distances_; }  // of the rows to their k-th other row

 private:
  void fit_on(const Dataset& data) override;
  Tensor decision_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  double log_density(double radius) const;
  Features rows_;
  std::vector<double> own_, distances_;
  std::unique_ptr<NeighbourIndex> index_;
};

// Kernel density (Rosenblatt 1956, Parzen 1962): the mean of a bump of width `bandwidth` at every row. decision(): log density.
class KernelDensity final : public Estimator {
 public:
  std::string kernel = "gaussian";  // gaussian, tophat, epanechnikov, exponential, linear
  double bandwidth = 1;

  std::string name() const override { return "kde"; }
  Options params() override;
  double log_likelihood(const Features& x) const;  // sum of log densities

 private:
  void fit_on(const Dataset& data) override;
  Tensor decision_on(const Features& x) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  Dataset kept_;
};

// DBSCAN (Ester, Kriegel, Sander, Xu 1996): rows with at least `least` rows (weights) within `eps`, themselves included, are cores;
// cores in reach of each other and what they reach are a cluster; the rest is noise. Clusters are numbered by their first row.
// labels(): of the rows, -1 noise. predict(): the cluster of the nearest core within eps, else -1.
class Dbscan final : public Estimator {
 public:
  double eps = 0.5;
  int64_t least = 5;
  std::string metric = "l2";

  std::string name() const override { return "dbscan"; }
  Options params() override;
  std::string describe() const override;
  const std::vector<double>& labels() const { return labels_; }

 private:
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  std::vector<double> labels_;
  Features cores_;
  std::vector<double> core_labels_;
};

// Clusters as connected parts of the graph in which two rows are joined when each is among the other's k nearest (mutual), or when
// their neighbour lists share at least `shared` rows (Jarvis and Patrick 1973). predict(): the cluster of the nearest row.
class NeighbourClusters final : public Estimator {
 public:
  int64_t k = 10, shared = 0;  // shared 0: mutual neighbours only

  std::string name() const override { return "knn-clusters"; }
  Options params() override;
  bool takes_weights() const override { return false; }
  std::string describe() const override;
  const std::vector<double>& labels() const { return labels_; }

 private:
  void fit_on(const Dataset& data) override;
  void predict_on(const Features& x, double* out) const override;
  void write(State& state) const override;
  void read(const State& state) override;
  std::vector<double> labels_;
  Features rows_;
  std::unique_ptr<NeighbourIndex> index_;
};

}  // namespace grim
