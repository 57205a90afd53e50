// The sixteen families against mpmath at 60 digits (tools/golden/distributions.py), at ordinary and at extreme parameters and places.
//
// Errors are those of logarithms: an absolute error of ln p is a relative one of p. What a double can know: the exponent of a tail e^-L
// comes from rounded numbers, so that p is known to about L eps, 1e-13 at 1e-300; hence the errors allowed grow with max(1, L).
#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/stats/distribution.h"
#include "stats/golden.h"

namespace grim::stats {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

const Json& extremes() {
  static const Json all = Json::parse(read_file(test::golden_file("distributions.json")), "distributions.json");
  return all;
}
std::vector<double> numbers(const Json& list) {
  std::vector<double> v;
  for (const Json& x : list.items()) v.push_back(x.as_real());
  return v;
}

// In units of max(1, |expected|).
double log_error(double got, double expected) {
  if (got == expected) return 0;
  if (!std::isfinite(got) || !std::isfinite(expected)) return kInf;
  return std::abs(got - expected) / std::max(1.0, std::abs(expected));
}
std::unique_ptr<Distribution> of_row(const Json& row) {
  Parameters p;
  for (const std::string& key : row.at("parameters").keys()) p.emplace_back(key, row.at("parameters").real(key));
  return make_distribution(row.text("name"), p);
}

// What is allowed, with what the worst case is today:
constexpr double kLogs = 3e-14;       // 1.2e-14: a density next to sd = 1e-300, whose two logarithms of 700 cancel
constexpr double kQuantiles = 5e-13;  // 1.3e-13: e^(10 + 30 z), z rounded
constexpr double kMoments = 1e-12;    // 1.9e-13: Weibull of shape 0.01, powers of Gamma(101) to Gamma(401)
constexpr double kFits = 2e-13;       // 9e-14: Weibull from 1e-300 to 1e300

TEST(Extremes, DensitiesAndTails) {
  int compared = 0;
  for (const Json& row : extremes().list("distributions")) {
    const auto d = of_row(row);
    const std::vector<double> x = numbers(row.at("x")), log_pdf = numbers(row.at("log_pdf")), log_cdf = numbers(row.at("log_cdf")),
                              log_sf = numbers(row.at("log_sf"));
    for (size_t i = 0; i < x.size(); ++i) {
      SCOPED_TRACE(row.text("name") + row.at("parameters").dump() + str(" at {:.17g}", x[i]));
      EXPECT_LE(log_error(d->log_pdf(x[i]), log_pdf[i]), kLogs) << str("log_pdf {:.17g}, expected {:.17g}", d->log_pdf(x[i]), log_pdf[i]);
      EXPECT_LE(log_error(d->log_cdf(x[i]), log_cdf[i]), kLogs) << str("log_cdf {:.17g}, expected {:.17g}", d->log_cdf(x[i]), log_cdf[i]);
      EXPECT_LE(log_error(d->log_sf(x[i]), log_sf[i]), kLogs) << str("log_sf {:.17g}, expected {:.17g}", d->log_sf(x[i]), log_sf[i]);
      if (log_pdf[i] > -700 && log_pdf[i] < 700) {
        EXPECT_LE(log_error(std::log(d->pdf(x[i])), log_pdf[i]), kLogs);
      }
      if (log_cdf[i] > -700) {
        EXPECT_LE(log_error(std::log(d->cdf(x[i])), log_cdf[i]), kLogs) << str("cdf {:.17g}", d->cdf(x[i]));
      }
      if (log_sf[i] > -700) {
        EXPECT_LE(log_error(std::log(d->sf(x[i])), log_sf[i]), kLogs) << str("sf {:.17g}", d->sf(x[i]));
      }
      compared += 6;
    }
  }
  EXPECT_GT(compared, 6000);
}

// Back from both tails, 1e-300 among them. A p that was rounded to a double belongs to an x that is off by p / pdf eps, times the size of
// its exponent; counts may be the neighbour.
TEST(Extremes, Quantiles) {
  int compared = 0;
  for (const Json& row : extremes().list("distributions")) {
    const auto d = of_row(row);
    const std::vector<double> x = numbers(row.at("x")), log_pdf = numbers(row.at("log_pdf")), log_cdf = numbers(row.at("log_cdf")),
                              log_sf = numbers(row.at("log_sf"));
    for (size_t i = 0; i < x.size(); ++i)
      for (const bool lower : {true, false}) {
        const double l = lower ? log_cdf[i] : log_sf[i];
        if (!(l > -700 && l < -0.01)) continue;
        SCOPED_TRACE(row.text("name") + row.at("parameters").dump() + str(" at {:.17g}", x[i]));
        const double got = lower ? d->quantile(std::exp(l)) : d->isf(std::exp(l)), off = std::abs(got - x[i]);
        const double rounded = std::exp(std::min(700.0, l - log_pdf[i])) * std::max(1.0, -l) * 1e-15;
        EXPECT_LE(off, kQuantiles * std::abs(x[i]) + (d->discrete() ? 1 + 4 * rounded : rounded + 5e-324)) << str("{:.17g}", got);
        ++compared;
      }
  }
  EXPECT_GT(compared, 1000);
}

TEST(Extremes, Moments) {
  for (const Json& row : extremes().list("distributions")) {
    const auto d = of_row(row);
    SCOPED_TRACE(row.text("name") + row.at("parameters").dump());
    const std::vector<double> m = numbers(row.at("moments"));
    const auto expect = [](double got, double expected, const char* what) {
      const bool same = got == expected || (std::isnan(got) && std::isnan(expected));
      EXPECT_TRUE(same || std::abs(got - expected) <= kMoments * std::abs(expected)) << what << str(": {:.17g}, expected {:.17g}", got, expected);
    };
    expect(d->mean(), m[0], "mean"), expect(d->variance(), m[1], "variance"), expect(d->skewness(), m[2], "skewness");
    expect(d->excess_kurtosis(), m[3], "excess kurtosis");
    if (!std::isnan(m[4])) {
      EXPECT_LE(log_error(d->entropy(), m[4]), kMoments) << str("entropy {:.17g}, expected {:.17g}", d->entropy(), m[4]);
    }
  }
}

TEST(Extremes, Fits) {
  for (const Json& row : extremes().list("fits")) {
    const std::vector<double> x = numbers(row.at("x")), at = numbers(row.at("at"));
    SCOPED_TRACE(row.text("name") + str(" of {:.17g}, ...", x[0]));
    const Fit f = fit(row.text("name"), x);
    for (size_t i = 0; i < at.size(); ++i) {
      const double got = f.distribution->parameters()[i].second;
      // the mean of logarithms that cancel is as exact as they are
      const double size = row.text("name") == "lognormal" && i == 0 ? std::max(1.0, std::abs(at[i])) : std::abs(at[i]);
      EXPECT_LE(std::abs(got - at[i]), kFits * size) << str("{}: {:.17g}, expected {:.17g}", f.distribution->parameters()[i].first, got, at[i]);
      EXPECT_GT(f.standard_errors[i], 0);
    }
  }
}

double random_parameter(Rng& rng, const std::string& range) {
  const auto size = [&](double low, double high) { return std::pow(10, low + (high - low) * rng.uniform_double()); };
  if (range == "any number") return 1000 * (rng.uniform_double() - 0.5);
  if (range == "above low") return 1000 + size(-12, 15);
  if (range.starts_with("a whole number")) return std::floor(size(0, 15));
  if (range == "from 0 to 1" || range == "above 0, up to 1") {
    const double p = size(-12, 0);
    return rng.bernoulli(0.3) ? 1 - p : p;
  }
  return size(-12, 15);
}

// A law with a scale is the standard one in another unit, also where the standard number is below or beyond what a double holds. x from mpmath.
TEST(Extremes, ScalesBeyondTheStandardLaw) {
  const struct {
    const char* name;
    Parameters parameters;
    double p, x;
  } cases[] = {{"gamma", {{"shape", 0.5}, {"scale", 1e100}}, 1e-170, 7.853981633974483e-241},
               {"gamma", {{"shape", 0.5}, {"scale", 1e100}}, 1e-190, 7.8539816339744835e-281},
               {"gamma", {{"shape", 0.5}, {"scale", 1e300}}, 1e-300, 7.8539816339744839e-301},
               {"weibull", {{"shape", 0.5}, {"scale", 1e100}}, 1e-170, 1e-240},
               {"weibull", {{"shape", 0.5}, {"scale", 1e300}}, 1e-300, 1e-300},
               {"f", {{"df1", 1}, {"df2", 1e10}}, 1e-150, 1.5707963268734364e-300},
               {"exponential", {{"rate", 1e-300}}, 1e-300, 1}};
  for (const auto& c : cases) {
    SCOPED_TRACE(str("{} at {}", c.name, c.p));
    const auto d = make_distribution(c.name, c.parameters);
    EXPECT_NEAR(d->quantile(c.p) / c.x, 1, 1e-12) << str("{:.17g}", d->quantile(c.p));
    EXPECT_NEAR(d->log_cdf(c.x), std::log(c.p), 1e-12 * -std::log(c.p));
    EXPECT_NEAR(d->cdf(c.x) / c.p, 1, 1e-11);
    EXPECT_TRUE(std::isfinite(d->log_pdf(c.x)));
  }
  const auto t = make_distribution("t", {{"df", 0.001}, {"scale", 1e-10}});
  EXPECT_NEAR(t->log_pdf(1e300), -699.09437835047075, 1e-11);
  EXPECT_NEAR(t->log_sf(1e300), -1.4110951732749114, 1e-12);
  EXPECT_NEAR(t->log_sf(1e300), t->log_cdf(-1e300), 0);
  EXPECT_NEAR(t->sf(-1e300) + t->sf(1e300), 1, 1e-15);
  EXPECT_NEAR(make_distribution("t", {{"df", 0.01}, {"scale", 1e-200}})->isf(1e-4) / 3.9604401371524818e168, 1, 1e-11);
  EXPECT_NEAR(make_distribution("exponential", {{"rate", 1e-300}})->log_cdf(1e-100), -921.03403719761827, 1e-11);
  const auto far = make_distribution("normal", {{"mean", -1.7e308}, {"sd", 1e308}});
  EXPECT_NEAR(far->sf(1.7e308), 0.00033692926567688094, 1e-15);
  EXPECT_NEAR(make_distribution("normal", {{"mean", 1.7e308}, {"sd", 1e308}})->quantile(0.001) / -1.3902323061678137e308, 1, 1e-12);
}

// Scales are units: what multiplies x by a power of two multiplies its density by the inverse, and moves no probability.
TEST(Extremes, ScalesAreUnits) {
  const struct {
    const char* name;
    Parameters parameters;
    const char* scale;
    bool inverse;
  } families[] = {{"gamma", {{"shape", 0.3}, {"scale", 1}}, "scale", false},  {"gamma", {{"shape", 40}, {"scale", 1}}, "scale", false},
                  {"weibull", {{"shape", 0.2}, {"scale", 1}}, "scale", false}, {"weibull", {{"shape", 30}, {"scale", 1}}, "scale", false},
                  {"exponential", {{"rate", 1}}, "rate", true},                {"t", {{"df", 0.7}, {"location", 0}, {"scale", 1}}, "scale", false},
                  {"normal", {{"mean", 0}, {"sd", 1}}, "sd", false}};
  for (const auto& f : families)
    for (int k : {-1000, -500, -3, 3, 500, 1000}) {
      SCOPED_TRACE(str("{} times 2^{}", f.name, k));
      Parameters moved = f.parameters;
      for (auto& [key, value] : moved)
        if (key == f.scale) value = std::ldexp(value, f.inverse ? -k : k);
      const auto plain = make_distribution(f.name, f.parameters), scaled = make_distribution(f.name, moved);
      for (double p : {1e-12, 0.01, 0.5, 0.99}) {
        const double x = plain->quantile(p), y = std::ldexp(x, k);
        if (std::abs(y) < 1e-307 || std::isinf(y)) continue;
        EXPECT_NEAR(scaled->quantile(p) / y, 1, 1e-12) << p;
        EXPECT_NEAR(scaled->log_cdf(y), plain->log_cdf(x), 1e-11 * std::abs(plain->log_cdf(x))) << p;
        EXPECT_NEAR(scaled->log_pdf(y) + k * M_LN2, plain->log_pdf(x), 1e-11 * (1 + std::abs(plain->log_pdf(x)))) << p;
      }
    }
}

TEST(Extremes, FitsWithoutAMaximumAreSaid) {
  EXPECT_FALSE(fit("t", std::vector<double>{1, 2, 3, 1e300, 5}).notes.empty());
  EXPECT_TRUE(fit("t", std::vector<double>{-2.1, 0.3, 0.5, -0.4, 1.9, -0.2, 0.1, 7.5, -0.9, 0.8, -6, 0.25, 1.1}).notes.empty());
}

// Anywhere: tails that sum to 1, and inverses that have the tail they were asked for, unless x is next to the ends of what a double holds.
TEST(Extremes, AnyParameters) {
  Rng rng(RngMode::philox, 1, "extremes");
  for (const DistributionInfo& info : all_distributions()) {
    if (info.name == "hypergeometric") continue;  // its parameters hang together
    for (int trial = 0; trial < 25; ++trial) {
      Parameters p;
      for (const ParameterInfo& q : info.parameters) {
        const bool unit = q.name == "scale" || q.name == "sd" || q.name == "rate";
        p.emplace_back(q.name, unit ? std::pow(10, 560 * (rng.uniform_double() - 0.5)) : random_parameter(rng, q.range));
      }
      if (info.name == "lognormal") p[1].second = std::min(p[1].second, 10.0);
      const auto d = make_distribution(info.name, p);
      for (const double q : {1e-300, 1e-100, 1e-20, 1e-5, 0.1, 0.5, 0.8})
        for (const bool lower : {true, false}) {
          const double x = lower ? d->quantile(q) : d->isf(q), tail = lower ? d->log_cdf(x) : d->log_sf(x), other = lower ? d->log_sf(x) : d->log_cdf(x);
          std::string at = info.name + str(" {} of {}: {:.17g}", lower ? "quantile" : "isf", q, x);
          for (const auto& [key, value] : p) at += str(", {} {:.17g}", key, value);
          EXPECT_NEAR(std::exp(tail) + std::exp(other), 1, 1e-12) << at;
          EXPECT_FALSE(std::isnan(d->log_pdf(x))) << at;
          if (d->discrete() || x == d->support().low || x == d->support().high || std::abs(x) < 1e-307 || std::abs(x) > 1e305) continue;
          const double ulp = 4e-16 * std::exp(std::min(600.0, std::log(std::abs(x)) + d->log_pdf(x) - tail));  // what the next double would change
          EXPECT_LE(std::abs(tail - std::log(q)), 1e-11 * std::max(1.0, -std::log(q)) + ulp) << at;
        }
    }
  }
}

// Products of parameters leave the range of a double, moments do not (mpmath, 700 digits).
TEST(Extremes, MomentsOfFarParameters) {
  const struct {
    const char* name;
    Parameters parameters;
    double variance, skewness, kurtosis;
  } rows[] = {{"beta", {{"a", 1e155}, {"b", 1e155}}, 1.25e-156, 0, -3e-155},
              {"beta", {{"a", 1e-300}, {"b", 1e-300}}, 0.25, 0, -2},
              {"beta", {{"a", 1e-200}, {"b", 1e200}}, 0, 2e100, 6e200},
              {"f", {{"df1", 1e160}, {"df2", 9}}, 0.66122448979591837, 4.2163702135578391, 92},
              {"f", {{"df1", 9}, {"df2", 1e150}}, 0.22222222222222222, 0.94280904158206337, 1.3333333333333333},
              {"weibull", {{"shape", 0.001}, {"scale", 1}}, INFINITY, INFINITY, INFINITY},
              {"weibull", {{"shape", 0.004}, {"scale", 1}}, INFINITY, 1.9148825188415915e131, 2.7028824094543267e299},
              {"weibull", {{"shape", 0.015}, {"scale", 1}}, 7.6043955091931765e226, 3.7608983463057279e34, 9.1878533699601146e78},
              {"weibull", {{"shape", 0.01}, {"scale", 1e-200}}, 7.886578673647731e-26, 1.3818792121546424e52, 1.0295250013541384e119}};
  for (const auto& row : rows) {
    const auto d = make_distribution(row.name, row.parameters);
    SCOPED_TRACE(str("{} {} {}", row.name, row.parameters[0].second, row.parameters[1].second));
    const auto near = [](double got, double expected) {  // the Weibull's are e^x with x known to 1e-12
      EXPECT_TRUE(got == expected || std::abs(got - expected) <= 2e-12 * std::abs(expected)) << str("{:.17g}, expected {:.17g}", got, expected);
    };
    near(d->variance(), row.variance), near(d->skewness(), row.skewness), near(d->excess_kurtosis(), row.kurtosis);
  }
}

}  // namespace
}  // namespace grim::stats
