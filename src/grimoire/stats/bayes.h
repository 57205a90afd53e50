// Bayes' theorem: P(H | E) = P(E | H) P(H) / sum over hypotheses of the same.
#pragma once

#include <span>
#include <vector>

#include "grimoire/stats/hypothesis.h"

namespace grim::stats {

// Posterior of each hypothesis. throws: argument, priors that do not sum to 1, evidence impossible under all
std::vector<double> posterior(std::span<const double> prior, std::span<const double> likelihood);

// A diagnostic test: P(ill | positive) and P(healthy | negative).
struct Screening {
  double positive_predictive, negative_predictive;
};
Screening screening(double prevalence, double sensitivity, double false_positive_rate);

// A share with a Beta(a, b) prior after k successes in n tries: Beta(a + k, b + n - k), with its equal-tailed credible interval.
struct BetaPosterior {
  double a, b, mean, mode;
  Interval credible;
};
BetaPosterior beta_binomial_update(double a, double b, double successes, double n, double level = 0.95);

}  // namespace grim::stats
