// Families whose distribution function is elementary, or the normal's.
#include <cmath>
#include <limits>

#include "grimoire/stats/families.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kLnSqrt2Pi = 0.918938533204672741780329736406;
constexpr double kEuler = 0.577215664901532860606512090082;

class Normal final : public Distribution {
 public:
  explicit Normal(const Parameters& p) : Distribution("normal", p), mean_(p[0].second), sd_(p[1].second) {}
  Support support() const override { return {-kInf, kInf}; }
  double log_pdf(double x) const override { return -0.5 * z(x) * z(x) - kLnSqrt2Pi - std::log(sd_); }
  double cdf(double x) const override { return normal_cdf(z(x)); }
  double sf(double x) const override { return normal_sf(z(x)); }
  double log_cdf(double x) const override { return log_normal_sf(-z(x)); }
  double log_sf(double x) const override { return log_normal_sf(z(x)); }
  double mean() const override { return mean_; }
  double variance() const override { return sd_ * sd_; }
  double skewness() const override { return 0; }
  double excess_kurtosis() const override { return 0; }
  double entropy() const override { return 0.5 + kLnSqrt2Pi + std::log(sd_); }
  double draw(Rng& rng) const override { return mean_ + sd_ * rng.normal(); }

 private:
  double z(double x) const { return (x - mean_) / sd_; }
  double solve_quantile(double p) const override { return mean_ + sd_ * normal_quantile(p); }
  double solve_isf(double q) const override { return mean_ - sd_ * normal_quantile(q); }
  double mean_, sd_;
};

class Lognormal final : public Distribution {
 public:
  explicit Lognormal(const Parameters& p) : Distribution("lognormal", p), mu_(p[0].second), sigma_(p[1].second) {}
  Support support() const override { return {0, kInf}; }
  double log_pdf(double x) const override {
    return x <= 0 ? -kInf : -0.5 * z(x) * z(x) - kLnSqrt2Pi - std::log(sigma_) - std::log(x);
  }
  double cdf(double x) const override { return x <= 0 ? 0 : normal_cdf(z(x)); }
  double sf(double x) const override { return x <= 0 ? 1 : normal_sf(z(x)); }
  double log_cdf(double x) const override { return x <= 0 ? -kInf : log_normal_sf(-z(x)); }
  double log_sf(double x) const override { return x <= 0 ? 0 : log_normal_sf(z(x)); }
  double mean() const override { return std::exp(mu_ + sigma_ * sigma_ / 2); }
  double variance() const override { return std::expm1(sigma_ * sigma_) * std::exp(2 * mu_ + sigma_ * sigma_); }
  double skewness() const override {
    const double grown = std::expm1(sigma_ * sigma_);
    return (grown + 3) * std::sqrt(grown);
  }
  double excess_kurtosis() const override {
    const double e = std::expm1(sigma_ * sigma_);  // w^4 + 2 w^3 + 3 w^2 - 6 with w = e + 1
    return e * (16 + e * (15 + e * (6 + e)));
  }
  double entropy() const override { return mu_ + 0.5 + kLnSqrt2Pi + std::log(sigma_); }
  double draw(Rng& rng) const override { return std::exp(mu_ + sigma_ * rng.normal()); }

 private:
  double z(double x) const { return (std::log(x) - mu_) / sigma_; }
  double solve_quantile(double p) const override { return std::exp(mu_ + sigma_ * normal_quantile(p)); }
  double solve_isf(double q) const override { return std::exp(mu_ - sigma_ * normal_quantile(q)); }
  double mu_, sigma_;
};

class Exponential final : public Distribution {
 public:
  explicit Exponential(const Parameters& p) : Distribution("exponential", p), rate_(p[0].second) {}
  Support support() const override { return {0, kInf}; }
  double log_pdf(double x) const override { return x < 0 ? -kInf : std::log(rate_) - rate_ * x; }
  double cdf(double x) const override { return x <= 0 ? 0 : -std::expm1(-rate_ * x); }
  double sf(double x) const override { return x <= 0 ? 1 : std::exp(-rate_ * x); }
  double log_cdf(double x) const override { return x <= 0 ? -kInf : log1m_exp(-rate_ * x); }
  double log_sf(double x) const override { return x <= 0 ? 0 : -rate_ * x; }
  double mean() const override { return 1 / rate_; }
  double variance() const override { return 1 / (rate_ * rate_); }
  double skewness() const override { return 2; }
  double excess_kurtosis() const override { return 6; }
  double entropy() const override { return 1 - std::log(rate_); }
  double draw(Rng& rng) const override { return -std::log1p(-rng.uniform_double()) / rate_; }

 private:
  double solve_quantile(double p) const override { return -std::log1p(-p) / rate_; }
  double solve_isf(double q) const override { return -std::log(q) / rate_; }
  double rate_;
};

// cdf 1 - exp(-(x / scale)^shape)
class Weibull final : public Distribution {
 public:
  explicit Weibull(const Parameters& p) : Distribution("weibull", p), shape_(p[0].second), scale_(p[1].second) {}
  Support support() const override { return {0, kInf}; }
  double log_pdf(double x) const override {
    if (x < 0 || x == kInf) return -kInf;
    if (x == 0) return shape_ < 1 ? kInf : shape_ > 1 ? -kInf : -std::log(scale_);
    return std::log(shape_ / scale_) + (shape_ - 1) * std::log(x / scale_) - hazard(x);
  }
  double cdf(double x) const override { return x <= 0 ? 0 : -std::expm1(-hazard(x)); }
  double sf(double x) const override { return x <= 0 ? 1 : std::exp(-hazard(x)); }
  double log_cdf(double x) const override {
    if (x <= 0) return -kInf;
    const double h = hazard(x);
    return h > 0 ? log1m_exp(-h) : shape_ * std::log(x / scale_);
  }
  double log_sf(double x) const override { return x <= 0 ? 0 : -hazard(x); }
  double mean() const override { return scale_ * g(1); }
  double variance() const override {  // g(2) - g(1)^2 without its cancellation for large shapes
    return scale_ * scale_ * g(1) * g(1) * std::expm1(log_gamma(1 + 2 / shape_) - 2 * log_gamma(1 + 1 / shape_));
  }
  double skewness() const override {
    const double m = g(1), v = g(2) - m * m;
    return (g(3) - 3 * m * v - m * m * m) / std::pow(v, 1.5);
  }
  double excess_kurtosis() const override {
    const double m = g(1), v = g(2) - m * m;
    return (g(4) - 4 * m * g(3) + 6 * m * m * g(2) - 3 * m * m * m * m) / (v * v) - 3;
  }
  double entropy() const override { return kEuler * (1 - 1 / shape_) + std::log(scale_ / shape_) + 1; }
  double draw(Rng& rng) const override { return scale_ * std::pow(-std::log1p(-rng.uniform_double()), 1 / shape_); }

 private:
  double hazard(double x) const { return std::pow(x / scale_, shape_); }
  double g(int r) const { return std::tgamma(1 + r / shape_); }  // the r-th moment of (X / scale)
  double solve_quantile(double p) const override { return scale_ * std::pow(-std::log1p(-p), 1 / shape_); }
  double solve_isf(double q) const override { return scale_ * std::pow(-std::log(q), 1 / shape_); }
  double shape_, scale_;
};

class Uniform final : public Distribution {
 public:
  explicit Uniform(const Parameters& p) : Distribution("uniform", p), low_(p[0].second), high_(p[1].second) {}
  Support support() const override { return {low_, high_}; }
  double log_pdf(double x) const override { return x < low_ || x > high_ ? -kInf : -std::log(width()); }
  double cdf(double x) const override { return x <= low_ ? 0 : x >= high_ ? 1 : (x - low_) / width(); }
  double sf(double x) const override { return x <= low_ ? 1 : x >= high_ ? 0 : (high_ - x) / width(); }
  double mean() const override { return low_ + width() / 2; }
  double variance() const override { return width() * width() / 12; }
  double skewness() const override { return 0; }
  double excess_kurtosis() const override { return -1.2; }
  double entropy() const override { return std::log(width()); }
  double draw(Rng& rng) const override { return low_ + width() * rng.uniform_double(); }

 private:
  double width() const { return high_ - low_; }
  double solve_quantile(double p) const override { return low_ + p * width(); }
  double solve_isf(double q) const override { return high_ - q * width(); }
  double low_, high_;
};

}  // namespace

std::unique_ptr<Distribution> make_normal(const Parameters& p) { return std::make_unique<Normal>(p); }
std::unique_ptr<Distribution> make_lognormal(const Parameters& p) { return std::make_unique<Lognormal>(p); }
std::unique_ptr<Distribution> make_exponential(const Parameters& p) { return std::make_unique<Exponential>(p); }
std::unique_ptr<Distribution> make_weibull(const Parameters& p) { return std::make_unique<Weibull>(p); }
std::unique_ptr<Distribution> make_uniform(const Parameters& p) { return std::make_unique<Uniform>(p); }

}  // namespace grim::stats
