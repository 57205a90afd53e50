#include "grimoire/classic/density.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/base/softmax.h"
#include "grimoire/classic/knn.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

Options neighbours_options(int64_t* k) { return {{.name = "k", .help = "neighbours", .target = k, .low = 1}}; }
Option metric_option(std::string* metric) {
  return {.name = "metric", .help = "distance between rows", .target = metric, .choices = {"l2", "l1", "cosine", "hamming", "haversine"}};
}

// ln of the volume of the unit ball in P dimensions: pi^(P/2) / Gamma(P/2 + 1).
double log_ball(int64_t P) { return static_cast<double>(P) / 2 * std::log(std::numbers::pi) - std::lgamma(static_cast<double>(P) / 2 + 1); }

Tensor column_of(const std::vector<double>& v) { return Tensor::from(v, {static_cast<int64_t>(v.size()), 1}); }

void need_rows(const char* who, int64_t k, int64_t rows) {
  GRIM_CHECK(k < rows, argument, who, "k {} for {} rows, expected fewer than the rows", k, rows);
}

}  // namespace

// --- LocalOutlierFactor ----------------------------------------------------------------------------------------------

Options LocalOutlierFactor::params() {
  Options o = neighbours_options(&k);
  o.push_back({.name = "threshold", .help = "factor above which a row is an outlier", .target = &threshold, .low = 0});
  o.push_back(metric_option(&metric));
  return o;
}

namespace {
// Mean reachability max(reach(neighbour), distance) inverted; the small number keeps duplicates finite.
double local_density(const NeighbourLists& lists, int64_t i, const std::vector<double>& reach, double small) {
  double sum = 0;
  for (int64_t j = i * lists.k; j < (i + 1) * lists.k; ++j) sum += std::max(reach[lists.row[j]], lists.distance[j]);
  return 1 / (sum / static_cast<double>(lists.k) + small);
}
// 1e-10, in a unit that is not far from the reaches.
double small_reach(std::vector<double> reach) {
  std::erase_if(reach, [](double r) { return !(r > 0); });  // NaN too, which a file may hold
  if (reach.empty()) return 1e-10;
  const auto middle = reach.begin() + static_cast<ptrdiff_t>(reach.size() / 2);
  std::nth_element(reach.begin(), middle, reach.end());
  constexpr int kReach = 20;
  return 1e-10 / binary_scale(*middle, kReach);
}
double outlier_factor(const NeighbourLists& lists, int64_t i, const std::vector<double>& density, double own) {
  double sum = 0;
  for (int64_t j = i * lists.k; j < (i + 1) * lists.k; ++j) sum += density[lists.row[j]];
  return sum / static_cast<double>(lists.k) / own;
}
}  // namespace

void LocalOutlierFactor::fit_on(const Dataset& data) {
  need_rows("lof", k, data.rows());
  rows_ = data.x;
  index_ = make_index(rows_, Metric::parse(metric, 2), {});
  const NeighbourLists lists = neighbours_of_rows(*index_, rows_, k);
  const int64_t N = rows_.rows();
  reach_.resize(static_cast<size_t>(N));
  density_ = factors_ = reach_;
  int64_t duplicates = 0;
  for (int64_t i = 0; i < N; ++i) {
    reach_[i] = lists.distance[(i + 1) * lists.k - 1];
    duplicates += reach_[i] == 0;
  }
  small_ = small_reach(reach_);
  for (int64_t i = 0; i < N; ++i) density_[i] = local_density(lists, i, reach_, small_);
  for (int64_t i = 0; i < N; ++i) factors_[i] = outlier_factor(lists, i, density_, density_[i]);
  if (duplicates)
    report_.warnings.push_back(
        str("{} rows stand more than k = {} times: their densities are limited only by rounding; take a larger k or leave duplicates out",
            duplicates, k));
  report_.stopped =
      str("{} of {} rows above {}", std::count_if(factors_.begin(), factors_.end(), [&](double f) { return f > threshold; }), N, threshold);
}

Tensor LocalOutlierFactor::decision_on(const Features& x) const {
  const NeighbourLists lists = index_->search(x, k);
  std::vector<double> factor(static_cast<size_t>(x.rows()));
  for (int64_t i = 0; i < x.rows(); ++i) factor[i] = outlier_factor(lists, i, density_, local_density(lists, i, reach_, small_));
  return column_of(factor);
}

void LocalOutlierFactor::predict_on(const Features& x, double* out) const {
  const Tensor d = decision_on(x);
  for (int64_t i = 0; i < x.rows(); ++i) out[i] = d.data<double>()[i] > threshold ? -1 : 1;
}

std::string LocalOutlierFactor::describe() const {
  std::vector<size_t> order(factors_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return factors_[a] > factors_[b]; });
  std::string text = "largest factors (row from 1):";
  for (size_t i = 0; i < std::min<size_t>(order.size(), 5); ++i) text += str("  {}: {:.4f}", order[i] + 1, factors_[order[i]]);
  return text + "\n";
}

void LocalOutlierFactor::write(State& state) const {
  write_features(state, "x", rows_);
  state.set("reach", reach_);
  state.set("density", density_);
  state.set("factors", factors_);
}
void LocalOutlierFactor::read(const State& state) {
  rows_ = read_features(state, "x", columns());
  reach_ = state.numbers("reach", rows_.rows());
  small_ = small_reach(reach_);
  density_ = state.numbers("density", rows_.rows());
  factors_ = state.numbers("factors", rows_.rows());
  need_rows("lof", k, rows_.rows());
  index_ = make_index(rows_, Metric::parse(metric, 2), {});
}

// --- NeighbourDensity ------------------------------------------------------------------------------------------------

Options NeighbourDensity::params() { return neighbours_options(&k); }

double NeighbourDensity::log_density(double radius) const {
  const double P = static_cast<double>(rows_.width());
  return std::log(static_cast<double>(k)) - std::log(static_cast<double>(rows_.rows())) - log_ball(rows_.width()) - P * std::log(radius);
}

void NeighbourDensity::fit_on(const Dataset& data) {
  need_rows("knn-density", k, data.rows());
  rows_ = data.x;
  index_ = make_index(rows_, {}, {});
  const NeighbourLists lists = neighbours_of_rows(*index_, rows_, k);
  own_.clear();
  distances_.clear();
  for (int64_t i = 0; i < rows_.rows(); ++i) {
    distances_.push_back(lists.distance[(i + 1) * lists.k - 1]);
    own_.push_back(log_density(distances_.back()));
  }
  if (std::count(distances_.begin(), distances_.end(), 0.0))
    report_.warnings.push_back("some rows stand more than k times: their density is infinite");
}

Tensor NeighbourDensity::decision_on(const Features& x) const {
  const NeighbourLists lists = index_->search(x, k);
  std::vector<double> d;
  for (int64_t i = 0; i < x.rows(); ++i) d.push_back(log_density(lists.distance[(i + 1) * lists.k - 1]));
  return column_of(d);
}

void NeighbourDensity::write(State& state) const {
  write_features(state, "x", rows_);
  state.set("own", own_);
  state.set("distances", distances_);
}
void NeighbourDensity::read(const State& state) {
  rows_ = read_features(state, "x", columns());
  need_rows("knn-density", k, rows_.rows());
  own_ = state.numbers("own", rows_.rows());
  distances_ = state.numbers("distances", rows_.rows());
  index_ = make_index(rows_, {}, {});
}

// --- KernelDensity ---------------------------------------------------------------------------------------------------

Options KernelDensity::params() {
  return {{.name = "kernel",
           .help = "shape of the bump",
           .target = &kernel,
           .choices = {"gaussian", "tophat", "epanechnikov", "exponential", "linear"}},
          {.name = "bandwidth", .help = "its width, in the units of the columns", .target = &bandwidth, .low = 1e-300}};
}

namespace {

// ln of the integral of the kernel over P dimensions at bandwidth 1. Radial kernels: surface of the sphere P V_P times the integral of
// K(r) r^(P-1): tophat 1/P, epanechnikov 1/P - 1/(P+2), linear 1/P - 1/(P+1), exponential Gamma(P).
double log_norm(const std::string& kernel, int64_t columns) {
  const double P = static_cast<double>(columns);
  if (kernel == "gaussian") return P / 2 * std::log(2 * std::numbers::pi);
  if (kernel == "tophat") return log_ball(columns);
  if (kernel == "epanechnikov") return log_ball(columns) + std::log(2 / (P + 2));
  if (kernel == "exponential") return log_ball(columns) + std::lgamma(P + 1);
  return log_ball(columns) - std::log(P + 1);
}

double log_kernel(const std::string& kernel, double u) {  // u: distance / bandwidth
  if (kernel == "gaussian") return -u * u / 2;
  if (kernel == "exponential") return -u;
  if (kernel == "tophat") return u < 1 ? 0 : -INFINITY;
  if (u >= 1) return -INFINITY;
  return kernel == "epanechnikov" ? std::log1p(-u * u) : std::log1p(-u);
}

}  // namespace

void KernelDensity::fit_on(const Dataset& data) { kept_ = data; }

Tensor KernelDensity::decision_on(const Features& x) const {
  const int64_t P = x.width(), N = kept_.rows();
  std::vector<double> rows(static_cast<size_t>(N * P)), out(static_cast<size_t>(x.rows()));
  kept_.x.read_rows(0, N, rows.data());
  double total = 0;
  for (int64_t r = 0; r < N; ++r) total += kept_.weight_of(r);
  const double offset = -std::log(total) - log_norm(kernel, P) - static_cast<double>(P) * std::log(bandwidth);
  device::parallel_for(x.rows(), 16, [&](int64_t begin, int64_t end) {
    std::vector<double> q(static_cast<size_t>(P)), term(static_cast<size_t>(N));
    for (int64_t i = begin; i < end; ++i) {
      x.read_rows(i, i + 1, q.data());
      for (int64_t r = 0; r < N; ++r)
        term[r] = log_kernel(kernel, Metric{}(q.data(), &rows[r * P], P) / bandwidth) + std::log(kept_.weight_of(r));
      const Softmax terms(term.data(), N);
      out[i] = terms.top > -INFINITY ? terms.log_sum() + offset : -INFINITY;
    }
  });
  return column_of(out);
}

double KernelDensity::log_likelihood(const Features& x) const {
  const Tensor d = decision(x);
  double sum = 0;
  for (int64_t i = 0; i < d.dim(0); ++i) sum += d.data<double>()[i];
  return sum;
}

void KernelDensity::write(State& state) const {
  write_features(state, "x", kept_.x);
  state.set("weight", kept_.weight);
}
void KernelDensity::read(const State& state) {
  kept_.x = read_features(state, "x", columns());
  kept_.weight = state.numbers("weight").empty() ? std::vector<double>{}
                                                 : state.numbers("weight", kept_.rows(), 0, std::numeric_limits<double>::max());
  GRIM_CHECK(kept_.rows() > 0, input, "kde", "no rows");
}

}  // namespace grim
