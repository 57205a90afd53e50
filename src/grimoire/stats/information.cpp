#include "grimoire/stats/information.h"

#include <cmath>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

void check_shares(std::span<const double> p, const char* what) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    GRIM_CHECK(p[i] >= 0 && p[i] <= 1, argument, what, "share {} is {}, expected from 0 to 1", i + 1, p[i]);
    sum += p[i];
  }
  GRIM_CHECK(std::abs(sum - 1) < 1e-6, argument, what, "the shares sum to {}, expected 1", sum);
}

void check_both(std::span<const double> p, std::span<const double> q, const char* what) {
  GRIM_CHECK(p.size() == q.size(), argument, what, "got {} and {} classes, expected as many", p.size(), q.size());
  check_shares(p, what), check_shares(q, what);
}

double divergence(std::span<const double> p, std::span<const double> q) {
  double d = 0;
  for (size_t i = 0; i < p.size(); ++i) d += q[i] > 0 ? deviance_term(p[i], q[i]) : p[i] > 0 ? std::numeric_limits<double>::infinity() : 0;
  return d;
}

}  // namespace

double surprise(double p) {
  GRIM_CHECK(p >= 0 && p <= 1, argument, "surprise", "got p = {}, expected from 0 to 1", p);
  return 0 - std::log(p);
}

double entropy(std::span<const double> p) {
  check_shares(p, "entropy");
  double h = 0;
  for (double v : p) h -= v > 0 ? v * std::log(v) : 0;
  return h;
}

double cross_entropy(std::span<const double> p, std::span<const double> q) {
  check_both(p, q, "cross entropy");
  double h = 0;
  for (size_t i = 0; i < p.size(); ++i) h -= p[i] > 0 ? p[i] * std::log(q[i]) : 0;
  return h;
}

// sum p ln(p / q) + q - p: the shares sum to as much, so that the sum is the same, and no term is below 0.
double kl_divergence(std::span<const double> p, std::span<const double> q) {
  check_both(p, q, "kl divergence");
  return divergence(shares_of(p), shares_of(q));
}

// The mean divergence from the mixture m = (p + q) / 2.
double js_divergence(std::span<const double> p, std::span<const double> q) {
  check_both(p, q, "js divergence");
  const std::vector<double> a = shares_of(p), b = shares_of(q);
  std::vector<double> mixture;
  for (size_t i = 0; i < a.size(); ++i) mixture.push_back(0.5 * (a[i] + b[i]));
  return 0.5 * (divergence(a, mixture) + divergence(b, mixture));
}

double perplexity(std::span<const double> p) { return std::exp(entropy(p)); }
double to_bits(double nats) { return nats / M_LN2; }

double kl_normal(double m0, double s0, double m1, double s1) {
  GRIM_CHECK(s0 > 0 && s1 > 0, argument, "kl normal", "got deviations {} and {}, expected above 0", s0, s1);
  const double ratio = s0 / s1, off = (m0 - m1) / s1;  // (r^2 - 1 - ln r^2) / 2 + off^2 / 2
  return ratio > 0.5 && ratio < 2 ? 0.5 * (deviance_term(1, ratio * ratio) + off * off)
                                  : std::log(s1) - std::log(s0) + 0.5 * (ratio * ratio + off * off) - 0.5;
}

std::vector<double> shares_of(std::span<const double> counts) {
  for (size_t i = 0; i < counts.size(); ++i)
    GRIM_CHECK(std::isfinite(counts[i]) && counts[i] >= 0, argument, "shares", "count {} is {}, expected a finite number from 0", i + 1, counts[i]);
  std::vector<double> p(counts.begin(), counts.end());
  double sum = 0;
  for (const int e = exponent_of(counts); double& v : p) sum += v = std::ldexp(v, -e);
  GRIM_CHECK(sum > 0, argument, "shares", "the counts sum to {}, expected above 0", sum);
  for (double& v : p) v /= sum;
  return p;
}

}  // namespace grim::stats
