#include "grimoire/stats/regression.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/qr.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"
#include "grimoire/tensor/copy.h"

namespace grim::stats {
namespace {

struct Design {
  int64_t n, p;
  std::vector<double> x;  // (n, p), the constant first
  std::vector<std::string> names;
  bool constant;
};

Design design_of(const char* op, const Tensor& given, std::span<const double> y, const RegressionOptions& o) {
  GRIM_CHECK(given.ndim() == 2, shape, op, "got x of {}, expected (N, D)", given.shape());
  const Tensor x = contiguous(cast(given, Dtype::f64));
  const int64_t d = x.dim(1);
  GRIM_CHECK(x.dim(0) == static_cast<int64_t>(y.size()), shape, op, "got {} rows and {} answers, expected as many", x.dim(0), y.size());
  GRIM_CHECK(o.names.empty() || static_cast<int64_t>(o.names.size()) == d, argument, op, "got {} names for {} columns", o.names.size(), d);
  check_level(o.level);
  Design m{x.dim(0), d, {}, {}, o.intercept == Intercept::with};
  if (m.constant) m.names.push_back("(const)"), ++m.p;
  for (int64_t j = 0; j < d; ++j) m.names.push_back(o.names.empty() ? str("x{}", j + 1) : o.names[static_cast<size_t>(j)]);
  GRIM_CHECK(m.p >= 1 && m.n > m.p, argument, op, "got {} rows for {} coefficients, expected more rows than coefficients", m.n, m.p);
  for (int64_t i = 0; i < m.n; ++i) {
    if (m.constant) m.x.push_back(1);
    GRIM_CHECK(std::isfinite(y[static_cast<size_t>(i)]), numeric, op, "answer {} is {}, expected a finite number", i + 1,
               y[static_cast<size_t>(i)]);
    for (int64_t j = 0; j < d; ++j) {
      const double v = x.data<double>()[i * d + j];
      GRIM_CHECK(std::isfinite(v), numeric, op, "row {}, column {} is {}, expected a finite number", i + 1, j + 1, v);
      m.x.push_back(v);
    }
  }
  return m;
}

void check_rank(const char* op, const Design& m, const Qr& qr) {
  if (qr.dependent() >= 0)
    fail(ErrorKind::argument, op, str("column {} is a combination of those before it", m.names[static_cast<size_t>(qr.dependent())]),
         "leave it out");
}

std::vector<Coefficient> table_of(const Design& m, const std::vector<double>& b, const std::vector<double>& errors, const Distribution& d,
                                  double level) {
  std::vector<Coefficient> c;
  const double reach = d.isf((1 - level) / 2);
  for (size_t j = 0; j < b.size(); ++j) {
    const double t = b[j] / errors[j];
    c.push_back(
        {m.names[j], b[j], errors[j], t, symmetric_p(d, t, Alternative::two_sided), b[j] - reach * errors[j], b[j] + reach * errors[j]});
  }
  return c;
}

double predictor(const Design& m, const std::vector<double>& b, int64_t i) {
  long double sum = 0;
  for (int64_t j = 0; j < m.p; ++j) sum += static_cast<long double>(m.x[static_cast<size_t>(i * m.p + j)]) * b[static_cast<size_t>(j)];
  return static_cast<double>(sum);
}

// y ln(y / mu) with 0 ln 0 = 0, for deviances.
double y_log(double y, double mu) { return y > 0 ? y * std::log(y / mu) : 0; }

struct Link {
  Family family;
  double mean(double eta) const { return family == Family::logistic ? 1 / (1 + std::exp(-eta)) : std::exp(eta); }
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

LinearFit least_squares(const Tensor& x, std::span<const double> y, const RegressionOptions& o) {
  const Design m = design_of("least squares", x, y, o);
  const Qr qr(m.x, m.n, m.p);
  check_rank("least squares", m, qr);
  const std::vector<double> b = qr.solve(y);
  LinearFit f{};
  long double rest = 0, total = 0;
  const double centre = m.constant ? mean(y) : 0;
  for (int64_t i = 0; i < m.n; ++i) {
    const double at = y[static_cast<size_t>(i)], fitted = predictor(m, b, i);
    f.fitted.push_back(fitted), f.residuals.push_back(at - fitted);
    rest += static_cast<long double>(at - fitted) * (at - fitted), total += static_cast<long double>(at - centre) * (at - centre);
  }
  const double n = static_cast<double>(m.n), rss = static_cast<double>(rest), tss = static_cast<double>(total);
  f.df_residual = n - static_cast<double>(m.p), f.df_model = static_cast<double>(m.p - m.constant);
  f.sigma = std::sqrt(rss / f.df_residual);
  std::vector<double> errors = qr.inverse_gram_diagonal();
  for (double& e : errors) e = f.sigma * std::sqrt(e);
  f.coefficients = table_of(m, b, errors, *make_distribution("t", {{"df", f.df_residual}}), o.level);
  f.r_squared = tss > 0 ? (tss - rss) / tss : std::nan("");
  f.adjusted_r_squared = 1 - (1 - f.r_squared) * (n - m.constant) / f.df_residual;
  f.f = f.f_p_value = std::nan("");
  if (f.df_model > 0) {
    f.f = (tss - rss) / f.df_model / (rss / f.df_residual);
    f.f_p_value = rss > 0 ? make_distribution("f", {{"df1", f.df_model}, {"df2", f.df_residual}})->sf(f.f) : 0;
  }
  f.log_likelihood = -n / 2 * (std::log(2 * M_PI * rss / n) + 1);
  f.aic = -2 * f.log_likelihood + 2 * static_cast<double>(m.p), f.bic = -2 * f.log_likelihood + std::log(n) * static_cast<double>(m.p);
  if (!m.constant) f.notes.push_back("no intercept: R squared is about 0, not about the mean");
  if (rss <= 1e-24 * tss) f.notes.push_back("the fit is perfect: standard errors mean nothing");
  return f;
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
  std::vector<double> eta, b(static_cast<size_t>(m.p), 0), weighted(m.x.size()), z(y.size()), gram;
  for (double v : y) eta.push_back(link.start(v));
  const auto likelihood = [&] {
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += link.log_likelihood(y[i], eta[i]);
    return sum;
  };
  double best = 0;
  for (size_t i = 0; i < y.size(); ++i) best += link.best_log_likelihood(y[i]);
  double last = std::nan("");
  bool separated = false;
  for (f.iterations = 1; f.iterations <= 100; ++f.iterations) {
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < y.size(); ++i) {
      const double w = std::max(link.variance(eta[i]), 1e-300), root = std::sqrt(w);
      least = std::min(least, w);
      for (int64_t j = 0; j < m.p; ++j)
        weighted[i * static_cast<size_t>(m.p) + static_cast<size_t>(j)] = root * m.x[i * static_cast<size_t>(m.p) + static_cast<size_t>(j)];
      z[i] = root * (eta[i] + (y[i] - link.mean(eta[i])) / w);
    }
    const Qr qr(weighted, m.n, m.p);
    if (qr.dependent() >= 0) {
      separated = true;
      break;
    }
    gram = qr.inverse_gram_diagonal();
    const std::vector<double> next = qr.solve(z);
    const std::vector<double> before = b;
    double share = 1;
    for (int halving = 0; halving < 30; ++halving, share /= 2) {  // a step that lowers the likelihood is halved
      for (size_t j = 0; j < b.size(); ++j) b[j] = f.iterations == 1 ? next[j] : before[j] + share * (next[j] - before[j]);
      for (int64_t i = 0; i < m.n; ++i) eta[static_cast<size_t>(i)] = predictor(m, b, i);
      f.log_likelihood = likelihood();
      if (f.iterations == 1 || f.log_likelihood >= last - 1e-9 * (1 + std::abs(last))) break;
    }
    double moved = 0;
    for (size_t j = 0; j < b.size(); ++j) moved = std::max(moved, std::abs(b[j] - before[j]) / (1e-8 + std::abs(b[j])));
    f.deviance = 2 * (best - f.log_likelihood);
    if (family == Family::logistic && f.deviance < 1e-6 * static_cast<double>(m.n)) {
      separated = true;
      break;
    }
    if (f.iterations > 1 && moved < 1e-10) {
      f.converged = true;
      break;
    }
    last = f.log_likelihood;
  }
  f.iterations = std::min<int64_t>(f.iterations, 100);
  double most = 0;
  for (double e : eta) most = std::max(most, std::abs(e));
  if (family == Family::logistic && (separated || most > 30)) {
    f.converged = false;
    f.notes.push_back(
        separated ? "perfect separation: a combination of the columns tells all answers apart, so the estimates grow without bound and "
                    "their standard errors mean nothing"
                  : "quasi-separation: some fitted probabilities are 0 or 1 within rounding; their coefficients grow without bound");
  } else if (!f.converged) {
    f.notes.push_back("the iteration did not converge");
  }
  for (double e : eta) f.fitted.push_back(link.mean(e));
  if (gram.empty()) gram.assign(b.size(), std::nan(""));
  std::vector<double> errors(gram);
  for (double& e : errors) e = std::sqrt(e);
  f.coefficients = table_of(m, b, errors, *make_distribution("normal", {}), o.level);
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
                         {"standard_error", c.standard_error},
                         {"statistic", c.statistic},
                         {"p_value", c.p_value},
                         {"low", c.low},
                         {"high", c.high}}));
  return a;
}
}  // namespace

Json to_json(const LinearFit& f) {
  return Json::object({{"method", "least squares"},
                       {"coefficients", coefficients_json(f.coefficients)},
                       {"r_squared", f.r_squared},
                       {"adjusted_r_squared", f.adjusted_r_squared},
                       {"sigma", f.sigma},
                       {"f", f.f},
                       {"f_p_value", f.f_p_value},
                       {"df_model", f.df_model},
                       {"df_residual", f.df_residual},
                       {"log_likelihood", f.log_likelihood},
                       {"aic", f.aic},
                       {"bic", f.bic},
                       {"notes", Json::array_of(f.notes)}});
}

Json to_json(const GlmFit& f) {
  return Json::object({{"method", "maximum likelihood"},
                       {"coefficients", coefficients_json(f.coefficients)},
                       {"log_likelihood", f.log_likelihood},
                       {"null_log_likelihood", f.null_log_likelihood},
                       {"deviance", f.deviance},
                       {"null_deviance", f.null_deviance},
                       {"aic", f.aic},
                       {"likelihood_ratio", f.likelihood_ratio},
                       {"lr_df", f.lr_df},
                       {"lr_p_value", f.lr_p_value},
                       {"iterations", f.iterations},
                       {"converged", f.converged},
                       {"notes", Json::array_of(f.notes)}});
}

}  // namespace grim::stats
