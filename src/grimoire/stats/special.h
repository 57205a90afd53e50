// The special functions that distributions stand on, as plain functions of doubles. Incomplete gamma and beta functions come
// from Boost.Math; their logarithms far in the tails, where a double underflows, from continued fractions on Loader's
// saddle-point form of the leading term. Every tail has its own function: no tail is a difference from one.
#pragma once

#include <cstdint>

namespace grim::stats {

double log_gamma(double x);  // ln |Gamma(x)|
double digamma(double x);
double trigamma(double x);
double log_gamma_step(double x, double by);  // ln(Gamma(x + by) / Gamma(x)), x > 0, by >= 0: no difference of two logarithms
double log_beta(double a, double b);
double log_choose(double n, double k);

// ln a - digamma(a), and a trigamma(a) - 1, which is its slope by ln a with the sign turned: both are about 1/(2 a) for large a, and no
// differences.
double log_less_digamma(double a);
double trigamma_excess(double a);

// Regularised incomplete gamma: P(a, x) lower, Q(a, x) upper; the inverses solve for x. off: x - a.
double gamma_p(double a, double x, double off);
double gamma_q(double a, double x, double off);
double log_gamma_p(double a, double x, double off);
double log_gamma_q(double a, double x, double off);
inline double gamma_p(double a, double x) { return gamma_p(a, x, x - a); }
inline double gamma_q(double a, double x) { return gamma_q(a, x, x - a); }
double gamma_p_inverse(double a, double p);
double gamma_q_inverse(double a, double q);

// Regularised incomplete beta I_x(a, b). y is 1 - x, given apart because one of the two is often known to more digits, and so is
// off = a y - b x. The upper one is beta_i(b, a, y, x, -off).
double beta_i(double a, double b, double x, double y, double off);
double log_beta_i(double a, double b, double x, double y, double off);
double beta_off(double a, double b, double x, double y);  // a y - b x from the smaller of x and y
inline double beta_i(double a, double b, double x, double y) { return beta_i(a, b, x, y, beta_off(a, b, x, y)); }
struct Complementary {
  double x, y;  // x + y = 1, each to full relative precision
};
// NaN where no root was found: Distribution's quantiles search on.
Complementary beta_i_inverse(double a, double b, double p);        // I_x(a, b) = p
Complementary beta_i_upper_inverse(double a, double b, double q);  // I_y(b, a) = q

double normal_cdf(double z);
double normal_sf(double z);
double log_normal_sf(double z);  // finite for |z| up to 1e154
double normal_quantile(double p);

// Loader (2000), "Fast and accurate computation of binomial probabilities": the leading terms in deviance form, which loses
// no digits for large counts. Real arguments are taken; the results are logarithms. `off` is x - mean, or x - a: the terms depend on
// it as on nothing else, so where it is known to more digits than the difference of two rounded numbers has, it is given apart.
double stirling_error(double n);                               // ln n! - ln(sqrt(2 pi n) (n / e)^n)
double deviance_term(double x, double mean, double off);       // x ln(x / mean) + mean - x
double log_poisson_term(double x, double mean, double off);    // ln(mean^x e^-mean / x!)
// ln(C(a + b, a) p^a q^b), p + q = 1, off = a - (a + b) p, exactly or nearly: a q - b p.
double log_beta_term(double a, double b, double p, double q, double off);
inline double deviance_term(double x, double mean) { return deviance_term(x, mean, x - mean); }
inline double log_poisson_term(double x, double mean) { return log_poisson_term(x, mean, x - mean); }
double log_binomial_term(double x, double n, double p, double q);  // ln(C(n, x) p^x q^(n - x)), q = 1 - p; the smaller one counts

// The noncentral t distribution, (Z + delta) / S with df S^2 ~ chi-square(df), for power: numerical integration, about twelve digits.
double noncentral_t_sf(double t, double df, double delta);
double noncentral_t_cdf(double t, double df, double delta);

// The studentised range of k normal means with df degrees of freedom for the deviation: P(Q > q). Numerical integration, about
// ten digits.
double studentised_range_sf(double q, int64_t k, double df);
double studentised_range_isf(double p, int64_t k, double df);

// The Kolmogorov limit law: P(sqrt(n) D > x).
double kolmogorov_sf(double x);

double log_ratio(double x, double y);  // ln(x / y), both above 0: next to each other, of their difference
// ln(1 - e^x) for x <= 0 (Maechler 2012): the other tail from the logarithm of one.
double log1m_exp(double x);
// Logarithm of p, from p itself when it is small and from its complement when that is: p + other = 1.
double log_of(double p, double other);

}  // namespace grim::stats
