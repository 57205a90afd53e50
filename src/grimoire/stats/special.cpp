#include "grimoire/stats/special.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

#include "grimoire/stats/sample.h"

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

// A continued fraction b0 + a1/(b1 + a2/(b2 + ...)). How far it has to go is found by the method of Lentz, as Thompson and Barnett modified
// it; a product of many steps gathers their rounding, so the value is then taken from that end backwards, which forgets it.
template <class A, class B> double lentz(double b0, A a, B b) {
  constexpr double kSmall = 1e-300;
  double f = b0 == 0 ? kSmall : b0, c = f, d = 0;
  int end = 1;
  for (; end < 10000000; ++end) {
    d = b(end) + a(end) * d;
    if (d == 0) d = kSmall;
    c = b(end) + a(end) / c;
    if (c == 0) c = kSmall;
    d = 1 / d;
    const double step = c * d;
    f *= step;
    if (std::abs(step - 1) < 1e-16) break;
  }
  if (end < 30) return f;
  double back = b(end);
  for (int i = end; i > 0; --i) back = (i > 1 ? b(i - 1) : b0) + a(i) / back;
  return back;
}

// Boost's searches throw where they find no root, whatever the policy says: NaN then, for whoever can search better.
template <class F> double or_nan(F f) {
  try {
    return f();
  } catch (const std::exception&) {
    return kNan;
  }
}

// sf(z) / pdf(z) of the normal, Mills' ratio: 1/(z + 1/(z + 2/(z + ...))).
double mills(double z) { return z > 1e9 ? 1 / z : 1 / lentz(z, [](int i) { return i; }, [z](int) { return z; }); }

// Temme's uniform expansions, for parameters too large for series and fractions. With z^2 / 2 the deviance of the point from the mean,
//   tail = sf(z) + pdf(z) s
// for the tail that does not hold the mean. From its two parts: the tail, and its logarithm where a double underflows.
struct NearNormal {
  double half_square, correction;  // z^2 / 2, s
  double tail() const {
    return 0.5 * bm::erfc(std::sqrt(half_square), quiet) + correction * std::exp(-half_square - kLnSqrt2Pi);
  }
  double log_tail() const {
    if (half_square < 600) return std::log(tail());
    return -half_square - kLnSqrt2Pi + std::log(mills(std::sqrt(2 * half_square)) + correction);
  }
};

// The incomplete gamma function (DLMF 8.12.3): mu = (x - a) / a, eta^2 / 2 = mu - ln(1 + mu), s = (c0 + c1 / a + c2 / a^2) / sqrt(a)
// for Q above the mean, -s for P below it; c0 = 1 / mu - 1 / eta, c1 = 1 / eta^3 - 1 / mu^3 - 1 / mu^2 - 1 / (12 mu).
NearNormal gamma_near_normal(double a, double x, double off) {
  const double half = deviance_term(a, x, -off), mu = off / a, eta = std::copysign(std::sqrt(2 * half / a), off);
  const bool series = std::abs(eta) < 0.01;
  const double c0 = series ? -1.0 / 3 + eta * (1.0 / 12 + eta * (-2.0 / 135 + eta * (1.0 / 864 + eta / 2835))) : 1 / mu - 1 / eta,
               c1 = series ? -1.0 / 540 + eta * (-1.0 / 288 + eta * (1.0 / 378 - eta * 77 / 77760))
                           : 1 / (eta * eta * eta) - (1 / mu + 1) / (mu * mu) - 1 / (12 * mu);
  return {half, (off > 0 ? 1 : -1) * (c0 + (c1 + 25.0 / 6048 / a) / a) / std::sqrt(a)};
}

// The incomplete beta function (DLMF 8.18.9): x0 = a / n, y0 = b / n, eta^2 / 2 = x0 ln(x0 / x) + y0 ln(y0 / y), u = (x - x0) / sqrt(x0 y0),
// s = (1 / eta - 1 / u) / sqrt(n) for the lower tail below the mean, -s for the upper one above it.
NearNormal beta_near_normal(double a, double b, double x, double y, double off) {
  const double n = a + b, spread = std::sqrt(a / n * (b / n)), u = -off / n / spread;
  const double half = deviance_term(a, n * x, off) + deviance_term(b, n * y, -off), eta = std::copysign(std::sqrt(2 * half / n), u);
  const double alpha = (a - b) / n / (3 * spread), beta = 1 / (4 * spread * spread) - 0.75;
  const double c = std::abs(u) < 1e-4 * spread ? -alpha + (1.5 * alpha * alpha - beta) * u : 1 / eta - 1 / u;
  return {half, (off > 0 ? 1 : -1) * c / std::sqrt(n)};
}

constexpr double kWideGamma = 1e6, kWideBeta = 1e9;  // a and a b / (a + b) from which on they stand: the rest is below 1e-15

// ln Q(a, x) from x^a e^-x / Gamma(a) * 1/(x + 1 - a - 1(1 - a)/(x + 3 - a - ...)) (DLMF 8.9.2); x above a.
double log_gamma_q_fraction(double a, double x, double off) {
  const double f = lentz(off + 1, [a](int i) { return -i * (i - a); }, [off](int i) { return off + 2 * i + 1; });
  return log_poisson_term(a, x, -off) + std::log(a) - std::log(f);
}

// ln P(a, x) from x^a e^-x / Gamma(a + 1) sum x^n / ((a + 1) ... (a + n)): all terms positive (DLMF 8.11.4).
double log_gamma_p_series(double a, double x, double off) {
  double term = 1, sum = 1;
  for (int n = 1; n < 10000000 && term > 1e-17 * sum; ++n) sum += term *= x / (a + n);
  return log_poisson_term(a, x, -off) + std::log(sum);
}

// Boost loses digits of the leading term far from the mean of a large a.
bool far(double a, double off) { return a > 100 && std::abs(off) > 4 * std::sqrt(a); }

// ln I_x(a, b) = ln(x^a y^b / B(a, b) / (beta_0 + alpha_1/(beta_1 + alpha_2/(beta_2 + ...)))) by Didonato and Morris (1992), for x below
// a / (a + b). Its terms are positive up to m = b, and off stands in them: no digits are lost next to the mean.
double log_beta_fraction(double a, double b, double x, double y, double off) {
  const auto beta = [=](double m) {
    return m + m * (b - m) * x / (a + 2 * m - 1) + (a + m) * (off + 1 + m * (1 + y)) / (a + 2 * m + 1);
  };
  const double f = lentz(a * (off + 1) / (a + 1), [=](int m) {
    const double below = a + 2 * m - 1;
    return m * (a + m - 1) / below * ((a + b + m - 1) / below) * (b - m) * x * x;
  }, [=](int m) { return beta(m); });
  return log_beta_term(a, b, x, y, off) + std::log(a) + std::log(b / (a + b)) - std::log(f);
}

}  // namespace

double log_ratio(double x, double y) {
  if (x > 0.5 * y && x < 2 * y) return std::log1p((x - y) / y);
  const double ratio = x / y;
  return ratio > 1e-300 && ratio < 1e300 ? std::log(ratio) : std::log(x) - std::log(y);
}
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
  if (a > b) std::swap(a, b);
  if (a < 1) return log_gamma(a) - log_gamma_step(b, a);
  // 1/B(a, b) = C(a + b, a) ab / (a + b), and C(n, k) is a binomial term without its powers.
  const double n = a + b;
  return -(log_beta_term(a, b, a / n, b / n, 0) - a * std::log(a / n) + b * (b > a ? -std::log1p(-a / n) : -std::log(b / n)) + std::log(a) +
           std::log(b / n));
}
double log_choose(double n, double k) {
  if (k <= 0 || k >= n) return k == 0 || k == n ? 0 : -kInf;
  return log_binomial_term(k, n, k / n, (n - k) / n) - k * std::log(k / n) - (n - k) * std::log((n - k) / n);
}

// 1/(2 a) + 1/(12 a^2) - 1/(120 a^4) + 1/(252 a^6) - ...
double log_less_digamma(double a) {
  if (a < 16) return std::log(a) - digamma(a);
  const double r = 1 / (a * a);
  return (0.5 + (1.0 / 12 - (1.0 / 120 - (1.0 / 252 - (1.0 / 240 - r / 132) * r) * r) * r) / a) / a;
}
double trigamma_excess(double a) {
  if (a < 16) return a * trigamma(a) - 1;
  const double r = 1 / (a * a);
  return (0.5 + (1.0 / 6 - (1.0 / 30 - (1.0 / 42 - (1.0 / 30 - r * 5 / 66) * r) * r) * r) / a) / a;
}

// a E1(x), to which Q(a, x) tends for small a: the exponential integral by its series (DLMF 6.6.2) and its fraction (6.9.1).
static double tiny_gamma_q(double a, double x) {
  if (x >= 1) return a * std::exp(-x) / lentz(x, [](int i) { return (i + 1) / 2; }, [x](int i) { return i % 2 ? 1 : x; });
  double sum = digamma(1) - std::log(x), term = -1;
  for (int k = 1; k < 30; ++k) term *= -x / k, sum += term / k;
  return a * sum;
}
constexpr double kTinyGamma = 1e-17;

double gamma_p(double a, double x, double off) {
  if (x <= 0 || x == kInf) return x > 0;
  if (a < kTinyGamma) return std::exp(-tiny_gamma_q(a, x));
  if (a >= kWideGamma) return off <= 0 ? gamma_near_normal(a, x, off).tail() : 1 - gamma_near_normal(a, x, off).tail();
  return off < 0 && far(a, off) ? std::exp(log_gamma_p_series(a, x, off)) : bm::gamma_p(a, x, quiet);
}
double gamma_q(double a, double x, double off) {
  if (x <= 0 || x == kInf) return x <= 0;
  if (a < kTinyGamma) return tiny_gamma_q(a, x);
  if (a >= kWideGamma) return off > 0 ? gamma_near_normal(a, x, off).tail() : 1 - gamma_near_normal(a, x, off).tail();
  return off > 0 && far(a, off) ? std::exp(log_gamma_q_fraction(a, x, off)) : bm::gamma_q(a, x, quiet);
}
// Newton on the logarithm of the tail, from Wilson and Hilferty's cube.
static double wide_gamma_inverse(double a, double tail, bool upper) {
  const double z = upper ? -normal_quantile(tail) : normal_quantile(tail), root = 1 - 1 / (9 * a) + z / (3 * std::sqrt(a));
  double x = a * root * root * root;
  for (int i = 0; i < 20; ++i) {
    const double off = x - a, there = upper ? log_gamma_q(a, x, off) : log_gamma_p(a, x, off);
    const double slope = std::exp(log_poisson_term(a, x, -off) + std::log(a / x) - there), step = (there - std::log(tail)) / slope;
    x += upper ? step : -step;
    if (!(std::abs(step) > 1e-16 * x)) break;
  }
  return x;
}
double gamma_p_inverse(double a, double p) {
  if (p <= 0 || p >= 1) return p <= 0 ? 0 : kInf;
  if (a >= kWideGamma) return wide_gamma_inverse(a, std::min(p, 1 - p), p > 0.5);
  const double near_zero = std::exp((std::log(p) + log_gamma(a + 1)) / a);  // P -> x^a / Gamma(a + 1)
  return near_zero < 1e-250 ? near_zero : or_nan([&] { return bm::gamma_p_inv(a, p, quiet); });
}
double gamma_q_inverse(double a, double q) {
  if (q <= 0 || q >= 1) return q <= 0 ? kInf : 0;
  if (a >= kWideGamma) return wide_gamma_inverse(a, std::min(q, 1 - q), q < 0.5);
  const double near_zero = std::exp((std::log1p(-q) + log_gamma(a + 1)) / a);
  return near_zero < 1e-250 ? near_zero : or_nan([&] { return bm::gamma_q_inv(a, q, quiet); });
}

double log_gamma_p(double a, double x, double off) {
  if (x <= 0) return -kInf;
  if (x == kInf) return 0;
  const double p = gamma_p(a, x, off);
  if (p > kTiny) return log_of(p, p < 0.5 ? 0 : gamma_q(a, x, off));
  return a >= kWideGamma ? gamma_near_normal(a, x, off).log_tail() : log_gamma_p_series(a, x, off);
}

double log_gamma_q(double a, double x, double off) {
  if (x == kInf) return -kInf;
  if (x <= 0) return 0;
  const double q = gamma_q(a, x, off);
  if (a < kTinyGamma && x < 1) return std::log(q);
  if (q > kTiny) return log_of(q, q < 0.5 ? 0 : gamma_p(a, x, off));
  return a >= kWideGamma ? gamma_near_normal(a, x, off).log_tail() : log_gamma_q_fraction(a, x, off);
}

// a - (a + b) x, or (a + b) y - b.
double beta_off(double a, double b, double x, double y) {
  const Twofold n = two_sum(a, b);
  return x <= y ? std::fma(-n.high, x, a) - n.low * x : -(std::fma(-n.high, y, b) - n.low * y);
}

// ln x from whichever of x and y = 1 - x is the smaller.
static double log_share(double x, double y) { return x <= y ? std::log(x) : std::log1p(-y); }

double beta_i(double a, double b, double x, double y, double off) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (b == 1) return std::exp(a * log_share(x, y));
  if (a == 1) return -std::expm1(b * log_share(y, x));
  if (a / (a + b) * b > kWideBeta) {
    const double tail = beta_near_normal(a, b, x, y, off).tail();
    return off > 0 ? tail : 1 - tail;
  }
  if (a == 0.5 && b == 0.5) return x <= y ? 2 / M_PI * std::asin(std::sqrt(x)) : 1 - 2 / M_PI * std::asin(std::sqrt(y));
  if (std::min(a, b) > 40) return off > 0 ? std::exp(log_beta_fraction(a, b, x, y, off)) : -std::expm1(log_beta_fraction(b, a, y, x, -off));
  return x <= y ? bm::ibeta(a, b, x, quiet) : bm::ibetac(b, a, y, quiet);
}

double log_beta_i(double a, double b, double x, double y, double off) {
  if (x <= 0) return -kInf;
  if (y <= 0) return 0;
  if (b == 1) return a * log_share(x, y);
  if (a == 1) return log1m_exp(b * log_share(y, x));
  const double p = beta_i(a, b, x, y, off);
  if (p > kTiny) return log_of(p, p < 0.5 ? 0 : beta_i(b, a, y, x, -off));
  return a / (a + b) * b > kWideBeta ? beta_near_normal(a, b, x, y, off).log_tail() : log_beta_fraction(a, b, x, y, off);
}

Complementary beta_i_inverse(double a, double b, double p) {
  if (p <= 0) return {0, 1};
  if (p >= 1) return {1, 0};
  double y = 0;
  const double x = or_nan([&] { return bm::ibeta_inv(a, b, p, &y, quiet); });
  return {x, y};
}
Complementary beta_i_upper_inverse(double a, double b, double q) {
  if (q <= 0) return {1, 0};
  if (q >= 1) return {0, 1};
  double y = 0;
  const double x = or_nan([&] { return bm::ibetac_inv(a, b, q, &y, quiet); });
  return {x, y};
}

double normal_sf(double z) { return 0.5 * bm::erfc(z * M_SQRT1_2, quiet); }
double normal_cdf(double z) { return normal_sf(-z); }
double normal_quantile(double p) { return p <= 0 ? -kInf : p >= 1 ? kInf : -M_SQRT2 * bm::erfc_inv(2 * p, quiet); }

double log_normal_sf(double z) {
  if (z < 0) return std::log1p(-normal_sf(-z));
  if (z < 30) return std::log(normal_sf(z));
  if (z == kInf) return -kInf;
  return -0.5 * z * z - kLnSqrt2Pi + std::log(mills(z));
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

double deviance_term(double x, double mean, double off) {
  if (x == 0) return mean;
  if (std::abs(off) >= 0.1 * (x + mean)) {
    const double ratio = x / mean;
    return x * (ratio > 0 && std::isfinite(ratio) ? std::log(ratio) : std::log(x) - std::log(mean)) - off;
  }
  // With v = (x - mean) / (x + mean): ln(x / mean) = 2 atanh v, and the leading terms cancel by hand.
  const double v = off / (x + mean);
  double sum = off * v, term = 2 * x * v;
  for (int j = 1; j < 1000; ++j) {
    term *= v * v;
    const double next = sum + term / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

double log_poisson_term(double x, double mean, double off) {
  if (mean == 0) return x == 0 ? 0 : -kInf;
  if (x < 0 || mean == kInf) return -kInf;
  if (x == 0) return -mean;
  if (x < 1e-300 * mean) return -mean;
  return -stirling_error(x) - deviance_term(x, mean, off) - kLnSqrt2Pi - 0.5 * std::log(x);
}

double log_beta_term(double a, double b, double p, double q, double off) {
  const double n = a + b;
  const double parts = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance_term(a, n * p, off) - deviance_term(b, n * q, -off);
  return parts - kLnSqrt2Pi - 0.5 * (std::log(a) + (a < b ? std::log1p(-a / n) : std::log(b / n)));
}

double log_binomial_term(double x, double n, double p, double q) {
  if (p == 0) return x == 0 ? 0 : -kInf;
  if (q == 0) return x == n ? 0 : -kInf;
  if (x < 0 || x > n) return -kInf;
  if (x == 0) return n == 0 ? 0 : p < 0.1 ? n * std::log1p(-p) : n * std::log(q);
  if (x == n) return q < 0.1 ? n * std::log1p(-q) : n * std::log(p);
  return log_beta_term(x, n - x, p, q, p <= q ? std::fma(-n, p, x) : -std::fma(-n, q, n - x));
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
