#include "grimoire/stats/special.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

namespace grim::stats {
namespace {

namespace bm = boost::math;
namespace bp = boost::math::policies;
// Errors become NaN or an infinity; nothing is thrown.
using Quiet = bp::policy<bp::domain_error<bp::ignore_error>, bp::pole_error<bp::ignore_error>, bp::overflow_error<bp::ignore_error>,
                         bp::underflow_error<bp::ignore_error>, bp::denorm_error<bp::ignore_error>,
                         bp::evaluation_error<bp::ignore_error>, bp::rounding_error<bp::ignore_error>>;
constexpr Quiet quiet{};

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kTiny = 1e-290;  // below it logarithms come from the continued fractions
constexpr double kLnSqrt2Pi = 0.918938533204672741780329736406;

// A continued fraction b0 + a1/(b1 + a2/(b2 + ...)) by the method of Lentz, as Thompson and Barnett modified it.
template <class A, class B> double lentz(double b0, A a, B b) {
  constexpr double kSmall = 1e-300;
  double f = b0 == 0 ? kSmall : b0, c = f, d = 0;
  for (int i = 1; i < 100000; ++i) {
    d = b(i) + a(i) * d;
    if (d == 0) d = kSmall;
    c = b(i) + a(i) / c;
    if (c == 0) c = kSmall;
    d = 1 / d;
    const double step = c * d;
    f *= step;
    if (std::abs(step - 1) < 1e-16) break;
  }
  return f;
}

// Temme's uniform expansions for parameters beyond Boost's reach, one term after the normal one: the rest is below 1/size.
constexpr double kHuge = 1e9;

// The incomplete gamma function, Q for sign 1 and P for sign -1 (DLMF 8.12.3): with l = x / a and
// eta^2 / 2 = l - 1 - ln l, Q = erfc(eta sqrt(a/2)) / 2 + e^(-a eta^2 / 2) / sqrt(2 pi a) (1 / (l - 1) - 1 / eta).
double huge_gamma_q(double a, double x, double sign) {
  const double eta = std::copysign(std::sqrt(2 * deviance_term(a, x) / a), x - a), away = (x - a) / a;
  const double c = std::abs(eta) < 1e-4 ? -1.0 / 3 + eta / 12 - 2 * eta * eta / 135 : 1 / away - 1 / eta;
  return 0.5 * bm::erfc(sign * eta * std::sqrt(a / 2), quiet) + sign * c * std::exp(-a * eta * eta / 2) / std::sqrt(2 * M_PI * a);
}

// The same for the incomplete beta function (DLMF 8.18.9): x0 = a / (a + b), eta^2 / 2 = x0 ln(x0 / x) + y0 ln(y0 / y).
double huge_beta_i(double a, double b, double x, double y) {
  const double n = a + b, x0 = a / n, y0 = b / n, spread = std::sqrt(x0 * y0);
  const double away = x < 0.5 ? x - x0 : y0 - y, half = deviance_term(a, n * x) + deviance_term(b, n * y);
  const double eta = std::copysign(std::sqrt(2 * half / n), away);
  const double c = std::abs(eta) < 1e-4 ? (1 - 2 * x0) / (3 * spread) : 1 / eta - spread / away;
  return 0.5 * bm::erfc(-eta * std::sqrt(n / 2), quiet) + c * std::exp(-half) / std::sqrt(2 * M_PI * n);
}

}  // namespace

double log1m_exp(double x) { return x > -0.693147180559945 ? std::log(-std::expm1(x)) : std::log1p(-std::exp(x)); }
double log_of(double p, double other) { return p < 0.5 ? std::log(p) : std::log1p(-other); }

double log_gamma(double x) { return bm::lgamma(x, quiet); }
double digamma(double x) { return bm::digamma(x, quiet); }
double trigamma(double x) { return bm::trigamma(x, quiet); }

// With Stirling's form: by ln(x + by) + (x - 1/2) ln(1 + by/x) - by, and the difference of its errors.
double log_gamma_step(double x, double by) {
  if (x < 10) return log_gamma(x + by) - log_gamma(x);
  const double grown = std::log1p(by / x);
  return by * (std::log(x) + grown) + ((x - 0.5) * grown - by) + (stirling_error(x + by) - stirling_error(x));
}

// ln B = sum of ln Gamma cancels for large arguments; with Stirling's form only the errors and a deviance are left.
double log_beta(double a, double b) {
  if (std::min(a, b) < 1)
    return log_gamma(a) + (b > 1e4 * (1 + a) ? -a * std::log(b) - std::log1p(a * (a - 1) / (2 * b)) : log_gamma(b) - log_gamma(a + b));
  // 1/B(a, b) = C(a + b, a) ab / (a + b), and C(n, k) is a binomial term without its powers.
  const double n = a + b;
  return -(log_binomial_term(a, n, a / n, b / n) - a * std::log(a / n) - b * std::log(b / n) + std::log(a) + std::log(b) - std::log(n));
}
double log_choose(double n, double k) {
  if (k <= 0 || k >= n) return k == 0 || k == n ? 0 : -kInf;
  return log_binomial_term(k, n, k / n, (n - k) / n) - k * std::log(k / n) - (n - k) * std::log((n - k) / n);
}

double gamma_p(double a, double x) {
  if (x <= 0 || x == kInf) return x > 0;
  return a > kHuge ? huge_gamma_q(a, x, -1) : bm::gamma_p(a, x, quiet);
}
double gamma_q(double a, double x) {
  if (x <= 0 || x == kInf) return x <= 0;
  return a > kHuge ? huge_gamma_q(a, x, 1) : bm::gamma_q(a, x, quiet);
}
double gamma_p_inverse(double a, double p) { return p <= 0 ? 0 : p >= 1 ? kInf : bm::gamma_p_inv(a, p, quiet); }
double gamma_q_inverse(double a, double q) { return q <= 0 ? kInf : q >= 1 ? 0 : bm::gamma_q_inv(a, q, quiet); }

// P(a, x) = x^a e^-x / Gamma(a + 1) sum x^n / ((a + 1) ... (a + n)): all terms positive (DLMF 8.11.4).
double log_gamma_p(double a, double x) {
  if (x <= 0) return -kInf;
  const double p = gamma_p(a, x);
  if (p > kTiny) return log_of(p, p < 0.5 ? 0 : gamma_q(a, x));
  double term = 1, sum = 1;
  for (int n = 1; n < 1000000 && term > 1e-17 * sum; ++n) sum += term *= x / (a + n);
  return log_poisson_term(a, x) + std::log(sum);
}

// Q(a, x) = x^a e^-x / Gamma(a) * 1/(x + 1 - a - 1(1 - a)/(x + 3 - a - ...)) (DLMF 8.9.2).
double log_gamma_q(double a, double x) {
  if (x == kInf) return -kInf;
  const double q = gamma_q(a, x);
  if (q > kTiny) return log_of(q, q < 0.5 ? 0 : gamma_p(a, x));
  const double f = lentz(x + 1 - a, [a](int i) { return -i * (i - a); }, [a, x](int i) { return x + 2 * i + 1 - a; });
  return log_poisson_term(a, x) + std::log(a) - std::log(f);
}

double beta_i(double a, double b, double x, double y) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (a * b / (a + b) > 100 * kHuge) return huge_beta_i(a, b, x, y);
  return x <= y ? bm::ibeta(a, b, x, quiet) : bm::ibetac(b, a, y, quiet);
}

// I_x(a, b) = x^a y^b / (a B(a, b)) / (1 + d1/(1 + d2/(1 + ...))) (DLMF 8.17.22), fast for x below a / (a + b).
double log_beta_i(double a, double b, double x, double y) {
  if (x <= 0) return -kInf;
  if (y <= 0) return 0;
  const double p = beta_i(a, b, x, y);
  if (p > kTiny) return log_of(p, p < 0.5 ? 0 : beta_i(b, a, y, x));
  const double f = lentz(1, [=](int i) {
    const double m = i / 2;
    return i % 2 == 0 ? m * (b - m) * x / ((a + i - 1) * (a + i)) : -(a + m) * (a + b + m) * x / ((a + i - 1) * (a + i));
  }, [](int) { return 1.0; });
  return log_binomial_term(a, a + b, x, y) + std::log(b) - std::log(a + b) - std::log(f);
}

Complementary beta_i_inverse(double a, double b, double p) {
  if (p <= 0) return {0, 1};
  if (p >= 1) return {1, 0};
  double y = 0;
  const double x = bm::ibeta_inv(a, b, p, &y, quiet);
  return {x, y};
}
Complementary beta_i_upper_inverse(double a, double b, double q) {
  if (q <= 0) return {1, 0};
  if (q >= 1) return {0, 1};
  double y = 0;
  const double x = bm::ibetac_inv(a, b, q, &y, quiet);
  return {x, y};
}

double normal_sf(double z) { return 0.5 * bm::erfc(z * M_SQRT1_2, quiet); }
double normal_cdf(double z) { return normal_sf(-z); }
double normal_quantile(double p) { return p <= 0 ? -kInf : p >= 1 ? kInf : -M_SQRT2 * bm::erfc_inv(2 * p, quiet); }

// Mills' ratio: sf(z) / pdf(z) = 1/(z + 1/(z + 2/(z + ...))).
double log_normal_sf(double z) {
  if (z < 0) return std::log1p(-normal_sf(-z));
  if (z < 30) return std::log(normal_sf(z));
  if (z == kInf) return -kInf;
  const double mills = lentz(z, [](int i) { return i; }, [z](int) { return z; });
  return -0.5 * z * z - kLnSqrt2Pi - std::log(mills);
}

double noncentral_t_cdf(double t, double df, double delta) {
  return bm::cdf(bm::non_central_t_distribution<double, Quiet>(df, delta), t);
}
double noncentral_t_sf(double t, double df, double delta) {
  return bm::cdf(bm::complement(bm::non_central_t_distribution<double, Quiet>(df, delta), t));
}

double stirling_error(double n) {
  if (n <= 0) return n == 0 ? kInf : kNan;
  if (n < 16) {  // directly, with the extra digits of long double
    const long double m = n;
    return static_cast<double>(std::lgamma(m + 1) - (m + 0.5L) * std::log(m) + m - 0.918938533204672741780329736406L);
  }
  const double r = 1 / (n * n);
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188 - (691.0 / 360360 - r / 156) * r) * r) * r) * r) * r) / n;
}

double deviance_term(double x, double mean) {
  if (x == 0) return mean;
  if (std::abs(x - mean) >= 0.1 * (x + mean)) return x * std::log(x / mean) + mean - x;
  // With v = (x - mean) / (x + mean): ln(x / mean) = 2 atanh v, and the leading terms cancel by hand.
  const double v = (x - mean) / (x + mean);
  double sum = (x - mean) * v, term = 2 * x * v;
  for (int j = 1; j < 1000; ++j) {
    term *= v * v;
    const double next = sum + term / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

double log_poisson_term(double x, double mean) {
  if (mean == 0) return x == 0 ? 0 : -kInf;
  if (x < 0) return -kInf;
  if (x == 0) return -mean;
  if (x < 1e-300 * mean) return -mean;
  return -stirling_error(x) - deviance_term(x, mean) - kLnSqrt2Pi - 0.5 * std::log(x);
}

double log_binomial_term(double x, double n, double p, double q) {
  if (p == 0) return x == 0 ? 0 : -kInf;
  if (q == 0) return x == n ? 0 : -kInf;
  if (x < 0 || x > n) return -kInf;
  if (x == 0) return n == 0 ? 0 : p < 0.1 ? n * std::log1p(-p) : n * std::log(q);
  if (x == n) return q < 0.1 ? n * std::log1p(-q) : n * std::log(p);
  const double parts =
      stirling_error(n) - stirling_error(x) - stirling_error(n - x) - deviance_term(x, n * p) - deviance_term(n - x, n * q);
  return parts - kLnSqrt2Pi - 0.5 * (std::log(x) + std::log1p(-x / n));
}

// P(sqrt(n) D > x): the alternating series, or below 1 its theta-function dual, whose sum is the other tail.
double kolmogorov_sf(double x) {
  if (x <= 0) return 1;
  double sum = 0;
  if (x < 0.82) {
    for (int j = 1; j < 40; j += 2) sum += std::exp(-j * j * M_PI * M_PI / (8 * x * x));
    return 1 - std::sqrt(2 * M_PI) / x * sum;
  }
  for (int j = 1; j < 40; ++j) sum += (j % 2 ? 2 : -2) * std::exp(-2.0 * j * j * x * x);
  return sum;
}

}  // namespace grim::stats
