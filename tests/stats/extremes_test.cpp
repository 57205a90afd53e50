// The sixteen families against mpmath at 60 digits (tools/golden/distributions.py), at ordinary and at extreme parameters and places.
//
// Errors are those of logarithms: an absolute error of ln p is a relative one of p. What a double can know: the exponent of a tail e^-L
// comes from rounded numbers, so that p is known to about L eps, 1e-13 at 1e-300; hence the errors allowed grow with max(1, L).
#include <algorithm>
#include <map>

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

// Error over what is allowed, in units of max(1, |expected|).
double log_error(double got, double expected) {
  if (got == expected) return 0;
  if (!std::isfinite(got) || !std::isfinite(expected)) return kInf;
  return std::abs(got - expected) / std::max(1.0, std::abs(expected));
}
double relative_error(double got, double expected) {
  if (got == expected || (std::isnan(got) && std::isnan(expected))) return 0;
  if (!std::isfinite(got) || !std::isfinite(expected)) return kInf;
  return std::abs(got - expected) / std::max(std::abs(expected), 1e-300);
}

struct Worst {
  double error = 0;
  std::string where;
  void see(double e, const std::string& at) {
    if (!(e <= error)) error = e, where = at;
  }
};

TEST(Extremes, Report) {
  std::map<std::string, Worst> worst;
  for (const Json& row : extremes().list("distributions")) {
    Parameters p;
    for (const std::string& key : row.at("parameters").keys()) p.emplace_back(key, row.at("parameters").real(key));
    const std::string name = row.text("name"), label = name + row.at("parameters").dump();
    const auto d = make_distribution(name, p);
    const std::vector<double> x = numbers(row.at("x")), log_pdf = numbers(row.at("log_pdf")), log_cdf = numbers(row.at("log_cdf")),
                              log_sf = numbers(row.at("log_sf")), moments = numbers(row.at("moments"));
    const auto see = [&](const char* what, double e, double at) {
      worst[name + " " + what].see(e, label + str(" at {:.17g}", at));
      if (getenv("ALL") && e > 1e-13) printf("%-14s %.1e %s\n", what, e, (label + str(" at {:.17g}", at)).c_str());
    };
    for (size_t i = 0; i < x.size(); ++i) {
      see("log_pdf", log_error(d->log_pdf(x[i]), log_pdf[i]), x[i]);
      see("log_cdf", log_error(d->log_cdf(x[i]), log_cdf[i]), x[i]);
      see("log_sf", log_error(d->log_sf(x[i]), log_sf[i]), x[i]);
      if (log_cdf[i] > -700) see("cdf", log_error(std::log(d->cdf(x[i])), log_cdf[i]), x[i]);
      if (log_sf[i] > -700) see("sf", log_error(std::log(d->sf(x[i])), log_sf[i]), x[i]);
      for (int side = 0; side < 2; ++side) {
        const double l = side ? log_sf[i] : log_cdf[i];
        if (!(l > -700 && l < -0.01)) continue;
        const double q = std::exp(l), back = side ? d->isf(q) : d->quantile(q);
        // x moves by eps max(1, L) p / pdf when p is rounded
        const double slack = d->discrete() ? 0 : std::exp(std::min(700.0, l - log_pdf[i])) * std::max(1.0, -l) * 1e-15;
        const double off = std::abs(back - x[i]);
        if (d->discrete()) {
          // the least k whose tail is enough: one to the side when p was rounded the other way
          if (off > 1) see("quantile", off / std::max(1.0, std::abs(x[i])), x[i]);
        } else {
          see("quantile", std::max(0.0, off - slack) / std::max(std::abs(x[i]), 1e-300), x[i]);
        }
      }
    }
    const double got[] = {d->mean(), d->variance(), d->skewness(), d->excess_kurtosis(), d->entropy()};
    const char* const names[] = {"mean", "variance", "skewness", "kurtosis", "entropy"};
    for (size_t i = 0; i < 5; ++i)
      if (i < 4 || !std::isnan(moments[i])) see(names[i], i == 4 ? log_error(got[i], moments[i]) : relative_error(got[i], moments[i]), 0);
  }
  for (const auto& [what, w] : worst)
    if (w.error > 1e-14) printf("%-32s %.2g  %s\n", what.c_str(), w.error, w.where.c_str());
}

}  // namespace
}  // namespace grim::stats
