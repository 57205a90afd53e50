#include "grimoire/stats/regression.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/sigmoid.h"
#include "grimoire/stats/qr.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"
#include "grimoire/tensor/copy.h"

namespace grim::stats {
namespace {

// Beside a constant the columns are taken about their means, and all are divided by powers of two: nothing that the slopes, the fit or
// its errors stand on depends on units or on the distance from 0. What is estimated then is b with
//   y = 2^unit b_0 + sum 2^(unit - unit_j) b_j (x_j - centre_j),
// and table_of turns it back.
struct Design {
  int64_t n, p;
  std::vector<long double> x;  // (n, p), the constant first
  std::vector<std::string> names;
  bool constant;
  std::vector<int> unit;       // of each column
  std::vector<long double> centre;  // of each column, in its unit; 0 without a constant
};

Design design_of(const char* op, const Tensor& given, std::span<const double> y, const RegressionOptions& o) {
  GRIM_CHECK(given.ndim() == 2, shape, op, "got x of {}, expected (N, D)", given.shape());
  const Tensor x = contiguous(cast(given, Dtype::f64));
  const int64_t d = x.dim(1);
  GRIM_CHECK(x.dim(0) == static_cast<int64_t>(y.size()), shape, op, "got {} rows and {} answers, expected as many", x.dim(0), y.size());
  GRIM_CHECK(o.names.empty() || static_cast<int64_t>(o.names.size()) == d, argument, op, "got {} names for {} columns", o.names.size(), d);
  check_level(o.level);
  Design m{x.dim(0), d, {}, {}, o.intercept == Intercept::with, {}, {}};
  if (m.constant) m.names.push_back("(const)"), ++m.p;
  for (int64_t j = 0; j < d; ++j) m.names.push_back(o.names.empty() ? str("x{}", j + 1) : o.names[static_cast<size_t>(j)]);
  GRIM_CHECK(m.p >= 1 && m.n > m.p, argument, op, "got {} rows for {} coefficients, expected more rows than coefficients", m.n, m.p);
  m.x.assign(static_cast<size_t>(m.n * m.p), 1), m.unit.assign(static_cast<size_t>(m.p), 0), m.centre.assign(static_cast<size_t>(m.p), 0);
  for (int64_t i = 0; i < m.n; ++i)
    GRIM_CHECK(std::isfinite(y[static_cast<size_t>(i)]), numeric, op, "answer {} is {}, expected a finite number", i + 1,
               y[static_cast<size_t>(i)]);
  for (int64_t j = 0; j < d; ++j) {
    std::vector<double> column;
    for (int64_t i = 0; i < m.n; ++i) {
      const double v = column.emplace_back(x.data<double>()[i * d + j]);
      GRIM_CHECK(std::isfinite(v), numeric, op, "row {}, column {} is {}, expected a finite number", i + 1, j + 1, v);
    }
    const Sample s = sample_of(column);
    const size_t at = static_cast<size_t>(j + m.constant);
    m.unit[at] = m.constant ? s.unit() : s.exponent;
    if (m.constant) m.centre[at] = std::ldexp(static_cast<long double>(s.centre.high) + s.centre.low, -s.spread);
    for (int64_t i = 0; i < m.n; ++i) {
      long double v = std::ldexp(column[static_cast<size_t>(i)], -s.exponent);
      if (m.constant) v = s.constant() ? 0 : std::ldexp(v - s.centre.high - s.centre.low, -s.spread);
      m.x[static_cast<size_t>(i * m.p) + at] = v;
    }
  }
  return m;
}

// Coefficients stand in the units of their columns: where these lie far apart, a prediction adds numbers of no common size.
std::vector<std::string> unit_notes(const Design& m) {
  constexpr int kFar = 500;
  std::vector<std::string> notes;
  const auto first = m.unit.begin() + m.constant;
  if (first == m.unit.end()) return notes;
  const auto [low, high] = std::minmax_element(first, m.unit.end());
  const auto name = [&](auto at) { return m.names[static_cast<size_t>(at - m.unit.begin())]; };
  if (*high - *low > kFar)
    notes.push_back(str("columns {} and {} differ 2^{}-fold in size: each coefficient is right in its column's own unit; better units make them comparable",
                        name(low), name(high), *high - *low));
  return notes;
}

void check_rank(const char* op, const Design& m, const Qr& qr) {
  if (qr.dependent() >= 0)
    fail(ErrorKind::argument, op, str("column {} is a combination of those before it", m.names[static_cast<size_t>(qr.dependent())]),
         "leave it out");
}

// variance: of b in the design's own units; sigma: by which their roots are multiplied. y = 2^unit (its own values + centre).
struct Answers {
  int unit = 0;
  long double centre = 0;
};
using Solution = std::vector<long double>;
std::vector<Coefficient> table_of(const Design& m, const Qr& qr, Solution b, double sigma, const Answers& y, const Distribution& d,
                                  double level) {
  std::vector<double> error = qr.inverse_gram_diagonal();
  if (m.constant) {  // at x = 0 instead of at the means
    std::vector<double> back(b.size(), 1);
    b[0] += y.centre;
    for (size_t j = 1; j < b.size(); ++j) back[j] = static_cast<double>(-m.centre[j]), b[0] -= b[j] * m.centre[j];
    error[0] = qr.inverse_gram_form(back);
  }
  std::vector<Coefficient> c;
  const double reach = d.isf((1 - level) / 2);
  for (size_t j = 0; j < b.size(); ++j) {
    const int unit = y.unit - m.unit[j];
    const double at = static_cast<double>(b[j]) + 0.0, e = sigma * std::sqrt(error[j]), t = e > 0 ? at / e : std::nan("");
    c.push_back({m.names[j], std::ldexp(at, unit), std::ldexp(e, unit), t, symmetric_p(d, t, Alternative::two_sided), std::ldexp(at - reach * e, unit),
                 std::ldexp(at + reach * e, unit)});
    GRIM_CHECK(std::isfinite(c[j].estimate), numeric, "regression", "the coefficient of {} is beyond the range of a double", m.names[j]);
  }
  return c;
}

double predictor(const Design& m, const Solution& b, int64_t i) {
  long double sum = 0;
  for (int64_t j = 0; j < m.p; ++j) sum += m.x[static_cast<size_t>(i * m.p + j)] * b[static_cast<size_t>(j)];
  return static_cast<double>(sum);
}

// y ln(y / mu) with 0 ln 0 = 0, for deviances.
double y_log(double y, double mu) { return y > 0 ? y * std::log(y / mu) : 0; }

struct Link {
  Family family;
  double mean(double eta) const { return family == Family::logistic ? sigmoid(eta) : std::exp(eta); }
  double variance(double eta) const {  // of y, which is also d mean / d eta for canonical links
    if (family == Family::poisson) return std::exp(eta);
    const double e = std::exp(-std::abs(eta));
    return e / ((1 + e) * (1 + e));
  }
  // From the predictor itself, so that saturated means keep their digits.
  double log_likelihood(double y, double eta) const {
    if (family == Family::poisson) return y * eta - std::exp(eta) - log_gamma(y + 1);
    const double away = std::log1p(std::exp(-std::abs(eta)));  // ln(1 + e^-|eta|)
    return -y * (std::max(0.0, -eta) + away) - (1 - y) * (std::max(0.0, eta) + away);
  }
  double best_log_likelihood(double y) const {  // of the saturated model
    if (family == Family::poisson) return y_log(y, 1) - y - log_gamma(y + 1);
    return y_log(y, 1) + y_log(1 - y, 1);
  }
  double start(double y) const { return family == Family::logistic ? std::log((y + 0.5) / (1.5 - y)) : std::log(y + 0.1); }
};

}  // namespace

LinearFit least_squares(const Tensor& x, std::span<const double> given, const RegressionOptions& o) {
  const Design m = design_of("least squares", x, given, o);
  const Sample about = sample_of(given);
  GRIM_CHECK(!(m.constant && about.constant()), argument, "least squares", "all answers are {}: there is nothing to explain", given[0]);
  GRIM_CHECK(about.low != 0 || about.high != 0, argument, "least squares", "all answers are 0: there is nothing to explain");
  const Qr qr(m.x, m.n, m.p);
  check_rank("least squares", m, qr);
  Answers back{about.exponent, 0};
  if (m.constant) back = {about.unit(), std::ldexp(static_cast<long double>(about.centre.high) + about.centre.low, -about.spread)};
  std::vector<long double> y;
  for (double v : given)
    y.push_back(m.constant ? std::ldexp(std::ldexp(v, -about.exponent) - static_cast<long double>(about.centre.high) - about.centre.low, -about.spread)
                           : std::ldexp(v, -back.unit));
  const Solution b = qr.solve(y);
  LinearFit f{};
  std::vector<double> rests, predicted, about_centre(y.begin(), y.end());
  std::vector<long double> sizes;  // of what was added up to each rest
  for (int64_t i = 0; i < m.n; ++i) {
    long double rest = y[static_cast<size_t>(i)], size = std::abs(rest);
    for (int64_t j = 0; j < m.p; ++j) {
      const long double part = m.x[static_cast<size_t>(i * m.p + j)] * b[static_cast<size_t>(j)];
      rest -= part, size += std::abs(part);
    }
    rests.push_back(static_cast<double>(rest)), predicted.push_back(static_cast<double>(y[static_cast<size_t>(i)] - rest)), sizes.push_back(size);
    f.residuals.push_back(std::ldexp(rests.back(), back.unit)), f.fitted.push_back(given[static_cast<size_t>(i)] - f.residuals.back());
  }
  // Coefficients are known to about 2^-62 of the largest row: a row next to the means has no more of its own to compare with.
  const long double largest = std::ranges::max(sizes);
  bool perfect = true, last_digits = true;
  for (size_t i = 0; i < rests.size(); ++i) {
    perfect &= std::abs(rests[i]) <= 0x1p-50L * sizes[i] + 0x1p-61L * largest;
    last_digits &= std::abs(f.residuals[i]) <= 0x1p-51 * std::max(std::abs(about.low), std::abs(about.high));
  }
  const double n = static_cast<double>(m.n), rss = perfect ? 0 : inner(rests, rests), tss = inner(about_centre, about_centre), nan = std::nan("");
  // rss + ess = tss, and the lesser of the two keeps its digits only where it is summed itself.
  const double ess = 2 * rss > tss ? inner(predicted, predicted) : tss - rss;
  f.df_residual = n - static_cast<double>(m.p), f.df_model = static_cast<double>(m.p - m.constant);
  const double sigma = std::sqrt(rss / f.df_residual);
  f.sigma = std::ldexp(sigma, back.unit);
  f.coefficients = table_of(m, qr, b, sigma, back, *make_distribution("t", {{"df", f.df_residual}}), o.level);
  f.r_squared = ess / tss;
  f.adjusted_r_squared = 1 - (1 - f.r_squared) * (n - m.constant) / f.df_residual;
  f.f = f.f_p_value = nan;
  if (f.df_model > 0 && !perfect) {
    f.f = ess / f.df_model / (rss / f.df_residual);
    f.f_p_value = make_distribution("f", {{"df1", f.df_model}, {"df2", f.df_residual}})->sf(f.f);
  }
  f.log_likelihood = perfect ? nan : -n / 2 * (std::log(2 * M_PI * rss / n) + 2 * M_LN2 * back.unit + 1);
  f.aic = -2 * f.log_likelihood + 2 * static_cast<double>(m.p), f.bic = -2 * f.log_likelihood + std::log(n) * static_cast<double>(m.p);
  f.notes = unit_notes(m);
  if (std::isinf(f.sigma) || std::ranges::any_of(f.coefficients, [](const Coefficient& c) { return std::isinf(c.low) || std::isinf(c.high); }))
    f.notes.emplace_back(kBeyondRange);
  if (!m.constant) f.notes.push_back("no intercept: R squared is about 0, not about the mean");
  if (perfect) f.notes.push_back("the fit is perfect: there is no error, so that neither t, F and their p-values nor a largest likelihood exist");
  else if (last_digits)
    f.notes.push_back("the answers differ from the fit in their last digits alone: what is left may be rounding, and t, F and p made of it");
  return f;
}

// Which rows a direction d of the coefficients decides. The likelihood grows along d for ever when it moves every row towards its own
// answer or not at all: to a mean of 1 where y = 1, to 0 where y = 0 (Albert and Anderson 1984). Newton's steps tend to such a d,
// and move every row that it decides by about 1 or more a step, while those that it leaves undecided come to rest.
struct Separation {
  int64_t decided = 0, undecided = 0;
};
std::optional<Separation> separation_along(const Design& m, const Solution& d, Family family, std::span<const double> y) {
  Separation s;
  std::vector<long double> resting;
  for (int64_t i = 0; i < m.n; ++i) {
    const double answer = y[static_cast<size_t>(i)], along = predictor(m, d, i);
    const double towards = answer == 0 ? -along : answer == 1 && family == Family::logistic ? along : -std::abs(along);
    if (towards > 0.1) ++s.decided;
    else if (std::abs(towards) > 1e-3) return std::nullopt;
    else ++s.undecided, resting.insert(resting.end(), m.x.begin() + i * m.p, m.x.begin() + (i + 1) * m.p);
  }
  // Rows that fix every coefficient are not left undecided by any direction: they are on their way, slowly, beside an outlier.
  if (s.undecided >= m.p && Qr(resting, s.undecided, m.p).dependent() < 0) return std::nullopt;
  return s.decided ? std::optional(s) : std::nullopt;
}

std::string note_of(const Separation& s, Family family, double log_likelihood) {
  if (family == Family::poisson)
    return str("the fitted means of {} rows without events run to 0: a combination of the columns tells them apart from all others, so the "
               "estimates grow without bound and their standard errors mean nothing",
               s.decided);
  if (s.undecided == 0)
    return "perfect separation: a combination of the columns tells all answers apart, so the estimates grow without bound and their standard "
           "errors mean nothing";
  return str("quasi-complete separation: a combination of the columns tells the answers of {} rows apart and says nothing about the other {}, so "
             "the estimates grow without bound and their standard errors mean nothing; the log-likelihood tends to {:.6g}",
             s.decided, s.undecided, log_likelihood);
}

// Newton's method on the likelihood is, for canonical links, least squares of the working answer z = eta + (y - mu) / w with
// weights w = the variance (McCullagh and Nelder 1989, 2.5).
GlmFit glm(Family family, const Tensor& x, std::span<const double> y, const RegressionOptions& o) {
  const Design m = design_of("glm", x, y, o);
  const Link link{family};
  for (size_t i = 0; i < y.size(); ++i)
    GRIM_CHECK(y[i] >= 0 && (family == Family::poisson || y[i] <= 1), argument, "glm", "answer {} is {}, expected {}", i + 1, y[i],
               family == Family::poisson ? "a count" : "0 to 1");
  check_rank("glm", m, Qr(m.x, m.n, m.p));
  const double centre = mean(y);
  GRIM_CHECK(centre > 0 && (family == Family::poisson || centre < 1), argument, "glm", "all answers are {}: there is nothing to explain",
             y[0]);

  GlmFit f{};
  f.notes = unit_notes(m);
  std::vector<double> eta;
  Solution b(static_cast<size_t>(m.p), 0);
  std::vector<long double> weighted(m.x.size()), z(y.size());
  std::optional<Qr> last_qr;
  std::optional<Separation> separation;
  for (double v : y) eta.push_back(link.start(v));
  const auto likelihood = [&] {
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += link.log_likelihood(y[i], eta[i]);
    return sum;
  };
  double best = 0;
  for (size_t i = 0; i < y.size(); ++i) best += link.best_log_likelihood(y[i]);
  double last = std::nan("");
  for (f.iterations = 1; f.iterations <= 100; ++f.iterations) {
    for (size_t i = 0; i < y.size(); ++i) {
      const double w = std::max(link.variance(eta[i]), 1e-300), root = std::sqrt(w);
      for (int64_t j = 0; j < m.p; ++j)
        weighted[i * static_cast<size_t>(m.p) + static_cast<size_t>(j)] = root * m.x[i * static_cast<size_t>(m.p) + static_cast<size_t>(j)];
      z[i] = root * (eta[i] + (y[i] - link.mean(eta[i])) / w);
    }
    Qr qr(weighted, m.n, m.p);
    if (qr.dependent() >= 0) break;
    const Solution next = qr.solve(z);
    last_qr = std::move(qr);
    const Solution before = b;
    double share = 1;
    for (int halving = 0; halving < 30; ++halving, share /= 2) {  // a step that lowers the likelihood is halved
      for (size_t j = 0; j < b.size(); ++j) b[j] = f.iterations == 1 ? next[j] : before[j] + share * (next[j] - before[j]);
      for (int64_t i = 0; i < m.n; ++i) eta[static_cast<size_t>(i)] = predictor(m, b, i);
      f.log_likelihood = likelihood();
      if (f.iterations == 1 || f.log_likelihood >= last - 1e-9 * (1 + std::abs(last))) break;
    }
    long double change = 0, size = 1;  // all columns are of size 1, and so are predictors that matter
    for (size_t j = 0; j < b.size(); ++j) change = std::max(change, std::abs(b[j] - before[j])), size = std::max(size, std::abs(b[j]));
    if (f.iterations > 1 && change < 1e-10L * size) {
      f.converged = true;
      break;
    }
    const double gained = std::abs(f.log_likelihood - last);
    last = f.log_likelihood;
    if (separation) {  // the likelihood still has a limit, to which the other rows come
      if (gained < 1e-9 * (1 + std::abs(last))) break;
      continue;
    }
    if (std::ranges::none_of(eta, [](double e) { return std::abs(e) > 15; })) continue;
    Solution step(next);
    for (size_t j = 0; j < b.size(); ++j) step[j] -= before[j];
    separation = separation_along(m, step, family, y);
  }
  f.iterations = std::min<int64_t>(f.iterations, 100);
  f.deviance = 2 * (best - f.log_likelihood);
  if (separation) f.notes.push_back(note_of(*separation, family, f.log_likelihood));
  else if (!f.converged) f.notes.push_back("the iteration did not converge: some fitted means are 0 or 1 within rounding, or too large");
  for (double e : eta) f.fitted.push_back(link.mean(e));
  GRIM_CHECK(last_qr, numeric, "glm", "the answers leave the range in which the iteration can begin");
  f.coefficients = table_of(m, *last_qr, b, 1, {}, *make_distribution("normal", {}), o.level);
  const double null_eta = m.constant ? (family == Family::logistic ? std::log(centre / (1 - centre)) : std::log(centre)) : 0;
  for (double v : y) f.null_log_likelihood += link.log_likelihood(v, null_eta);
  f.null_deviance = 2 * (best - f.null_log_likelihood);
  f.aic = -2 * f.log_likelihood + 2 * static_cast<double>(m.p);
  f.likelihood_ratio = 2 * (f.log_likelihood - f.null_log_likelihood), f.lr_df = static_cast<double>(m.p - m.constant);
  f.lr_p_value = f.lr_df > 0 ? make_distribution("chi-square", {{"df", f.lr_df}})->sf(f.likelihood_ratio) : std::nan("");
  return f;
}

namespace {
Json coefficients_json(const std::vector<Coefficient>& coefficients) {
  Json a = Json::array();
  for (const Coefficient& c : coefficients)
    a.push(Json::object({{"name", c.name},
                         {"estimate", c.estimate},
                         {"standard_error", value_or_null(c.standard_error)},
                         {"statistic", value_or_null(c.statistic)},
                         {"p_value", value_or_null(c.p_value)},
                         {"low", value_or_null(c.low)},
                         {"high", value_or_null(c.high)}}));
  return a;
}
}  // namespace

Json to_json(const LinearFit& f) {
  return Json::object({{"method", "least squares"},
                       {"coefficients", coefficients_json(f.coefficients)},
                       {"r_squared", value_or_null(f.r_squared)},
                       {"adjusted_r_squared", value_or_null(f.adjusted_r_squared)},
                       {"sigma", value_or_null(f.sigma)},
                       {"f", value_or_null(f.f)},
                       {"f_p_value", value_or_null(f.f_p_value)},
                       {"df_model", f.df_model},
                       {"df_residual", f.df_residual},
                       {"log_likelihood", value_or_null(f.log_likelihood)},
                       {"aic", value_or_null(f.aic)},
                       {"bic", value_or_null(f.bic)},
                       {"notes", Json::array_of(f.notes)}});
}

Json to_json(const GlmFit& f) {
  return Json::object({{"method", "maximum likelihood"},
                       {"coefficients", coefficients_json(f.coefficients)},
                       {"log_likelihood", value_or_null(f.log_likelihood)},
                       {"null_log_likelihood", f.null_log_likelihood},
                       {"deviance", f.deviance},
                       {"null_deviance", f.null_deviance},
                       {"aic", value_or_null(f.aic)},
                       {"likelihood_ratio", value_or_null(f.likelihood_ratio)},
                       {"lr_df", f.lr_df},
                       {"lr_p_value", value_or_null(f.lr_p_value)},
                       {"iterations", f.iterations},
                       {"converged", f.converged},
                       {"notes", Json::array_of(f.notes)}});
}

}  // namespace grim::stats
