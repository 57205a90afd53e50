// Families that are incomplete gamma functions (gamma, chi-square) or incomplete beta functions (beta, t, F) in disguise.
#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/stats/families.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLnSqrt2Pi = 0.918938533204672741780329736406;

// ln(C(a + b, a) (a / n)^a (b / n)^b), n = a + b: what Stirling's form of the beta function leaves.
double log_middle_term(double a, double b) { return log_beta_term(a, b, a / (a + b), b / (a + b), 0); }

constexpr double kEdge = 1e-290;  // of shares: below it digits go, and then all
constexpr double kLeast = std::numeric_limits<double>::min();  // of numbers in units of the scale
constexpr double kEuler = 0.577215664901532860606512090082;

// Moments are quotients of products of parameters, which alone leave the range of a double.
using Wide = long double;

// e^u v, where e^u alone may leave the range of a double.
double exp_times(long double u, double v) { return static_cast<double>(std::exp(u) * v); }

// Gamma(shape, scale); chi-square(df) is Gamma(df / 2, 2).
class Gamma final : public Distribution {
 public:
  Gamma(const char* name, const Parameters& p, double shape, double scale) : Distribution(name, p), a_(shape), scale_(scale) {}
  Support support() const override { return {0, kInf}; }
  double log_pdf(double x) const override {
    if (x < 0 || x == kInf) return -kInf;
    if (x == 0) return a_ < 1 ? kInf : a_ > 1 ? -kInf : -std::log(scale_);
    const double z = x / scale_;
    if (z < kLeast) return a_ * log_ratio(x, scale_) - log_gamma(a_) - std::log(x);
    return log_poisson_term(a_, z, -off(x)) + log_ratio(a_, z) - std::log(scale_);  // z^(a-1) e^-z / Gamma(a)
  }
  double cdf(double x) const override { return at_edge(x) ? std::exp(log_edge(x)) : gamma_p(a_, x / scale_, off(x)); }
  double sf(double x) const override { return at_edge(x) ? -std::expm1(log_edge(x)) : gamma_q(a_, x / scale_, off(x)); }
  double log_cdf(double x) const override { return at_edge(x) ? log_edge(x) : log_gamma_p(a_, x / scale_, off(x)); }
  double log_sf(double x) const override { return at_edge(x) ? log1m_exp(log_edge(x)) : log_gamma_q(a_, x / scale_, off(x)); }
  double mean() const override { return a_ * scale_; }
  double variance() const override { return a_ * scale_ * scale_; }
  double skewness() const override { return 2 / std::sqrt(a_); }
  double excess_kurtosis() const override { return 6 / a_; }
  double entropy() const override {
    if (a_ > 16)  // Stirling's form: the sum below cancels
      return kLnSqrt2Pi + 0.5 * std::log(a_) + stirling_error(a_) + (a_ - 1) * log_less_digamma(a_) + std::log(scale_);
    return a_ + std::log(scale_) + log_gamma(a_) + (1 - a_) * digamma(a_);
  }
  double draw(Rng& rng) const override { return scale_ * draw_gamma(rng, a_); }

 private:
  // Where x / scale is next to 0, or below what a double holds, P(X <= x) is the leading term: (x / scale)^a / Gamma(a + 1).
  bool at_edge(double x) const { return x > 0 && x / scale_ < kLeast; }
  double log_edge(double x) const { return std::min(0.0, a_ * log_ratio(x, scale_) - log_factorial()); }
  double from_edge(double log_p) const { return exp_times((log_p + log_factorial()) / static_cast<long double>(a_), scale_); }
  double log_factorial() const {  // ln Gamma(a + 1), for small a by its series
    return a_ < 1e-5 ? a_ * (-kEuler + a_ * (M_PI * M_PI / 12 - a_ * 0.400685634386531428)) : log_gamma(a_ + 1);
  }
  double off(double x) const {  // x / scale - a, without the rounding of the quotient
    const Twofold mean = two_product(a_, scale_);
    return mean.high > 1e-250 && mean.high < 1e300 ? ((x - mean.high) - mean.low) / scale_ : x / scale_ - a_;
  }
  double solve_quantile(double p) const override {
    const double z = gamma_p_inverse(a_, p);
    return z < kLeast ? from_edge(std::log(p)) : scale_ * z;
  }
  double solve_isf(double q) const override {
    const double z = gamma_q_inverse(a_, q);
    return z < kLeast ? from_edge(std::log1p(-q)) : scale_ * z;
  }
  double a_, scale_;
};

class Beta final : public Distribution {
 public:
  explicit Beta(const Parameters& p) : Distribution("beta", p), a_(p[0].second), b_(p[1].second) {}
  Support support() const override { return {0, 1}; }
  double log_pdf(double x) const override {
    if (x < 0 || x > 1) return -kInf;
    const double left = a_ == 1 ? 0 : (a_ - 1) * std::log(x), right = b_ == 1 ? 0 : (b_ - 1) * std::log1p(-x);
    if (x == 0 || x == 1 || a_ < 2 || b_ < 2) return left + right - log_beta(a_, b_);
    const double n = a_ + b_ - 2;  // (n + 1) C(n, a - 1) x^(a-1) (1-x)^(b-1)
    return log_binomial_term(a_ - 1, n, x, 1 - x) + std::log1p(n);
  }
  double cdf(double x) const override { return beta_i(a_, b_, x, 1 - x); }
  double sf(double x) const override { return beta_i(b_, a_, 1 - x, x); }
  double log_cdf(double x) const override { return log_beta_i(a_, b_, x, 1 - x, beta_off(a_, b_, x, 1 - x)); }
  double log_sf(double x) const override { return log_beta_i(b_, a_, 1 - x, x, beta_off(b_, a_, 1 - x, x)); }
  double mean() const override { return a_ / (a_ + b_); }
  double variance() const override {
    const Wide a = a_, b = b_, n = a + b;
    return static_cast<double>(a * b / (n * n * (n + 1)));
  }
  double skewness() const override {
    const Wide a = a_, b = b_, n = a + b;
    return static_cast<double>(2 * (b - a) * std::sqrt(n + 1) / ((n + 2) * std::sqrt(a * b)));
  }
  double excess_kurtosis() const override {
    const Wide a = a_, b = b_, n = a + b, d = a - b;
    return static_cast<double>(6 * (d * d * (n + 1) - a * b * (n + 2)) / (a * b * (n + 2) * (n + 3)));
  }
  double entropy() const override {
    const double n = a_ + b_;
    if (n > 32)  // with digamma(a) = ln a - less(a) the logarithms cancel by hand
      return -log_middle_term(a_, b_) - std::log(n) + (a_ - 1) * log_less_digamma(a_) + (b_ - 1) * log_less_digamma(b_) -
             (n - 2) * log_less_digamma(n);
    return log_beta(a_, b_) - (a_ - 1) * digamma(a_) - (b_ - 1) * digamma(b_) + (a_ + b_ - 2) * digamma(a_ + b_);
  }
  double draw(Rng& rng) const override {
    const double x = draw_gamma(rng, a_), y = draw_gamma(rng, b_);
    return x + y > 0 ? x / (x + y) : Distribution::draw(rng);
  }

 private:
  double solve_quantile(double p) const override { return beta_i_inverse(a_, b_, p).x; }
  double solve_isf(double q) const override { return beta_i_upper_inverse(a_, b_, q).x; }
  double a_, b_;
};

// P(T > t) for t >= 0 is I_x(df/2, 1/2) / 2 at x = df / (df + t^2).
class StudentT final : public Distribution {
 public:
  explicit StudentT(const Parameters& p) : Distribution("t", p), df_(p[0].second), location_(p[1].second), scale_(p[2].second) {}
  Support support() const override { return {-kInf, kInf}; }
  double log_pdf(double x) const override {
    if (far(x)) return 0.5 * df_ * std::log(df_) - df_ * log_z(x) + 0.5 * std::log(df_) + log_norm() - log_z(x) - std::log(scale_);
    const double t = z(x), grown = df_ > t * t ? std::log1p(t * t / df_) : 2 * std::log(std::hypot(1, t / std::sqrt(df_)));
    return -0.5 * (df_ + 1) * grown + log_norm() - std::log(scale_);
  }
  double cdf(double x) const override { return far(x) ? far_share(x < 0, x) : sf_of(-z(x)); }
  double sf(double x) const override { return far(x) ? far_share(x > 0, x) : sf_of(z(x)); }
  double log_cdf(double x) const override { return far(x) ? log_far_share(x < 0, x) : log_sf_of(-z(x)); }
  double log_sf(double x) const override { return far(x) ? log_far_share(x > 0, x) : log_sf_of(z(x)); }
  double mean() const override { return df_ > 1 ? location_ : kNan; }
  double variance() const override { return df_ > 2 ? scale_ * scale_ * df_ / (df_ - 2) : df_ > 1 ? kInf : kNan; }
  double skewness() const override { return df_ > 3 ? 0 : kNan; }
  double excess_kurtosis() const override { return df_ > 4 ? 6 / (df_ - 4) : df_ > 2 ? kInf : kNan; }
  double entropy() const override {
    const double h = (df_ + 1) / 2;
    const double spread = df_ > 32 ? h * (std::log1p(1 / df_) - log_less_digamma(h) + log_less_digamma(df_ / 2))
                                   : h * (digamma(h) - digamma(df_ / 2));
    return spread - log_norm() + std::log(scale_);
  }
  double draw(Rng& rng) const override {
    const double normal = rng.normal();
    return location_ + scale_ * normal / std::sqrt(2 * draw_gamma(rng, df_ / 2) / df_);
  }

 private:
  double z(double x) const { return standardised(x, location_, scale_); }
  // Where z leaves the range of a double and x does not: a heavy tail is still there. log_z is ln |z|.
  bool far(double x) const { return std::isfinite(x) && std::isinf(z(x)); }
  double log_z(double x) const { return M_LN2 + std::log(std::abs(0.5 * x - 0.5 * location_)) - std::log(scale_); }
  double log_tail(double log_t) const {  // I_x(a, 1/2) -> x^a / (a B(a, 1/2)) at x = df / t^2
    return -M_LN2 + df_ / 2 * (std::log(df_) - 2 * log_t) - std::log(df_ / 2) - log_beta(df_ / 2, 0.5);
  }
  double far_share(bool beyond, double x) const { return beyond ? std::exp(log_tail(log_z(x))) : -std::expm1(log_tail(log_z(x))); }
  double log_far_share(bool beyond, double x) const { return beyond ? log_tail(log_z(x)) : log1m_exp(log_tail(log_z(x))); }
  double log_norm() const {  // ln(Gamma((df + 1) / 2) / Gamma(df / 2) / sqrt(df pi)), for large df without logarithms of df
    const double h = df_ / 2;
    if (df_ < 32) return -0.5 * std::log(df_) - log_beta(h, 0.5);
    return (h * std::log1p(0.5 / h) - 0.5) + (stirling_error(h + 0.5) - stirling_error(h)) - kLnSqrt2Pi;
  }
  // Next to the normal: its tail, and the first term of Fisher's expansion. The second is the square of t^4 / (4 df).
  bool near_normal(double t) const { return df_ > 1e13 && t * t * t * t < 1e-7 * df_; }
  double correction(double t) const { return t * (t * t + 1) / (4 * df_); }  // times the normal density
  Complementary share(double t) const {  // df / (df + t^2) and t^2 / (df + t^2)
    const double r = t / std::sqrt(df_), r2 = r * r;
    return r2 < 1 ? Complementary{1 / (1 + r2), r2 / (1 + r2)} : Complementary{1 / r / (r + 1 / r), r / (r + 1 / r)};
  }
  double sf_of(double t) const {
    if (std::isinf(t)) return t > 0 ? 0 : 1;
    if (t >= 0 && near_normal(t)) return normal_sf(t) + correction(t) * std::exp(-0.5 * t * t - kLnSqrt2Pi);
    if (t < 0 && near_normal(t)) return 1 - sf_of(-t);
    const Complementary c = share(std::abs(t));
    if (c.x < 1e-300) return t > 0 ? std::exp(log_sf_of(t)) : -std::expm1(log_sf_of(-t));
    if (t < 0) return 0.5 + 0.5 * beta_i(0.5, df_ / 2, c.y, c.x);
    return 0.5 * beta_i(df_ / 2, 0.5, c.x, c.y);
  }
  double log_sf_of(double t) const {
    if (std::isinf(t)) return t > 0 ? -kInf : 0;
    if (t < 0) return std::log1p(-sf_of(-t));
    if (near_normal(t)) return log_normal_sf(t) + std::log1p(correction(t) * std::exp(-0.5 * t * t - kLnSqrt2Pi - log_normal_sf(t)));
    const Complementary c = share(t);
    if (c.x < 1e-300) return log_tail(std::log(t));
    return -M_LN2 + log_beta_i(df_ / 2, 0.5, c.x, c.y, beta_off(df_ / 2, 0.5, c.x, c.y));
  }
  long double magnitude(double tail) const {  // t >= 0 with P(T > t) = tail <= 1/2
    if (df_ > 1e13) {
      const double z = -normal_quantile(tail);
      return z + correction(z);
    }
    if (tail < 0.25 || df_ < 1) {
      const Complementary c = beta_i_inverse(df_ / 2, 0.5, 2 * tail);
      if (c.x > 1e-290) return std::sqrt(df_) * std::sqrt(c.y / c.x);
      const long double log_x = (std::log(2 * tail) + std::log(df_ / 2) + log_beta(df_ / 2, 0.5)) / (df_ / 2);
      return std::exp(0.5L * (std::log(df_) - log_x));
    }
    const Complementary c = beta_i_upper_inverse(df_ / 2, 0.5, 1 - 2 * tail);
    return std::sqrt(df_ * c.y / c.x);
  }
  double solve_quantile(double p) const override { return moved(p < 0.5 ? -magnitude(p) : magnitude(1 - p), location_, scale_); }
  double solve_isf(double q) const override { return moved(q < 0.5 ? magnitude(q) : -magnitude(1 - q), location_, scale_); }
  double df_, location_, scale_;
};

// P(F > f) = I_x(df2/2, df1/2) at x = df2 / (df2 + df1 f).
class FRatio final : public Distribution {
 public:
  explicit FRatio(const Parameters& p) : Distribution("f", p), a_(p[0].second / 2), b_(p[1].second / 2) {}
  Support support() const override { return {0, kInf}; }
  double log_pdf(double f) const override {
    if (f < 0 || f == kInf) return -kInf;
    if (f == 0) return a_ < 1 ? kInf : a_ > 1 ? -kInf : 0;
    const Complementary c = share(f);  // the beta density in c.y, times dy/df = c.x c.y / f
    if (at_edge(c)) return log_edge(f, c) + std::log(c.y < c.x ? a_ : b_) - std::log(f);
    if (std::min(a_, b_) > 2) return log_beta_term(a_, b_, c.y, c.x, off(f)) + std::log(a_) + std::log(b_ / (a_ + b_)) - std::log(f);
    const double r = a_ / b_ * f, grown = r < 1 ? std::log1p(r) : std::log1p(1 / r), log_r = log_ratio(a_, b_) + std::log(f);
    return a_ * ((r < 1 ? log_r : 0) - grown) - b_ * (grown + (r < 1 ? 0 : log_r)) - log_beta(a_, b_) - std::log(f);
  }
  double cdf(double f) const override {
    const Complementary c = share(f);
    return f <= 0 ? 0 : at_edge(c) ? std::exp(log_cdf(f)) : beta_i(a_, b_, c.y, c.x, off(f));
  }
  double sf(double f) const override {
    const Complementary c = share(f);
    return f <= 0 ? 1 : at_edge(c) ? std::exp(log_sf(f)) : beta_i(b_, a_, c.x, c.y, -off(f));
  }
  double log_cdf(double f) const override {
    const Complementary c = share(f);
    if (f <= 0 || f == kInf) return f <= 0 ? -kInf : 0;
    if (at_edge(c)) return c.y < c.x ? log_edge(f, c) : log1m_exp(log_edge(f, c));
    return log_beta_i(a_, b_, c.y, c.x, off(f));
  }
  double log_sf(double f) const override {
    const Complementary c = share(f);
    if (f <= 0 || f == kInf) return f <= 0 ? 0 : -kInf;
    if (at_edge(c)) return c.x < c.y ? log_edge(f, c) : log1m_exp(log_edge(f, c));
    return log_beta_i(b_, a_, c.x, c.y, -off(f));
  }
  double mean() const override { return b_ > 1 ? b_ / (b_ - 1) : kInf; }
  double variance() const override {
    if (b_ <= 2) return b_ > 1 ? kInf : kNan;
    const Wide a = a_, b = b_;
    return static_cast<double>(b * b * (a + b - 1) / (a * (b - 1) * (b - 1) * (b - 2)));
  }
  double skewness() const override {
    const Wide m = 2 * Wide(a_), n = 2 * Wide(b_);
    return n > 6 ? static_cast<double>((2 * m + n - 2) * std::sqrt(8 * (n - 4)) / ((n - 6) * std::sqrt(m * (m + n - 2)))) : kNan;
  }
  double excess_kurtosis() const override {
    const Wide m = 2 * Wide(a_), n = 2 * Wide(b_);
    if (n <= 8) return kNan;
    return static_cast<double>(12 * (m * (5 * n - 22) * (m + n - 2) + (n - 4) * (n - 2) * (n - 2)) / (m * (n - 6) * (n - 8) * (m + n - 2)));
  }
  double entropy() const override {
    const double n = a_ + b_;
    if (n > 32)
      return -log_middle_term(a_, b_) - std::log(a_) - std::log(b_ / n) + (a_ - 1) * log_less_digamma(a_) + (b_ + 1) * log_less_digamma(b_) -
             n * log_less_digamma(n);
    return log_beta(a_, b_) + std::log(b_ / a_) + (1 - a_) * digamma(a_) - (1 + b_) * digamma(b_) + (a_ + b_) * digamma(a_ + b_);
  }
  double draw(Rng& rng) const override {
    const double above = draw_gamma(rng, a_) / a_;
    return above / (draw_gamma(rng, b_) / b_);
  }

 private:
  Complementary share(double f) const {
    const double r = a_ / b_ * f;
    return r < 1 ? Complementary{1 / (1 + r), r / (1 + r)} : Complementary{1 / r / (1 + 1 / r), 1 / (1 + 1 / r)};
  }
  double off(double f) const { return a_ * (1 - f) * share(f).x; }  // a c.x - b c.y
  // Where one share is next to 0, or below what a double holds, its tail is the leading term: I_y(a, b) -> y^a / (a B(a, b)).
  static bool at_edge(const Complementary& c) { return std::min(c.x, c.y) < kEdge; }
  double log_edge(double f, const Complementary& c) const {
    const double log_r = log_ratio(a_, b_) + std::log(f);
    return c.y < c.x ? a_ * log_r - std::log(a_) - log_beta(a_, b_) : -b_ * log_r - std::log(b_) - log_beta(a_, b_);
  }
  double ratio(const Complementary& c, double log_p, double log_q) const {  // c.x is the share of the numerator
    const long double edge = std::log(a_) + log_beta(a_, b_), other = std::log(b_) + log_beta(a_, b_);
    if (c.x < kEdge) return exp_times((log_p + edge) / a_, b_ / a_);
    if (c.y < kEdge) return exp_times(-(log_q + other) / b_, b_ / a_);
    return b_ / a_ * (c.x / c.y);
  }
  double solve_quantile(double p) const override { return ratio(beta_i_inverse(a_, b_, p), std::log(p), std::log1p(-p)); }
  double solve_isf(double q) const override { return ratio(beta_i_upper_inverse(a_, b_, q), std::log1p(-q), std::log(q)); }
  double a_, b_;
};

}  // namespace

// Marsaglia and Tsang (2000): a cube of a normal, rejected now and then; shapes below 1 are boosted by a power of a uniform.
double draw_gamma(Rng& rng, double shape) {
  if (shape < 1) {
    const double log_u = std::log1p(-rng.uniform_double());
    return draw_gamma(rng, shape + 1) * std::exp(log_u / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double z = rng.normal(), v = std::pow(1 + c * z, 3);
    if (v <= 0) continue;
    const double log_u = std::log1p(-rng.uniform_double());
    if (log_u < 0.5 * z * z + d - d * v + d * std::log(v)) return d * v;
  }
}

std::unique_ptr<Distribution> make_gamma(const Parameters& p) { return std::make_unique<Gamma>("gamma", p, p[0].second, p[1].second); }
std::unique_ptr<Distribution> make_chi_square(const Parameters& p) {
  return std::make_unique<Gamma>("chi-square", p, p[0].second / 2, 2.0);
}
std::unique_ptr<Distribution> make_beta(const Parameters& p) { return std::make_unique<Beta>(p); }
std::unique_ptr<Distribution> make_t(const Parameters& p) { return std::make_unique<StudentT>(p); }
std::unique_ptr<Distribution> make_f(const Parameters& p) { return std::make_unique<FRatio>(p); }

}  // namespace grim::stats
