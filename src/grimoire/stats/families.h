// The makers of each family, for distribution.cpp. Parameters arrive complete and checked, in their declared order.
#pragma once

#include <cmath>

#include "grimoire/stats/distribution.h"

namespace grim::stats {

using Maker = std::unique_ptr<Distribution>(const Parameters&);
Maker make_normal, make_t, make_chi_square, make_f, make_beta, make_gamma, make_exponential, make_lognormal, make_weibull, make_uniform;
Maker make_bernoulli, make_binomial, make_poisson, make_geometric, make_negative_binomial, make_hypergeometric;

// (x - location) / scale and back, where the difference or the product alone would leave the range of a double.
inline double standardised(double x, double location, double scale) {
  const double off = x - location;
  return std::isfinite(off) || !std::isfinite(x) ? off / scale : (0.5 * x - 0.5 * location) / scale * 2;
}
inline double moved(long double z, double location, double scale) {
  const double away = scale * static_cast<double>(z);
  return std::isfinite(away) ? location + away : static_cast<double>(location + scale * z);
}

double draw_gamma(Rng& rng, double shape);
double draw_poisson(Rng& rng, double mean);

}  // namespace grim::stats
