// Distances between rows, and the float kernels that search with them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace grim {

struct Metric {
  enum class Kind : uint8_t {
    l2,         // Euclid
    l1,         // Manhattan
    lp,         // (sum |a - b|^p)^(1/p)
    cosine,     // 1 - a.b / |a||b|; 1 when one of them is zero
    hamming,    // share of columns that differ
    haversine,  // great circle in radians; columns are latitude and longitude in radians
    custom,
  };
  Kind kind = Kind::l2;
  double p = 2;
  std::function<double(const double*, const double*, int64_t)> custom = {};

  double operator()(const double* a, const double* b, int64_t columns) const;
  bool by_axes() const { return kind == Kind::l2 || kind == Kind::l1 || kind == Kind::lp; }  // grows with every |a_i - b_i|
  static Metric parse(const std::string& name, double p);                                    // throws: argument
};

// float32, for search; summed in lanes.
float squared_l2(const float* a, const float* b, int64_t n);
float dot(const float* a, const float* b, int64_t n);

}  // namespace grim
