#include "grimoire/stats/information.h"

#include <cmath>
#include <limits>

#include "grimoire/base/error.h"

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

}  // namespace

double surprise(double p) {
  GRIM_CHECK(p >= 0 && p <= 1, argument, "surprise", "got p = {}, expected from 0 to 1", p);
  return -std::log(p);
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

double kl_divergence(std::span<const double> p, std::span<const double> q) {
  check_both(p, q, "kl divergence");
  double d = 0;
  for (size_t i = 0; i < p.size(); ++i) d += p[i] > 0 ? p[i] * std::log(p[i] / q[i]) : 0;
  return d;
}

// The mean divergence from the mixture m = (p + q) / 2.
double js_divergence(std::span<const double> p, std::span<const double> q) {
  check_both(p, q, "js divergence");
  double d = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double m = 0.5 * (p[i] + q[i]);
    d += 0.5 * ((p[i] > 0 ? p[i] * std::log(p[i] / m) : 0) + (q[i] > 0 ? q[i] * std::log(q[i] / m) : 0));
  }
  return d;
}

double perplexity(std::span<const double> p) { return std::exp(entropy(p)); }
double to_bits(double nats) { return nats / M_LN2; }

double kl_normal(double m0, double s0, double m1, double s1) {
  GRIM_CHECK(s0 > 0 && s1 > 0, argument, "kl normal", "got deviations {} and {}, expected above 0", s0, s1);
  return std::log(s1 / s0) + (s0 * s0 + (m0 - m1) * (m0 - m1)) / (2 * s1 * s1) - 0.5;
}

std::vector<double> shares_of(std::span<const double> counts) {
  double sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    GRIM_CHECK(std::isfinite(counts[i]) && counts[i] >= 0, argument, "shares", "count {} is {}, expected not below 0", i + 1, counts[i]);
    sum += counts[i];
  }
  GRIM_CHECK(sum > 0, argument, "shares", "the counts sum to {}, expected above 0", sum);
  std::vector<double> p(counts.begin(), counts.end());
  for (double& v : p) v /= sum;
  return p;
}

}  // namespace grim::stats
