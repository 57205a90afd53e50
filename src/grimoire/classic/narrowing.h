// Where numbers would lose what they say: in float32, and under a large offset.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "grimoire/data/features.h"

namespace grim {

// What float32 makes of a column: how many different floats, how many rows whose float stands for several different doubles, and how many
// of those share one float. A loss unless such meetings are rare, as of neighbours in any large column of measurements: where there are at
// most 255 different floats any is one, else when they concern 1 row in 20, or one float more than 4 rows and 1 in 2,040.
struct FloatLoss {
  size_t rows = 0, floats = 0, mixed = 0, most = 0;
  bool out_of_range = false;
  void add(size_t rows_of_float, bool several) {
    rows += rows_of_float;
    ++floats;
    if (several) mixed += rows_of_float, most = std::max(most, rows_of_float);
  }
  bool matters() const {
    constexpr size_t kFew = 255;
    return out_of_range || (mixed > 0 && (floats <= kFew || 20 * mixed > rows || most > std::max<size_t>(4, rows / (8 * kFew))));
  }
};
bool floats_lose(std::vector<double> values);
// In any column of numbers (sparse rows: among the entries of a column), by at most 16,384 rows.
bool floats_lose(const Features& x);

// Of each column a centre to subtract, where its mean is more than 1024 times its deviation (time stamps, years as 20180130, ids), else 0;
// empty when no column has one. By the means of at most 512 rows.
std::vector<double> large_offsets(const Features& x);
double large_offset(std::span<const double> values);  // the same of one column; 0 where it has none
Features less_offsets(const Features& x, const std::vector<double>& offset);  // dense, f64

// The mean squared distance of two rows drawn at random, by at most 512 rows.
double mean_square_distance(const Features& x);

// A column whose largest magnitude is above 0 and below `least`, or -1.
int64_t tiny_column(const Features& x, double least);

// Of each column a power of two that brings it near deviation 1, where it is beyond [2^-10, 2^10], else 1; empty when all are 1.
std::vector<double> column_units(const Features& x);

}  // namespace grim
