#include "grimoire/stats/bayes.h"

#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/stats/sample.h"

namespace grim::stats {

std::vector<double> posterior(std::span<const double> prior, std::span<const double> likelihood) {
  GRIM_CHECK(prior.size() == likelihood.size() && !prior.empty(), argument, "bayes", "got {} priors and {} likelihoods, expected as many",
             prior.size(), likelihood.size());
  const double total = std::accumulate(prior.begin(), prior.end(), 0.0);
  GRIM_CHECK(std::abs(total - 1) < 1e-6, argument, "bayes", "the priors sum to {}, expected 1", total);
  std::vector<double> joint(prior.size());
  double evidence = 0;
  for (double v : likelihood) GRIM_CHECK(std::isfinite(v), argument, "bayes", "got a likelihood of {}, expected a finite number", v);
  const int scale = exponent_of(likelihood);  // likelihoods count by their ratios alone
  for (size_t i = 0; i < prior.size(); ++i) {
    GRIM_CHECK(prior[i] >= 0 && likelihood[i] >= 0, argument, "bayes",
               "hypothesis {}: got prior {} and likelihood {}, expected not below 0", i + 1, prior[i], likelihood[i]);
    evidence += joint[i] = prior[i] * std::ldexp(likelihood[i], -scale);
  }
  GRIM_CHECK(evidence > 0, argument, "bayes", "the evidence is impossible under every hypothesis");
  for (double& v : joint) v /= evidence;
  return joint;
}

Screening screening(double prevalence, double sensitivity, double false_positives) {
  for (const auto& [what, v] :
       {std::pair{"prevalence", prevalence}, {"sensitivity", sensitivity}, {"false positive rate", false_positives}})
    GRIM_CHECK(v >= 0 && v <= 1, argument, "bayes", "{}: got {}, expected from 0 to 1", what, v);
  const double priors[] = {prevalence, 1 - prevalence};
  const double positive[] = {sensitivity, false_positives}, negative[] = {1 - sensitivity, 1 - false_positives};
  const auto share = [&](const double* likelihood, size_t i) {
    const double evidence = priors[0] * likelihood[0] + priors[1] * likelihood[1];
    return evidence > 0 ? priors[i] * likelihood[i] / evidence : std::nan("");
  };
  return {share(positive, 0), share(negative, 1)};
}

BetaPosterior beta_binomial_update(double a, double b, double k, double n, double level) {
  GRIM_CHECK(a > 0 && b > 0, argument, "bayes", "got a prior Beta({}, {}), expected both above 0", a, b);
  GRIM_CHECK(k >= 0 && k <= n && std::isfinite(n), argument, "bayes", "got {} of {}, expected at most all of them", k, n);
  check_level(level);
  BetaPosterior p;
  p.a = a + k, p.b = b + n - k, p.mean = p.a / (p.a + p.b);
  p.mode = p.a > 1 && p.b > 1 ? (p.a - 1) / (p.a + p.b - 2) : std::nan("");
  const auto d = make_distribution("beta", {{"a", p.a}, {"b", p.b}});
  p.credible = {"proportion", d->quantile((1 - level) / 2), d->isf((1 - level) / 2), level};
  return p;
}

}  // namespace grim::stats
