// tests/golden/stats.json (tools/golden/stats.py), and comparison by relative error.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json.h"

namespace grim::stats {

inline const Json& golden() {
  static const Json all = Json::parse(read_file(test::golden_file("stats.json")), "stats.json");
  return all;
}

inline double real(const Json& value) {  // infinities and NaN are written as text
  if (value.kind() != Json::Kind::text) return value.is_null() ? std::nan("") : value.as_real();
  return value.as_text() == "inf" ? std::numeric_limits<double>::infinity()
         : value.as_text() == "-inf" ? -std::numeric_limits<double>::infinity() : std::nan("");
}
inline std::vector<double> reals(const Json& values) {
  std::vector<double> v;
  for (const Json& x : values.items()) v.push_back(real(x));
  return v;
}

inline ::testing::AssertionResult near_relative(double got, double expected, double tolerance) {
  if (std::isnan(expected) ? std::isnan(got) : got == expected) return ::testing::AssertionSuccess();
  const double error = std::abs(got - expected) / std::abs(expected);
  if (error <= tolerance || (expected == 0 && std::abs(got) <= tolerance)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << str("got {:.17g}, expected {:.17g}, relative error {:.2g}", got, expected, error);
}

}  // namespace grim::stats

#define EXPECT_REL(got, expected, tolerance) EXPECT_TRUE(::grim::stats::near_relative(got, expected, tolerance))
#define EXPECT_12(got, expected) EXPECT_REL(got, expected, 1e-12)
