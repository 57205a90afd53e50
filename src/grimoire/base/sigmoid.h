#pragma once

#include <cmath>

namespace grim {

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace grim
