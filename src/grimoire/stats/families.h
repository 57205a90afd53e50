// The makers of each family, for distribution.cpp. Parameters arrive complete and checked, in their declared order.
#pragma once

#include "grimoire/stats/distribution.h"

namespace grim::stats {

using Maker = std::unique_ptr<Distribution>(const Parameters&);
Maker make_normal, make_t, make_chi_square, make_f, make_beta, make_gamma, make_exponential, make_lognormal, make_weibull, make_uniform;
Maker make_bernoulli, make_binomial, make_poisson, make_geometric, make_negative_binomial, make_hypergeometric;

double draw_gamma(Rng& rng, double shape);
double draw_poisson(Rng& rng, double mean);

}  // namespace grim::stats
