// Probability and likelihood as one object. Given its parameters a distribution tells the probability of data; given data, the
// same function read the other way is the likelihood of the parameters: log_likelihood() sums it and fit() maximises it.
//
//   const auto d = stats::make_distribution("gamma", {{"shape", 2.5}});
//   d->cdf(3);  d->sf(3);  d->quantile(.95);  d->sample(rng, 1000);
//
// Upper tails have functions of their own (sf, isf, log_sf), exact where 1 - cdf would be 0.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grimoire/base/rng.h"

namespace grim::stats {

using Parameters = std::vector<std::pair<std::string, double>>;

struct Support {
  double low, high;  // of the values; may be infinite
};

class Distribution {
 public:
  virtual ~Distribution() = default;

  const std::string& name() const { return name_; }
  const Parameters& parameters() const { return parameters_; }
  double parameter(std::string_view name) const;  // throws: argument, no such parameter
  virtual bool discrete() const { return false; }
  virtual Support support() const = 0;

  // The density; for a discrete distribution the probability of x itself (0 between the integers).
  double pdf(double x) const;
  virtual double log_pdf(double x) const = 0;
  virtual double cdf(double x) const = 0;  // P(X <= x)
  virtual double sf(double x) const = 0;   // P(X > x), the survival function
  virtual double log_cdf(double x) const;
  virtual double log_sf(double x) const;
  // The least x with cdf(x) >= p, and with sf(x) <= q; p and q in [0, 1]. throws: argument
  double quantile(double p) const;
  double isf(double q) const;

  // Infinite or NaN where they do not exist. The kurtosis is in excess of the normal's; the entropy is in nats.
  virtual double mean() const = 0;
  virtual double variance() const = 0;
  virtual double skewness() const = 0;
  virtual double excess_kurtosis() const = 0;
  virtual double entropy() const = 0;

  // Each number takes as many words of the generator as it needs: the same seed gives the same numbers.
  std::vector<double> sample(Rng& rng, int64_t n) const;
  virtual double draw(Rng& rng) const;

  // The sum of log_pdf. throws: numeric, a NaN, naming its position
  double log_likelihood(std::span<const double> data) const;

 protected:
  Distribution(std::string name, Parameters parameters) : name_(std::move(name)), parameters_(std::move(parameters)) {}
  virtual double solve_quantile(double p) const = 0;  // 0 < p < 1
  virtual double solve_isf(double q) const = 0;

 private:
  template <class Tail> double polish(double x, double wanted, double sign, Tail tail) const;
  double repaired(double x, double tail, bool lower) const;
  std::string name_;
  Parameters parameters_;
};

// What make_distribution knows: one entry a family.
struct ParameterInfo {
  std::string name, range;  // "shape", "above 0"
  double fallback;          // NaN: must be given
};
struct DistributionInfo {
  std::string name, summary;
  std::vector<ParameterInfo> parameters;
};
const std::vector<DistributionInfo>& all_distributions();
const DistributionInfo& distribution_info(std::string_view name);  // aliases too. throws: argument, with the nearest name

// By name ("normal", "t", "chi-square", "f", "beta", "gamma", "exponential", "lognormal", "weibull", "uniform", "bernoulli",
// "binomial", "poisson", "geometric", "negative-binomial", "hypergeometric").
// throws: argument, naming the parameter, what it takes, or the nearest known name.
std::unique_ptr<Distribution> make_distribution(std::string_view name, const Parameters& parameters);

// Maximum likelihood. Standard errors come from the observed information, the Hessian of -log-likelihood at the maximum; they
// are NaN where the maximum lies on the edge (uniform) or the parameter was given.
struct Fit {
  std::unique_ptr<Distribution> distribution;
  double log_likelihood = 0;
  std::vector<double> standard_errors;  // one a parameter
  int64_t n = 0;
  std::vector<std::string> notes = {};  // where the likelihood has no maximum
};
// `fixed` holds parameters that are known (binomial: n, which has to be). throws: argument, input data outside of the support,
// a NaN with its position; hypergeometric has no fit.
Fit fit(std::string_view name, std::span<const double> data, const Parameters& fixed = {});

}  // namespace grim::stats
