#include "grimoire/theory/wide_net.h"

#include <cmath>
#include <numbers>

namespace grim {
namespace {

// E f(z) for z of a standard normal distribution, by the trapezoid rule, which is exact to rounding for such integrands.
template <class F> double normal_mean(F&& f) {
  double sum = 0;
  for (double z = -9; z <= 9; z += 1.0 / 64) sum += f(z) * std::exp(-z * z / 2);
  return sum / 64 / std::sqrt(2 * std::numbers::pi);
}

}  // namespace

// Backwards a layer multiplies the mean square of gradients by gain^2 E tanh'(u)^2, u being what its tanh reads.
std::vector<WideTanhLayer> wide_tanh_layers(double gain, int64_t layers) {
  std::vector<WideTanhLayer> all;
  double q = 1, growth = 1;
  for (int64_t l = 0; l < layers; ++l) {
    const double spread = gain * std::sqrt(q);
    if (l > 0) growth *= gain * gain * normal_mean([&](double z) { return std::pow(1 - std::pow(std::tanh(spread * z), 2), 2); });
    q = normal_mean([&](double z) { return std::pow(std::tanh(spread * z), 2); });
    all.push_back({std::sqrt(q), std::erfc(std::atanh(.97) / spread / std::numbers::sqrt2), 1 / std::sqrt(growth)});
  }
  return all;
}

}  // namespace grim
