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
  double z(double x) const { return standardised(x, mean_, sd_); }
  double solve_quantile(double p) const override { return moved(normal_quantile(p), mean_, sd_); }
  double solve_isf(double q) const override { return moved(-normal_quantile(q), mean_, sd_); }
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
  double variance() const override {  // (e^(sigma^2) - 1) e^(2 mu + sigma^2)
    const double v = sigma_ * sigma_;
    return v > 40 ? std::exp(2 * (mu_ + v)) : std::expm1(v) * std::exp(2 * mu_ + v);
  }
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
  // Logarithms of hundreds are rounded where their differences matter: with the digits of long double.
  double z(double x) const { return static_cast<double>((std::log(static_cast<long double>(x)) - mu_) / sigma_); }
  double at(long double z) const { return static_cast<double>(std::exp(mu_ + sigma_ * z)); }
  double solve_quantile(double p) const override { return at(normal_quantile(p)); }
  double solve_isf(double q) const override { return at(-static_cast<long double>(normal_quantile(q))); }
  double mu_, sigma_;
};

class Exponential final : public Distribution {
 public:
  explicit Exponential(const Parameters& p) : Distribution("exponential", p), rate_(p[0].second) {}
  Support support() const override { return {0, kInf}; }
  double log_pdf(double x) const override { return x < 0 ? -kInf : std::log(rate_) - rate_ * x; }
  double cdf(double x) const override { return x <= 0 ? 0 : -std::expm1(-rate_ * x); }
  double sf(double x) const override { return x <= 0 ? 1 : std::exp(-rate_ * x); }
  double log_cdf(double x) const override {
    return x <= 0 ? -kInf : rate_ * x > 1e-290 ? log1m_exp(-rate_ * x) : std::log(rate_) + std::log(x);
  }
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
    return std::log(shape_ / scale_) + (shape_ - 1) * log_ratio(x, scale_) - hazard(x);
  }
  double cdf(double x) const override { return x <= 0 ? 0 : -std::expm1(-hazard(x)); }
  double sf(double x) const override { return x <= 0 ? 1 : std::exp(-hazard(x)); }
  double log_cdf(double x) const override {
    if (x <= 0) return -kInf;
    const double h = hazard(x);
    return h > 0 ? log1m_exp(-h) : shape_ * log_ratio(x, scale_);
  }
  double log_sf(double x) const override { return x <= 0 ? 0 : -hazard(x); }
  double mean() const override { return scale_ * g(1); }
  double variance() const override {
    const long double m = scale_ * std::tgamma(1 + 1.0L / shape_);
    return static_cast<double>(m * m * std::expm1(static_cast<long double>(growth(2))));
  }
  double skewness() const override {
    const double wide = growth(2), v = std::expm1(wide);
    if (wide > kWide) return std::exp(growth(3) - 1.5 * wide);
    return (growth(3, 2) + (rest(3) - 3 * rest(2))) / std::pow(v, 1.5);
  }
  double excess_kurtosis() const override {
    const double wide = growth(2), v = std::expm1(wide);
    if (wide > kWide) return std::exp(growth(4) - 2 * wide) - 3;
    return (growth(4, 3) + (rest(4) - 4 * rest(3) + 6 * rest(2))) / (v * v) - 3;
  }
  double entropy() const override { return kEuler * (1 - 1 / shape_) + std::log(scale_ / shape_) + 1; }
  double draw(Rng& rng) const override { return scale_ * std::pow(-std::log1p(-rng.uniform_double()), 1 / shape_); }

 private:
  static constexpr double kWide = 80;  // of growth(2): E Y^r is its own central moment to the last digit, and next leaves a double's range

  double hazard(double x) const {  // a large power takes the rounding of its base with it: next to the scale it is made of x - scale
    const double ratio = x / scale_;
    return shape_ > 16 || !(ratio > 1e-290 && ratio < 1e290) ? std::exp(shape_ * log_ratio(x, scale_)) : std::pow(ratio, shape_);
  }
  double g(int r) const { return std::tgamma(1 + r / shape_); }  // the r-th moment of (X / scale)

  // With Y = X / mean and growth(r) = ln E Y^r, the r-th central moment of Y is a sum of growths in which the leading powers of 1 / shape
  // cancel, and of rest(r) = e^growth - 1 - growth. For large shapes both are series in e = 1 / shape:
  //   growth(r) = sum over j >= 2 of (-1)^j zeta(j) / j (r^j - r) e^j.
  // growth(r, 2) = growth(3) - 3 growth(2), growth(r, 3) = growth(4) - 4 growth(3) + 6 growth(2): cancelled term by term.
  double growth(int r, int order = 1) const {
    if (shape_ < 8) {
      const auto plain = [this](int p) { return log_gamma(1 + p / shape_) - p * log_gamma(1 + 1 / shape_); };
      return order == 1 ? plain(r) : order == 2 ? plain(3) - 3 * plain(2) : plain(4) - 4 * plain(3) + 6 * plain(2);
    }
    double sum = 0, two = 2, three = 3, four = 4, power = 1 / shape_;
    for (int j = 2; j < 60; ++j) {
      two *= 2, three *= 3, four *= 4, power /= -shape_;
      const double weight = order == 2 ? three - 3 * two + 3 : order == 3 ? four - 4 * three + 6 * two - 4 : (r == 2 ? two : r == 3 ? three : four) - r;
      const double term = zeta(j) / j * weight * -power;
      sum += term;
      if (std::abs(term) < 1e-18 * std::abs(sum)) break;
    }
    return sum;
  }
  static double zeta(int j) {  // of a whole number from 2
    if (j == 2) return M_PI * M_PI / 6;
    if (j == 3) return 1.202056903159594285399738161511;
    double sum = std::pow(200.5, 1 - j) / (j - 1) - j / 24.0 * std::pow(200.5, -1 - j);  // the rest, by Euler and Maclaurin
    for (int n = 200; n >= 1; --n) sum += std::pow(n, -j);
    return sum;
  }
  double rest(int r) const {
    const double v = growth(r);
    return std::abs(v) < 1e-2 ? v * v / 2 * (1 + v / 3 * (1 + v / 4 * (1 + v / 5 * (1 + v / 6 * (1 + v / 7))))) : std::expm1(v) - v;
  }
  double at(double hazard) const {  // the power alone may leave the range of a double
    const double ratio = std::pow(hazard, 1 / shape_);
    return ratio > 1e-290 && ratio < 1e290 ? scale_ * ratio : static_cast<double>(scale_ * std::pow(static_cast<long double>(hazard), 1.0L / shape_));
  }
  double solve_quantile(double p) const override { return at(-std::log1p(-p)); }
  double solve_isf(double q) const override { return at(-std::log(q)); }
  double shape_, scale_;
};

class Uniform final : public Distribution {
 public:
  // A width beyond the range of a double is halved with all else.
  explicit Uniform(const Parameters& p)
      : Distribution("uniform", p), low_(p[0].second), high_(p[1].second), part_(std::isinf(high_ - low_) ? 0.5 : 1),
        width_(part_ * high_ - part_ * low_) {}
  Support support() const override { return {low_, high_}; }
  double log_pdf(double x) const override { return x < low_ || x > high_ ? -kInf : -log_width(); }
  double cdf(double x) const override { return x <= low_ ? 0 : x >= high_ ? 1 : (part_ * x - part_ * low_) / width_; }
  double sf(double x) const override { return x <= low_ ? 1 : x >= high_ ? 0 : (part_ * high_ - part_ * x) / width_; }
  double mean() const override { return part_ == 1 ? low_ + width_ / 2 : 0.5 * low_ + 0.5 * high_; }
  double variance() const override { return width_ / part_ * (width_ / part_) / 12; }
  double skewness() const override { return 0; }
  double excess_kurtosis() const override { return -1.2; }
  double entropy() const override { return log_width(); }
  double draw(Rng& rng) const override { return at(rng.uniform_double()); }

 private:
  double log_width() const { return std::log(width_) - std::log(part_); }
  double at(double p) const { return part_ == 1 ? low_ + p * width_ : (1 - p) * low_ + p * high_; }
  double solve_quantile(double p) const override { return at(p); }
  double solve_isf(double q) const override { return part_ == 1 ? high_ - q * width_ : (1 - q) * high_ + q * low_; }
  double low_, high_, part_, width_;
};

}  // namespace

std::unique_ptr<Distribution> make_normal(const Parameters& p) { return std::make_unique<Normal>(p); }
std::unique_ptr<Distribution> make_lognormal(const Parameters& p) { return std::make_unique<Lognormal>(p); }
std::unique_ptr<Distribution> make_exponential(const Parameters& p) { return std::make_unique<Exponential>(p); }
std::unique_ptr<Distribution> make_weibull(const Parameters& p) { return std::make_unique<Weibull>(p); }
std::unique_ptr<Distribution> make_uniform(const Parameters& p) { return std::make_unique<Uniform>(p); }

}  // namespace grim::stats
