#include "grimoire/command/stats_answers.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/numbers.h"
#include "grimoire/stats/bayes.h"
#include "grimoire/stats/counts.h"
#include "grimoire/stats/information.h"
#include "grimoire/stats/means.h"
#include "grimoire/stats/multiple.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/summary.h"

namespace grim {

using namespace stats;

Answer show(const TestResult& r) {
  GRIM_CHECK(std::isfinite(r.statistic.value), numeric, r.method, "the statistic {} is {}: it does not exist for these values, or is beyond the "
             "range of a double", r.statistic.name, number(r.statistic.value));
  Lines lines = {{r.statistic.name, number(r.statistic.value)}};
  std::string df;
  for (double v : r.df) df += (df.empty() ? "" : ", ") + number(v);
  if (!df.empty()) lines.emplace_back("df", df);
  lines.emplace_back("p-value", str("{} ({})", r.impossible ? "0" : probability(r.p_value), name_of(r.alternative)));
  for (const Named& e : r.estimates) lines.emplace_back(e.name, number(e.value));
  if (r.interval)
    lines.emplace_back(str("{:.4g} % interval", 100 * r.interval->level),
                       str("{} to {} ({})", number(r.interval->low), number(r.interval->high), r.interval->of));
  if (r.effect) lines.emplace_back("effect", str("{} ({})", number(r.effect->value), r.effect->name));
  for (const std::string& note : r.notes) lines.emplace_back("note", note);
  return {r.method + "\n" + aligned(lines) + r.meaning + "\n", to_json(r)};
}

namespace {

std::string cell(double v) { return std::isnan(v) ? "-" : str("{:.4g}", v); }  // the note says why it does not exist

std::string coefficient_table(const std::vector<Coefficient>& coefficients) {
  size_t width = 11;
  for (const Coefficient& c : coefficients) width = std::max(width, c.name.size());
  const auto pad = [&](const std::string& s) { return s + std::string(width + 2 - s.size(), ' '); };
  std::string text = "  " + pad("coefficient") + str("{:>15} {:>14} {:>10} {:>12}\n", "estimate", "std. error", "statistic", "p-value");
  for (const Coefficient& c : coefficients)
    text += "  " + pad(c.name) + str("{:>15.8g} {:>14.7g} {:>10} {:>12}\n", c.estimate, c.standard_error, cell(c.statistic), cell(c.p_value));
  return text;
}

}  // namespace

Answer describe_answer(Values x) {
  const Description d = stats::describe(x);
  Lines lines = {{"n", str("{}", d.n)}, {"missing", str("{}", d.missing)}};
  Json j = Json::object({{"n", d.n}, {"missing", d.missing}});
  for (const auto& [key, v] : {std::pair{"mean", d.mean},
                               {"sd", d.sd},
                               {"standard_error", d.standard_error},
                               {"low", d.low},
                               {"q1", d.q1},
                               {"median", d.median},
                               {"q3", d.q3},
                               {"high", d.high},
                               {"skewness", d.skewness},
                               {"excess_kurtosis", d.excess_kurtosis}})
    lines.emplace_back(key, number(v)), j.set(key, value_or_null(v));
  if (std::isinf(d.sd) || std::isinf(d.standard_error)) lines.emplace_back("note", kBeyondRange), j.set("notes", Json::array({kBeyondRange}));
  return {aligned(lines), j};
}

Answer means_answer(Values x) {
  const double a = mean(x), g = geometric_mean(x), h = harmonic_mean(x);
  return {aligned({{"arithmetic", number(a)}, {"geometric", number(g)}, {"harmonic", number(h)}}),
          Json::object({{"arithmetic", a}, {"geometric", g}, {"harmonic", h}})};
}

Answer ema_answer(Values v, double alpha) {
  const std::vector<double> plain = ema(v, alpha), corrected = ema(v, alpha, EmaForm::corrected);
  std::string text = str("  {:>14} {:>14} {:>14}\n", "x", "recursive", "bias-corrected");
  for (size_t i = 0; i < v.size(); ++i) text += str("  {:>14.8g} {:>14.8g} {:>14.8g}\n", v[i], plain[i], corrected[i]);
  return {text, Json::object({{"alpha", alpha}, {"recursive", Json::array_of(plain)}, {"corrected", Json::array_of(corrected)}})};
}

Answer tukey_answer(const Groups& groups, const std::vector<std::string>& labels, double level, Missing missing) {
  const auto label = [&](int i) { return labels.empty() ? str("{}", i + 1) : labels[static_cast<size_t>(i)]; };
  Json pairs = Json::array();
  std::string text = str("Tukey's honest significant differences, {:.4g} % simultaneous intervals\n  {:<24} {:>14} {:>14} {:>14} {:>12}\n",
                         100 * level, "groups", "difference", "low", "high", "p-value");
  const Tukey tukey = tukey_hsd(groups, level, missing);
  for (const PairDifference& p : tukey.pairs) {
    text += str("  {:<24} {:>14.8g} {:>14.8g} {:>14.8g} {:>12.6g}\n", label(p.second) + " - " + label(p.first), p.difference, p.low, p.high,
                p.p_value);
    pairs.push(Json::object({{"first", label(p.first)},
                             {"second", label(p.second)},
                             {"difference", p.difference},
                             {"low", p.low},
                             {"high", p.high},
                             {"p_value", p.p_value}}));
  }
  for (const std::string& n : tukey.notes) text += "note: " + n + "\n";
  return {text, Json::object({{"method", "Tukey HSD"}, {"level", level}, {"pairs", pairs}, {"notes", Json::array_of(tukey.notes)}})};
}

Answer bootstrap_answer(Values x, const ResampleOptions& options, uint64_t seed) {
  Rng rng(RngMode::philox, seed, "bootstrap");
  const Sample s = sample_of(x);  // deviations are resampled: the mean of numbers far from 0 would lose their digits
  const Bootstrap b = bootstrap(
      s.deviation, [](Values v) { return mean(v); }, rng, options);
  const auto at = [&](double v) { return s.at(v); };
  const double bias = std::ldexp(b.bias, s.unit()), error = std::ldexp(b.standard_error, s.unit());
  const auto range = [&](const Interval& i) { return str("{} to {}", number(at(i.low)), number(at(i.high))); };
  return {aligned({{"mean", number(s.mean())},
                   {"bias", number(bias)},
                   {"standard error", number(error)},
                   {"percentile interval", range(b.percentile)},
                   {"BCa interval", range(b.bca)}}),
          Json::object({{"mean", s.mean()},
                        {"bias", bias},
                        {"standard_error", error},
                        {"level", options.level},
                        {"percentile", Json::array({at(b.percentile.low), at(b.percentile.high)})},
                        {"bca", Json::array({at(b.bca.low), at(b.bca.high)})}})};
}

Answer adjust_answer(Values p, const std::string& how) {
  const std::vector<double> q = adjust(p, adjustment_of(how));
  std::string text = str("  {:>14} {:>14}\n", "p", how);
  for (size_t i = 0; i < p.size(); ++i) text += str("  {:>14.8g} {:>14.8g}\n", p[i], q[i]);
  return {text, Json::object({{"method", how}, {"p", Json::array_of(p)}, {"adjusted", Json::array_of(q)}})};
}

Answer power_answer(const PowerQuestion& q) {
  const double power = t_power(q);
  return {"two-sample t test\n" + aligned({{"values a group", number(q.n)},
                                           {"whole", str("{:.0f}", std::ceil(q.n - 1e-9))},
                                           {"effect (Cohen's d)", number(q.effect)},
                                           {"alpha", number(q.alpha)},
                                           {"power", number(power)}}),
          Json::object({{"n", q.n}, {"effect", q.effect}, {"alpha", q.alpha}, {"power", power}, {"alternative", name_of(q.alternative)}})};
}

Answer entropy_answer(Values counts) {
  const double h = entropy(shares_of(counts));
  return {aligned({{"entropy (nats)", number(h)}, {"entropy (bits)", number(to_bits(h))}, {"perplexity", number(std::exp(h))}}),
          Json::object({{"nats", h}, {"bits", to_bits(h)}, {"perplexity", std::exp(h)}})};
}

Answer divergence_answer(Values counts_p, Values counts_q) {
  const std::vector<double> p = shares_of(counts_p), q = shares_of(counts_q);
  Lines lines;
  Json j = Json::object();
  for (const auto& [key, v] : {std::pair{"kl_nats", kl_divergence(p, q)},
                               {"kl_bits", to_bits(kl_divergence(p, q))},
                               {"reverse_kl_nats", kl_divergence(q, p)},
                               {"js_nats", js_divergence(p, q)},
                               {"js_bits", to_bits(js_divergence(p, q))},
                               {"cross_entropy_bits", to_bits(cross_entropy(p, q))}})
    lines.emplace_back(key, number(v)), j.set(key, v);
  return {aligned(lines), j};
}

Answer bayes_answer(Values prior, Values likelihood) {
  const std::vector<double> after = posterior(prior, likelihood);
  std::string text = str("  {:<10} {:>12} {:>12} {:>14}\n", "hypothesis", "prior", "likelihood", "posterior");
  for (size_t i = 0; i < after.size(); ++i)
    text += str("  {:<10} {:>12.6g} {:>12.6g} {:>14.10g}\n", i + 1, prior[i], likelihood[i], after[i]);
  return {text, Json::object(
                    {{"prior", Json::array_of(prior)}, {"likelihood", Json::array_of(likelihood)}, {"posterior", Json::array_of(after)}})};
}

Answer interval_answer(double k, double n, double level) {
  Lines lines;
  Json j = Json::object({{"level", level}});
  for (const auto& [key, form] : {std::pair{"wilson", ProportionInterval::wilson},
                                  {"clopper_pearson", ProportionInterval::clopper_pearson},
                                  {"jeffreys", ProportionInterval::jeffreys}}) {
    const Interval i = proportion_interval(k, n, form, level);
    lines.emplace_back(key, str("{} to {}", number(i.low), number(i.high)));
    j.set(key, Json::array({i.low, i.high}));
  }
  return {aligned(lines), j};
}

Answer regression_answer(const DesignMatrix& m, double level) {
  LinearFit f = least_squares(m.x, m.y, {.names = m.names, .level = level});
  f.notes.insert(f.notes.begin(), m.notes.begin(), m.notes.end());
  Lines lines = {{"R squared", str("{} (adjusted {})", number(f.r_squared), number(f.adjusted_r_squared))},
                 {"residual sd", str("{} on {} df", number(f.sigma), f.df_residual)},
                 {"F", std::isnan(f.f) ? number(f.f) : str("{} on {} and {} df, p = {:.6g}", number(f.f), f.df_model, f.df_residual, f.f_p_value)},
                 {"log-likelihood", std::isnan(f.aic) ? number(f.aic) : str("{}, AIC {}, BIC {}", number(f.log_likelihood), number(f.aic), number(f.bic))}};
  for (const std::string& n : f.notes) lines.emplace_back("note", n);
  return {"least squares\n" + coefficient_table(f.coefficients) + aligned(lines), to_json(f)};
}

Answer glm_answer(Family family, const DesignMatrix& m, double level) {
  GlmFit f = glm(family, m.x, m.y, {.names = m.names, .level = level});
  f.notes.insert(f.notes.begin(), m.notes.begin(), m.notes.end());
  Lines lines = {{"log-likelihood", str("{} (constant alone {})", number(f.log_likelihood), number(f.null_log_likelihood))},
                 {"deviance", str("{} (constant alone {})", number(f.deviance), number(f.null_deviance))},
                 {"likelihood ratio", f.lr_df > 0 ? str("{} on {} df, p = {:.6g}", number(f.likelihood_ratio), f.lr_df, f.lr_p_value) : number(std::nan(""))},
                 {"AIC", number(f.aic)},
                 {"iterations", str("{}", f.iterations)}};
  for (const std::string& n : f.notes) lines.emplace_back("note", n);
  return {str("{} regression by maximum likelihood\n", family == Family::logistic ? "logistic" : "Poisson") +
              coefficient_table(f.coefficients) + aligned(lines),
          to_json(f)};
}

Answer pca_answer(const DesignMatrix& m, int64_t components, Scaling scaling) {
  const Pca p = pca(m.x, components, scaling);
  const std::vector<double> sd = p.sd.to_vector<double>(), ratio = p.ratio.to_vector<double>();
  std::string text = str("  {:<9} {:>14} {:>12}  loadings\n", "component", "sd", "share");
  Json loadings = Json::array();
  for (int64_t i = 0; i < p.components.dim(0); ++i) {
    text += str("  {:<9} {:>14.8g} {:>12.6g} ", i + 1, sd[static_cast<size_t>(i)], ratio[static_cast<size_t>(i)]);
    Json row = Json::array();
    for (int64_t j = 0; j < p.components.dim(1); ++j) {
      row.push(p.components.at({i, j}));
      if (j < 8) text += str(" {:.4f}", p.components.at({i, j}));
    }
    text += p.components.dim(1) > 8 ? " ...\n" : "\n";
    loadings.push(std::move(row));
  }
  std::vector<std::string> notes = m.notes;
  if (std::ranges::any_of(sd, [](double v) { return std::isinf(v); })) notes.emplace_back(kBeyondRange);
  for (const std::string& n : notes) text += "note: " + n + "\n";
  return {text, Json::object({{"names", Json::array_of(m.names)},
                              {"sd", Json::array_of(sd)},
                              {"ratio", Json::array_of(ratio)},
                              {"components", loadings},
                              {"notes", Json::array_of(notes)}})};
}

}  // namespace grim
