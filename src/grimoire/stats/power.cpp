#include "grimoire/stats/power.h"

#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/stats/minimize.h"
#include "grimoire/stats/special.h"

namespace grim::stats {
namespace {

double power_at(const PowerQuestion& q) {
  const bool pair = q.design == Design::two_sample;
  const double df = pair ? 2 * q.n - 2 : q.n - 1, delta = q.effect * std::sqrt(pair ? q.n / 2 : q.n);
  const auto t = make_distribution("t", {{"df", df}});
  if (q.alternative == Alternative::greater) return noncentral_t_sf(t->isf(q.alpha), df, delta);
  if (q.alternative == Alternative::less) return noncentral_t_cdf(-t->isf(q.alpha), df, delta);
  const double critical = t->isf(q.alpha / 2);
  return noncentral_t_sf(critical, df, delta) + noncentral_t_cdf(-critical, df, delta);
}

void check_question(const PowerQuestion& q) {
  const double alpha = q.alpha;
  GRIM_CHECK(std::isfinite(q.effect), argument, "power", "got an effect of {}, expected a finite number", q.effect);
  GRIM_CHECK(alpha > 0 && alpha < 1, argument, "power", "got alpha = {}, expected between 0 and 1", alpha);
}

}  // namespace

double t_power(const PowerQuestion& q) {
  check_question(q);
  GRIM_CHECK(q.n >= 2 && std::isfinite(q.n), argument, "power", "got n = {}, expected 2 or more values a group", q.n);
  return power_at(q);
}

double t_sample_size(const PowerQuestion& q, double power) {
  check_question(q);
  GRIM_CHECK(power > q.alpha && power < 1, argument, "power", "got a power of {}, expected between alpha = {} and 1", power, q.alpha);
  PowerQuestion at = q;
  const auto excess = [&](double n) {
    at.n = n;
    return power_at(at) - power;
  };
  double low = 2, high = 4;
  if (excess(low) >= 0) return low;
  while (high < 1e9 && excess(high) < 0) low = high, high *= 2;
  GRIM_CHECK(high < 1e9, argument, "power", "an effect of {} does not reach a power of {} with 10^9 values a group", q.effect, power);
  return find_root(excess, low, high);
}

double t_detectable_effect(const PowerQuestion& q, double power) {
  check_question(q);
  GRIM_CHECK(q.n >= 2 && std::isfinite(q.n) && power > q.alpha && power < 1, argument, "power",
             "got n = {} and a power of {}, expected n from 2 and a power between alpha and 1", q.n, power);
  PowerQuestion at = q;
  const double sign = q.alternative == Alternative::less ? -1 : 1;
  const auto excess = [&](double d) {
    at.effect = sign * d;
    return power_at(at) - power;
  };
  double high = 1;
  while (high < 1e3 && excess(high) < 0) high *= 2;
  GRIM_CHECK(high < 1e3, argument, "power", "no effect below {} reaches a power of {} with {} values", high, power, q.n);
  return sign * find_root(excess, 0, high);
}

}  // namespace grim::stats
