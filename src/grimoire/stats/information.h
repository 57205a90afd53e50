// Shannon's measures of distributions over classes, in nats; divide by ln 2 (to_bits) for bits. 0 ln 0 is 0.
#pragma once

#include <span>
#include <vector>

namespace grim::stats {

// p and q: shares that sum to 1 within 1e-6; divergences divide them by their sums. All throw: argument, otherwise.
double surprise(double p);                                               // -ln p
double entropy(std::span<const double> p);                               // -sum p ln p
double cross_entropy(std::span<const double> p, std::span<const double> q);  // -sum p ln q
double kl_divergence(std::span<const double> p, std::span<const double> q);  // sum p ln(p / q); infinite where q = 0 < p
double js_divergence(std::span<const double> p, std::span<const double> q);  // Jensen-Shannon: symmetric, at most ln 2
double perplexity(std::span<const double> p);                            // e^entropy
double to_bits(double nats);
// KL of two normals: ln(s1 / s0) + (s0^2 + (m0 - m1)^2) / (2 s1^2) - 1/2.
double kl_normal(double mean0, double sd0, double mean1, double sd1);
std::vector<double> shares_of(std::span<const double> counts);  // counts / their sum

}  // namespace grim::stats
