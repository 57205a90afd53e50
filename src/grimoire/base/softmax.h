// softmax of K scores: p_k = e^(z_k / T) / sum_j e^(z_j / T), the largest score taken off first so that nothing overflows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace grim {

// One probability at a time. The scores stand `stride` numbers apart.
struct Softmax {
  double top, sum = 0;  // of the scores the largest; of e^(z_k - top)

  template <class Z> Softmax(const Z* z, int64_t K, int64_t stride = 1) : top(z[0]) {
    for (int64_t k = 1; k < K; ++k) top = std::max<double>(top, z[k * stride]);
    for (int64_t k = 0; k < K; ++k) sum += std::exp(z[k * stride] - top);
  }
  double of(double score) const { return std::exp(score - top) / sum; }
  double log_sum() const { return std::log(sum) + top; }  // ln sum_k e^(z_k)
};

// All of them into p, which may be z where they stand side by side; `top` is the largest score. Gives sum_k e^((z_k - top) / T).
template <class Z> double softmax_below(Z top, const Z* z, Z* p, int64_t K, int64_t stride = 1, double T = 1) {
  double sum = 0;
  for (int64_t k = 0; k < K; ++k) sum += p[k] = static_cast<Z>(std::exp((z[k * stride] - top) / T));
  for (int64_t k = 0; k < K; ++k) p[k] = static_cast<Z>(p[k] / sum);
  return sum;
}

// Likewise. Gives ln sum_k e^(z_k) for T = 1.
inline double softmax_row(const double* z, double* p, int64_t K, int64_t stride = 1, double T = 1) {
  double top = z[0];
  for (int64_t k = 1; k < K; ++k) top = std::max(top, z[k * stride]);
  return std::log(softmax_below(top, z, p, K, stride, T)) + top;
}

}  // namespace grim
