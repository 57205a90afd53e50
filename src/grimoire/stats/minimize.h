// Small searches without derivatives: for likelihoods of two or three parameters and roots on a line.
#pragma once

#include <functional>
#include <vector>

namespace grim::stats {

// Nelder and Mead (1965), started again from its result until it stays. Infinite values are walls.
std::vector<double> nelder_mead(const std::function<double(const std::vector<double>&)>& f, std::vector<double> start);

// A root of f between low and high, where it changes its sign: Brent (1973), to the last bits.
double find_root(const std::function<double(double)>& f, double low, double high);

// Of the parameters at the maximum of a log-likelihood: the root of the diagonal of the inverse of minus its Hessian, by central
// differences whose step lowers the log-likelihood by about a thousandth. NaN where the Hessian is not negative definite.
std::vector<double> standard_errors(const std::function<double(const std::vector<double>&)>& log_likelihood, const std::vector<double>& at);

}  // namespace grim::stats
