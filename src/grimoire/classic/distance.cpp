#include "grimoire/classic/distance.h"

#include <cmath>

#include "grimoire/base/error.h"

namespace grim {

double Metric::operator()(const double* a, const double* b, int64_t P) const {
  double sum = 0;
  switch (kind) {
    case Kind::l2:
      for (int64_t i = 0; i < P; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
      return std::sqrt(sum);
    case Kind::l1:
      for (int64_t i = 0; i < P; ++i) sum += std::abs(a[i] - b[i]);
      return sum;
    case Kind::lp:
      for (int64_t i = 0; i < P; ++i) sum += std::pow(std::abs(a[i] - b[i]), p);
      return std::pow(sum, 1 / p);
    case Kind::cosine: {
      double aa = 0, bb = 0;
      for (int64_t i = 0; i < P; ++i) sum += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
      if (!(aa > 0 && bb > 0)) return 1;
      constexpr double kLeast = 1e-280, kLargest = 1e280;  // beyond, the product of the squares may leave the range of numbers
      return 1 - sum / (aa * bb > kLeast && aa * bb < kLargest ? std::sqrt(aa * bb) : std::sqrt(aa) * std::sqrt(bb));
    }
    case Kind::hamming:
      for (int64_t i = 0; i < P; ++i) sum += a[i] != b[i];
      return sum / static_cast<double>(P);
    case Kind::haversine: {
      const double u = std::sin((a[0] - b[0]) / 2), v = std::sin((a[1] - b[1]) / 2);
      return 2 * std::asin(std::sqrt(u * u + std::cos(a[0]) * std::cos(b[0]) * v * v));
    }
    case Kind::custom: return custom(a, b, P);
  }
  return sum;
}

Metric Metric::parse(const std::string& name, double p) {
  if (name == "l2") return {};
  if (name == "l1") return {.kind = Kind::l1, .p = 1};
  if (name == "lp") {
    GRIM_CHECK(p >= 1, argument, "metric", "p {}, expected at least 1", p);
    return {.kind = Kind::lp, .p = p};
  }
  if (name == "cosine") return {.kind = Kind::cosine};
  if (name == "hamming") return {.kind = Kind::hamming};
  if (name == "haversine") return {.kind = Kind::haversine};
  fail(ErrorKind::argument, "metric", str("got '{}', expected l2, l1, lp, cosine, hamming or haversine", name));
}

}  // namespace grim
