// Counting families. Probabilities in Loader's form; tails are incomplete beta and gamma functions, or sums of positive terms.
#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/stats/families.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// What counting distributions share: values between the integers have probability 0, quantiles are searched for.
class Counting : public Distribution {
 public:
  using Distribution::Distribution;
  bool discrete() const override { return true; }
  double log_pdf(double x) const final {
    return x != std::floor(x) || std::isinf(x) || x < support().low || x > support().high ? -kInf : log_p(x);
  }
  double cdf(double x) const final { return x < support().low ? 0 : x >= support().high ? 1 : below(std::floor(x)); }
  double sf(double x) const final { return x < support().low ? 1 : x >= support().high ? 0 : above(std::floor(x)); }
  double log_cdf(double x) const final { return x < support().low ? -kInf : x >= support().high ? 0 : log_below(std::floor(x)); }
  double log_sf(double x) const final { return x < support().low ? 0 : x >= support().high ? -kInf : log_above(std::floor(x)); }

  // A distribution in one point has no shape.
  double skewness() const final { return variance() > 0 ? skew() : kNan; }
  double excess_kurtosis() const final { return variance() > 0 ? excess() : kNan; }
  // - sum p ln p from the mode outwards; for a wide distribution, the normal's with the same variance, whose error is O(1/variance).
  double entropy() const override {
    if (variance() == 0) return 0;
    if (variance() > 1e10) return 0.5 * std::log(2 * M_PI * M_E * variance());
    const double middle = std::clamp(std::floor(mean()), support().low, support().high);
    double sum = 0;
    const auto walk = [&](double k, double step) {
      for (; k >= support().low && k <= support().high; k += step) {
        const double l = log_p(k), term = -std::exp(l) * l;
        sum += term;
        if (std::abs(k - middle) > 3 && term < 1e-18 * sum) break;
      }
    };
    walk(middle, 1);
    walk(middle - 1, -1);
    return sum;
  }

 protected:
  virtual double log_p(double k) const = 0;
  virtual double skew() const = 0;    // of more than one point
  virtual double excess() const = 0;  // kurtosis, less 3
  virtual double below(double k) const = 0;  // P(X <= k), low <= k < high
  virtual double above(double k) const = 0;  // P(X > k)
  virtual double log_below(double k) const { return log_of(below(k), above(k)); }
  virtual double log_above(double k) const { return log_of(above(k), below(k)); }

  // The first k that is enough, from a normal guess: a bracket by doubling steps, then bisection. The slack of a few ulps keeps
  // quantile(0.9) where a sum of decimal fractions meant it to be.
  template <class F> double first(double guess, F enough) const {
    const auto [low, high] = support();
    double at = std::clamp(std::round(std::isfinite(guess) ? guess : low), low, high), step = 1;
    double no = low - 1, yes = high;
    if (enough(at)) {
      for (yes = at; yes > low; step *= 2) {
        const double k = std::max(low, yes - step);
        if (!enough(k)) {
          no = k;
          break;
        }
        yes = k;
      }
    } else {
      for (no = at; no < high; step *= 2) {
        const double k = std::min(high, no + step);
        if (enough(k)) {
          yes = k;
          break;
        }
        no = k;
      }
    }
    while (yes - no > 1) {
      const double k = std::floor(no + (yes - no) / 2);
      if (k <= no || k >= yes) break;
      (enough(k) ? yes : no) = k;
    }
    return yes;
  }
  double solve_quantile(double p) const override {
    const double guess = mean() + std::sqrt(variance()) * normal_quantile(p);
    return first(guess, [&](double k) { return cdf(k) >= p * (1 - 1e-15); });
  }
  double solve_isf(double q) const override {
    const double guess = mean() - std::sqrt(variance()) * normal_quantile(q);
    return first(guess, [&](double k) { return sf(k) <= q * (1 + 1e-15); });
  }
};

// Bernoulli(p) is binomial with n = 1.
class Binomial final : public Counting {
 public:
  Binomial(const char* name, const Parameters& p, double n, double share) : Counting(name, p), n_(n), p_(share), q_(1 - share) {}
  Support support() const override { return {0, n_}; }
  double mean() const override { return n_ * p_; }
  double variance() const override { return n_ * p_ * q_; }
  double skew() const override { return (q_ - p_) / std::sqrt(variance()); }
  double excess() const override { return (1 - 6 * p_ * q_) / variance(); }
  double draw(Rng& rng) const override {
    return n_ == 1 ? rng.bernoulli(p_) : p_ <= 0.5 ? draw_at_most_half(rng, p_) : n_ - draw_at_most_half(rng, q_);
  }

 private:
  double log_p(double k) const override { return log_binomial_term(k, n_, p_, q_); }
  double below(double k) const override { return beta_i(n_ - k, k + 1, q_, p_); }
  double above(double k) const override { return beta_i(k + 1, n_ - k, p_, q_); }
  double log_below(double k) const override { return log_beta_i(n_ - k, k + 1, q_, p_, beta_off(n_ - k, k + 1, q_, p_)); }
  double log_above(double k) const override { return log_beta_i(k + 1, n_ - k, p_, q_, beta_off(k + 1, n_ - k, p_, q_)); }

  // Few expected: inversion, term by term. Else Hoermann (1993), transformed rejection (BTRS).
  double draw_at_most_half(Rng& rng, double p) const {
    const double spread = std::sqrt(n_ * p * (1 - p));
    if (n_ * p < 10) {
      double u = rng.uniform_double(), k = 0, term = std::exp(n_ * std::log1p(-p));
      while (u > term && k < n_) {
        u -= term;
        k += 1;
        term *= (n_ - k + 1) / k * (p / (1 - p));
      }
      return k;
    }
    const double b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * p, c = n_ * p + 0.5, v_r = 0.92 - 4.2 / b;
    const double alpha = (2.83 + 5.1 / b) * spread, mode = std::floor((n_ + 1) * p);
    const double top = log_binomial_term(mode, n_, p, 1 - p);
    for (;;) {
      const double v = 1 - rng.uniform_double(), u = rng.uniform_double() - 0.5, us = 0.5 - std::abs(u);
      const double k = std::floor((2 * a / us + b) * u + c);
      if (us >= 0.07 && v <= v_r) return k;
      if (k < 0 || k > n_) continue;
      if (std::log(v * alpha / (a / (us * us) + b)) <= log_binomial_term(k, n_, p, 1 - p) - top) return k;
    }
  }
  double n_, p_, q_;
};

class Poisson final : public Counting {
 public:
  explicit Poisson(const Parameters& p) : Counting("poisson", p), mean_(p[0].second) {}
  Support support() const override { return {0, kInf}; }
  double mean() const override { return mean_; }
  double variance() const override { return mean_; }
  double skew() const override { return 1 / std::sqrt(mean_); }
  double excess() const override { return 1 / mean_; }
  double draw(Rng& rng) const override { return draw_poisson(rng, mean_); }

 private:
  double log_p(double k) const override { return log_poisson_term(k, mean_); }
  double below(double k) const override { return gamma_q(k + 1, mean_); }
  double above(double k) const override { return gamma_p(k + 1, mean_); }
  double log_below(double k) const override { return log_gamma_q(k + 1, mean_, mean_ - (k + 1)); }
  double log_above(double k) const override { return log_gamma_p(k + 1, mean_, mean_ - (k + 1)); }
  double mean_;
};

// Failures before the r-th success; r need not be whole.
class NegativeBinomial final : public Counting {
 public:
  NegativeBinomial(const Parameters& p, double r, double share) : Counting("negative-binomial", p), r_(r), p_(share), q_(1 - share) {}
  Support support() const override { return {0, q_ == 0 ? 0 : kInf}; }
  double mean() const override { return r_ * q_ / p_; }
  double variance() const override { return r_ * q_ / (p_ * p_); }
  double skew() const override { return (1 + q_) / std::sqrt(r_ * q_); }
  double excess() const override { return (6 + p_ * p_ / q_) / r_; }
  double draw(Rng& rng) const override { return q_ == 0 ? 0 : draw_poisson(rng, draw_gamma(rng, r_) * q_ / p_); }

 private:
  double log_p(double k) const override {
    return k == 0 ? r_ * (q_ < 0.1 ? std::log1p(-q_) : std::log(p_)) : log_beta_term(r_, k, p_, q_, beta_off(r_, k, p_, q_)) + std::log(r_ / (r_ + k));
  }
  double below(double k) const override { return beta_i(r_, k + 1, p_, q_); }
  double above(double k) const override { return beta_i(k + 1, r_, q_, p_); }
  double log_below(double k) const override { return log_beta_i(r_, k + 1, p_, q_, beta_off(r_, k + 1, p_, q_)); }
  double log_above(double k) const override { return log_beta_i(k + 1, r_, q_, p_, beta_off(k + 1, r_, q_, p_)); }
  double r_, p_, q_;
};

// Failures before the first success, from 0 as in R and PyTorch (SciPy counts the tries, from 1).
class Geometric final : public Counting {
 public:
  explicit Geometric(const Parameters& p) : Counting("geometric", p), p_(p[0].second), log_q_(std::log1p(-p_)) {}
  Support support() const override { return {0, p_ == 1 ? 0 : kInf}; }
  double mean() const override { return (1 - p_) / p_; }
  double variance() const override { return (1 - p_) / (p_ * p_); }
  double skew() const override { return (2 - p_) / std::sqrt(1 - p_); }
  double excess() const override { return 6 + p_ * p_ / (1 - p_); }
  double entropy() const override { return p_ == 1 ? 0 : -std::log(p_) - (1 - p_) / p_ * log_q_; }
  double draw(Rng& rng) const override { return p_ == 1 ? 0 : std::floor(std::log1p(-rng.uniform_double()) / log_q_); }

 private:
  double log_p(double k) const override { return std::log(p_) + (k == 0 ? 0 : k * log_q_); }
  double below(double k) const override { return -std::expm1((k + 1) * log_q_); }
  double above(double k) const override { return std::exp((k + 1) * log_q_); }
  double log_below(double k) const override { return log1m_exp((k + 1) * log_q_); }
  double log_above(double k) const override { return (k + 1) * log_q_; }
  double p_, log_q_;
};

// k marked among n drawn from `population` of which `marked` are marked. Tails are sums of the terms themselves, by the ratio
// p(k + 1) / p(k) = (marked - k)(n - k) / ((k + 1)(population - marked - n + k + 1)).
class Hypergeometric final : public Counting {
 public:
  explicit Hypergeometric(const Parameters& p) : Counting("hypergeometric", p), all_(p[0].second), marked_(p[1].second), n_(p[2].second) {}
  Support support() const override { return {std::max(0.0, n_ + marked_ - all_), std::min(n_, marked_)}; }
  double mean() const override { return all_ == 0 ? 0 : n_ * (marked_ / all_); }
  double variance() const override { return all_ <= 1 ? 0 : mean() * (1 - marked_ / all_) * ((all_ - n_) / (all_ - 1)); }
  double skew() const override {
    if (all_ <= 3) return central(3) / std::pow(variance(), 1.5);
    return (all_ - 2 * marked_) / (all_ - 2) * ((all_ - 2 * n_) * std::sqrt(all_ - 1)) /
           std::sqrt(n_ * marked_ * (all_ - marked_) * (all_ - n_));
  }
  double excess() const override {
    const double N = all_, K = marked_, n = n_, rest = N - K;
    if (N <= 3) return central(4) / (variance() * variance()) - 3;
    const double above = (N - 1) * N * N * (N * (N + 1) - 6 * K * rest - 6 * n * (N - n)) + 6 * n * K * rest * (N - n) * (5 * N - 6);
    return above / (n * K * rest * (N - n) * (N - 2) * (N - 3));
  }

 private:
  // C(marked, k) C(rest, n - k) / C(all, n) as three binomial terms with p = n / all (as R's dhyper does).
  double log_p(double k) const override {
    if (n_ == 0) return 0;
    const double p = n_ / all_, q = (all_ - n_) / all_;
    return log_binomial_term(k, marked_, p, q) + log_binomial_term(n_ - k, all_ - marked_, p, q) - log_binomial_term(n_, all_, p, q);
  }
  double central(int power) const {  // moment of a few points, for which the formulas divide by 0
    double sum = 0;
    for (double k = support().low; k <= support().high; ++k) sum += std::exp(log_p(k)) * std::pow(k - mean(), power);
    return sum;
  }
  double ratio(double k) const { return (marked_ - k) * (n_ - k) / ((k + 1) * (all_ - marked_ - n_ + k + 1)); }
  double log_sum(double k, int step) const {  // of p(k), p(k + step), ... to the end
    const auto [low, high] = support();
    double term = 1, sum = 1, scale = 0;
    for (; step > 0 ? k < high : k > low; k += step) {
      const double r = step > 0 ? ratio(k) : 1 / ratio(k - 1);
      term *= r;
      sum += term;
      if (sum > 1e200) term *= 1e-200, sum *= 1e-200, scale += 200 * M_LN10;
      if (r < 1 && term < 1e-18 * sum * (1 - r)) break;
    }
    return scale + std::log(sum);
  }
  // The tail that lies on its side of the mean is summed; the other is what it leaves.
  double sum_below(double k) const { return std::min(0.0, log_p(k) + log_sum(k, -1)); }
  double sum_above(double k) const { return std::min(0.0, log_p(k + 1) + log_sum(k + 1, 1)); }
  double log_below(double k) const override { return k < mean() ? sum_below(k) : log1m_exp(sum_above(k)); }
  double log_above(double k) const override { return k < mean() ? log1m_exp(sum_below(k)) : sum_above(k); }
  double below(double k) const override { return k < mean() ? std::exp(sum_below(k)) : -std::expm1(sum_above(k)); }
  double above(double k) const override { return k < mean() ? -std::expm1(sum_below(k)) : std::exp(sum_above(k)); }
  double all_, marked_, n_;
};

}  // namespace

// Few expected: Knuth's product of uniforms as a sum of exponentials. Else Hoermann (1993), transformed rejection (PTRS).
double draw_poisson(Rng& rng, double mean) {
  if (mean < 10) {
    double k = 0;
    for (double left = mean;; k += 1) {
      left += std::log1p(-rng.uniform_double());
      if (left <= 0) return k;
    }
  }
  const double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b, inv_alpha = 1.1239 + 1.1328 / (b - 3.4),
               v_r = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double v = 1 - rng.uniform_double(), u = rng.uniform_double() - 0.5, us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v * inv_alpha / (a / (us * us) + b)) <= log_poisson_term(k, mean)) return k;
  }
}

std::unique_ptr<Distribution> make_bernoulli(const Parameters& p) { return std::make_unique<Binomial>("bernoulli", p, 1.0, p[0].second); }
std::unique_ptr<Distribution> make_binomial(const Parameters& p) {
  return std::make_unique<Binomial>("binomial", p, p[0].second, p[1].second);
}
std::unique_ptr<Distribution> make_poisson(const Parameters& p) { return std::make_unique<Poisson>(p); }
std::unique_ptr<Distribution> make_geometric(const Parameters& p) { return std::make_unique<Geometric>(p); }
std::unique_ptr<Distribution> make_negative_binomial(const Parameters& p) {
  return std::make_unique<NegativeBinomial>(p, p[0].second, p[1].second);
}
std::unique_ptr<Distribution> make_hypergeometric(const Parameters& p) { return std::make_unique<Hypergeometric>(p); }

}  // namespace grim::stats
